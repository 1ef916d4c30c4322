// Data from one kind of file to another: snapshots, logs, JSON lines, commands.
//
// A snapshot and JSON lines are read key by key: no more is in memory than the largest value, and up to 48 bytes for
// each key, which tell when one stands twice. Commands, a log's
// too, have to be executed: the data is then in memory as a whole, in a store that is made for it.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"

namespace redstart {

enum class FileFormat : uint8_t {
  snapshot,    // .rdb
  log,         // a directory with a manifest, or the manifest
  commands,    // .resp, .aof: commands in RESP, perhaps behind a snapshot
  json_lines,  // .jsonl
};
// "rdb", "log", "resp", "aof", "jsonl".
std::optional<FileFormat> format_named(std::string_view name);
// By the end of its name, or since it is a directory.
std::optional<FileFormat> format_of_path(const std::string& path);

struct ConvertOptions {
  std::string from, to;
  FileFormat from_format{}, to_format{};
  // In place of the files, where they are no files of the disk. Snapshots and logs are read from the disk only, and
  // logs written there only.
  std::unique_ptr<ReadableFile> input = nullptr;
  std::unique_ptr<WritableFile> output = nullptr;
  // A file that `to` names is replaced; else that is an error.
  bool replaces = false;
  int64_t now_ms = 0;
  // Told how much was read, of how much (0: unknown).
  std::function<void(uint64_t bytes, uint64_t bytes_total)> on_progress = {};
};

struct Converted {
  uint64_t keys = 0, functions = 0;
  std::string note;  // what was left out: a torn tail
};

// `from` is only read. `to` appears, or is replaced, when everything is written; a symbolic link is followed; a pipe or
// a device is written into. A log that is there is not touched.
// Error: what is wrong with `from` and where, or what the disk says.
std::expected<Converted, std::string> convert(Disk& disk, ConvertOptions options);

}  // namespace redstart
