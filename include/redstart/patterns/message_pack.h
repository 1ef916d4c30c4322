// MessagePack for values: smaller than JSON, and a 64-bit integer stays one. A header of its own, since it needs
// msgpack-cxx (Debian: libmsgpack-cxx-dev) where it is used.
//
//   struct User { int64_t id; std::string name; MSGPACK_DEFINE_MAP(id, name) };
//   client.set("user:7", redstart::to_message_pack(user)).value();
//   User user = redstart::from_message_pack<User>(*client.get("user:7").value()).value();
//
// MSGPACK_DEFINE_MAP stores the members' names, so members may be added later; MSGPACK_DEFINE stores their order alone
// and is smaller. std::string becomes str, std::vector<char> bin: bytes that are no text belong into the latter.
//
// Threads: thread-safe.
#pragma once

#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack.hpp>
#include <string>
#include <string_view>

#include "redstart/result.h"

namespace redstart {

template <class T>
std::string to_message_pack(const T& value) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, value);
  return {buffer.data(), buffer.size()};
}

// Errors: unexpected_reply for bytes that are no MessagePack, have more behind their value, or are of another shape.
template <class T>
result<T> from_message_pack(std::string_view bytes) {
  const auto failed = [](std::string message) {
    return std::unexpected(Error{ErrorCode::unexpected_reply, Outcome::not_done, std::move(message)});
  };
  // Nothing nested deeper is unpacked: what others have stored must not exhaust the stack.
  const msgpack::unpack_limit limit(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 64);
  try {
    size_t end = 0;
    const msgpack::object_handle handle = msgpack::unpack(bytes.data(), bytes.size(), end, nullptr, nullptr, limit);
    if (end != bytes.size()) return failed("there are bytes behind the MessagePack value");
    return handle.get().template as<T>();
  } catch (const msgpack::type_error&) {
    return failed("the MessagePack value has another shape");
  } catch (const msgpack::unpack_error& error) {
    return failed(std::string("no MessagePack value: ") + error.what());
  }
}

}  // namespace redstart
