// Fuzzes snapshot files: whatever the bytes say, the file is refused, or the store that was loaded from it keeps its
// invariants and can be walked through.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "durability/snapshot/file.h"
#include "durability/snapshot/walk.h"
#include "execution/command_tester.h"
#include "execution/dataset_digest.h"
#include "tests/fuzz/fuzz_main.h"
#include "tests/fuzz/seeds.h"

namespace {

using redstart::Entry;

class Reader final : public redstart::SnapshotVisitor {
 public:
  void on_key(redstart::RdbReader& reader, const redstart::SnapshotKey& key) override {
    const auto passed = reader.pass_over(key.type);
    if (!passed) return look_at(reader.value(key.type, key.name, {.deadline_ms = key.deadline_ms}));
    redstart::ByteSource source(*passed, reader.offset() - passed->size());
    redstart::RdbReader value_reader(source, limits_);
    look_at(value_reader.value(key.type, key.name, {.deadline_ms = key.deadline_ms}));
    if (value_reader.failed()) return reader.fail(value_reader.error());
    redstart::fuzz::require(source.bytes_left() == 0, "a value ends before its extent does", *passed);
  }

 private:
  static void look_at(Entry* entry) {
    if (!entry) return;
    if (!entry->is_string()) redstart::check_invariants(entry->object());
    Entry::destroy(entry);
  }
  const redstart::EncodingLimits limits_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const redstart::EncodingLimits limits;
  {
    redstart::ByteSource source(input);
    Reader reader;
    static_cast<void>(walk_snapshot(source, {.limits = limits, .checksum = false}, reader));
  }
  static const auto store = std::make_unique<redstart::CommandTester>();
  redstart::ByteSource source(input);
  const auto loaded =
      load_snapshot(source, store->executor.keyspace(), {.limits = &limits, .checksum = false});
  static_cast<void>(digest_of_keyspace(store->executor.keyspace(), 0));  // walks through all of it
  redstart::fuzz::require(!loaded || loaded->bytes <= size, "more was read than there is", input);
  (*store)("FLUSHALL");
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  const redstart::fuzz::SeedFiles seeds(".rdb");
  return redstart::fuzz::run(argc, argv, seeds.views(),
                             std::string_view("\x00\x01\x02\x0f\x13\x7f\x80\x81\xc0\xc3\xf0\xfa\xfc\xfe\xff", 15));
}
#endif
