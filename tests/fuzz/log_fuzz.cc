// Fuzzes the files of logs: whatever the bytes say, the reader tells units, a torn tail or damage, in places that are
// within the file, and the units can be replayed or are refused.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "durability/log/reader.h"
#include "execution/command_tester.h"
#include "execution/dataset_digest.h"
#include "execution/replay.h"
#include "tests/fuzz/fuzz_main.h"
#include "tests/fuzz/seeds.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using redstart::LogReader;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static const auto store = std::make_unique<redstart::CommandTester>();
  redstart::ByteSource source(input);
  redstart::LogReader reader(source);
  redstart::Replay replay(store->executor);
  auto status = LogReader::Status::unit;
  uint64_t unit_end = 0;
  bool is_refused = false;
  while (!is_refused && (status = reader.next()) == LogReader::Status::unit) {
    redstart::fuzz::require(reader.unit_begin() >= unit_end && reader.offset() > reader.unit_begin(),
                            "a unit stands within the one before it", input);
    unit_end = reader.offset();
    for (const auto& words : reader.commands()) is_refused = is_refused || replay.execute(words).has_value();
  }
  replay.finish();
  redstart::fuzz::require(reader.offset() <= size && reader.unit_begin() <= size, "a place is outside the file", input);
  redstart::fuzz::require(status != LogReader::Status::torn || !reader.problem().empty(), "nothing is said", input);
  if (status == LogReader::Status::damaged) static_cast<void>(reader.may_be_torn());
  static_cast<void>(digest_of_keyspace(store->executor.keyspace(), 0));  // walks through all of it
  (*store)("FLUSHALL");
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  const redstart::fuzz::SeedFiles seeds(".aof");
  return redstart::fuzz::run(argc, argv, seeds.views(), "\r\n*$#0123456789BATCH:MULTIEXEC");
}
#endif
