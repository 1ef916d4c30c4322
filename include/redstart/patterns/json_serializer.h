// JsonSerializer: values of the cache as JSON, for types that nlohmann::json can convert (to_json, from_json). This
// header needs nlohmann-json 3.10 or newer; the library itself does not.
//
//   NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Profile, name, visits)
//   template <> struct redstart::CacheSerializer<Profile> : redstart::JsonSerializer<Profile> {};
//
// Text that is not UTF-8 cannot be JSON: encode() throws then, which is a failure of the loader. Bytes that are no
// JSON, or lack a member, are nothing.
//
// Threads: thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace redstart {

template <class T>
struct JsonSerializer {
  static std::string encode(const T& value) { return nlohmann::json(value).dump(); }
  static std::optional<T> decode(const std::string& bytes) {
    const auto json = nlohmann::json::parse(bytes, nullptr, false);
    if (json.is_discarded()) return std::nullopt;
    try {
      return json.get<T>();
    } catch (const nlohmann::json::exception&) {
      return std::nullopt;
    }
  }
};

}  // namespace redstart
