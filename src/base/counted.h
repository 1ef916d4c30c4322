// counted: a number of things, as people say it: "1 key", "2 keys", "3 batches".
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace redstart {

inline std::string counted(uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}
inline std::string counted(uint64_t count, std::string_view one) { return counted(count, one, std::string(one) + "s"); }

}  // namespace redstart
