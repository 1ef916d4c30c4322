// MessagePackSerializer: values of the cache as MessagePack, smaller and quicker than JSON, for types that msgpack-cxx
// can convert (MSGPACK_DEFINE; see message_pack.h). This header needs msgpack-cxx 4 or newer; the library itself does
// not.
//
//   struct Profile { std::string name; int visits = 0; MSGPACK_DEFINE(name, visits) };
//   template <> struct redstart::CacheSerializer<Profile> : redstart::MessagePackSerializer<Profile> {};
//
// Threads: thread-safe.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "redstart/patterns/message_pack.h"

namespace redstart {

template <class T>
struct MessagePackSerializer {
  static std::string encode(const T& value) { return to_message_pack(value); }
  static std::optional<T> decode(const std::string& bytes) {
    auto value = from_message_pack<T>(bytes);
    if (!value) return std::nullopt;
    return std::move(*value);
  }
};

}  // namespace redstart
