// Names of keys that a Redis Cluster keeps in one slot: they share a hash tag.
//
// Threads: thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace redstart {

// "{name}:suffix", or "name:suffix" when the name has a hash tag of its own.
inline std::string same_slot_key(std::string_view name, std::string_view suffix) {
  const size_t open = name.find('{');
  const size_t close = open == std::string_view::npos ? open : name.find('}', open + 1);
  const bool is_tagged = close != std::string_view::npos && close > open + 1;
  std::string key = is_tagged ? std::string(name) : "{" + std::string(name) + "}";
  return key.append(":").append(suffix);
}

}  // namespace redstart
