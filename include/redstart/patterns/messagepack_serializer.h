// MessagePackSerializer: values of the cache as MessagePack, smaller and quicker than JSON, for types that msgpack-cxx
// can convert (MSGPACK_DEFINE). This header needs msgpack-cxx 4 or newer; the library itself does not.
//
//   struct Profile { std::string name; int visits = 0; MSGPACK_DEFINE(name, visits) };
//   template <> struct redstart::CacheSerializer<Profile> : redstart::MessagePackSerializer<Profile> {};
//
// Threads: thread-safe.
#pragma once

#include <msgpack.hpp>
#include <optional>
#include <string>

namespace redstart {

template <class T>
struct MessagePackSerializer {
  static std::string encode(const T& value) {
    msgpack::sbuffer buffer;
    msgpack::pack(buffer, value);
    return {buffer.data(), buffer.size()};
  }
  static std::optional<T> decode(const std::string& bytes) {
    try {
      size_t end = 0;
      const auto handle = msgpack::unpack(bytes.data(), bytes.size(), end);
      if (end != bytes.size()) return std::nullopt;
      return handle->as<T>();
    } catch (const std::exception&) {  // unpack_error, type_error
      return std::nullopt;
    }
  }
};

}  // namespace redstart
