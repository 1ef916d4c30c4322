// Batches: how the bytes that were written to a log at once are marked, in a line before them that is no command:
//
//   #BATCH:<bytes>:<XXH3 of them, 16 hexadecimal digits>:<how much of the file was on disk by then>\r\n
//
// Redis takes lines that begin with # for annotations and skips them. What a crash leaves of a batch that was not
// synced is recognised by its hash, and that nobody was promised it by the third number of those behind it.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redstart {

inline constexpr std::string_view kBatchMark = "#BATCH:";
// Room behind the end of a file is filled with lines of this, so batches have even sizes.
inline constexpr std::string_view kFilling = "#\n";

struct BatchHead {
  uint64_t bytes = 0;
  uint64_t hash = 0;
  uint64_t synced_file_bytes = 0;
};

uint64_t hash_of_batch(std::string_view bytes);
// With the batch behind it, an even number of bytes.
std::string format(const BatchHead& head);
// `line`: without its end. Nothing: it is no such line.
std::optional<BatchHead> parse_batch_head(std::string_view line);

}  // namespace redstart
