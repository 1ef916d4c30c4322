// Fuzzes hashes whose fields have deadlines: the input is a program of operations that runs on a small hash
// (listpackex), on a big one (a table with an index), and on a map beside them, while time goes on. All three must
// hold the same, and the hashes' invariants must stand. The raw input is also given to the reader of snapshots as a
// hash in both formats, which must withstand any bytes.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "durability/byte_source.h"
#include "durability/rdb/reader.h"
#include "tests/fuzz/fuzz_main.h"
#include "types/hash/hash.h"

namespace {

using redstart::Hash;
using redstart::kNoDeadline;

constexpr int64_t kStartMs = 1'700'000'000'000;

struct TimedValue {
  std::string value;
  int64_t deadline_ms = kNoDeadline;
  bool operator==(const TimedValue&) const = default;
};
using Model = std::map<std::string, TimedValue>;

class Subject {
 public:
  explicit Subject(size_t entries_max) : limits_{.hash_max_listpack_entries = entries_max} {}
  ~Subject() { redstart::destroy(object_); }
  Hash at(int64_t now_ms) { return Hash(object_, now_ms); }
  const redstart::EncodingLimits& limits() const { return limits_; }
  const redstart::Object& object() const { return object_; }
  bool holds(const Model& model, int64_t now_ms) {
    redstart::check_invariants(object_);
    Model contents;
    at(now_ms).for_each_with_deadline([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
      contents.emplace(field, TimedValue{std::string(value), deadline_ms});
    });
    return contents == model && at(now_ms).size() == model.size();
  }

 private:
  redstart::EncodingLimits limits_;
  redstart::Object object_ = Hash::make();
};

void run_program(std::string_view script, std::string_view input) {
  Subject small(10'000), big(0);
  Model model;
  int64_t now_ms = kStartMs;
  const auto byte = [&] {
    const auto value = script.empty() ? uint8_t{0} : static_cast<uint8_t>(script[0]);
    if (!script.empty()) script.remove_prefix(1);
    return value;
  };
  while (!script.empty()) {
    const uint8_t operation = byte() % 8;
    const std::string field = byte() % 2 ? std::to_string(byte() % 40) : "field" + std::string(byte() % 20, 'f');
    const auto old = model.find(field);
    for (Subject* subject : {&small, &big}) {
      Hash hash = subject->at(now_ms);
      redstart::fuzz::require(hash.contains(field) == (old != model.end()), "a field is there or not", input);
    }
    const std::string value = byte() % 2 ? std::to_string(byte()) : std::string(byte() % 30, 'v');
    const int64_t deadline_ms = now_ms + (int64_t{1} << (byte() % 20)) - 1;
    const auto keep = operation == 1 ? redstart::FieldDeadline::keep : redstart::FieldDeadline::clear;
    for (Subject* subject : {&small, &big}) {
      Hash hash = subject->at(now_ms);
      size_t budget = 1 + operation;
      if (operation <= 2) hash.set(field, value, subject->limits(), keep);
      if (operation == 3) hash.erase(field);
      if (operation == 4 && old != model.end()) hash.set_deadline_ms(field, deadline_ms);
      if (operation == 5 && old != model.end()) hash.set_deadline_ms(field, kNoDeadline);
      if (operation == 6) hash.expire(budget, [](std::string_view) {});
    }
    if (operation <= 2) {
      const bool kept = keep == redstart::FieldDeadline::keep && old != model.end();
      model[field] = {value, kept ? old->second.deadline_ms : kNoDeadline};
    }
    if (operation == 3) model.erase(field);
    if (operation == 4 && old != model.end()) old->second.deadline_ms = deadline_ms;
    if (operation == 5 && old != model.end()) old->second.deadline_ms = kNoDeadline;
    if (operation == 7) {
      now_ms += deadline_ms % 1000;
      std::erase_if(model, [&](const auto& entry) {
        return entry.second.deadline_ms != kNoDeadline && entry.second.deadline_ms < now_ms;
      });
    }
  }
  redstart::fuzz::require(small.holds(model, now_ms), "a small hash differs from the model", input);
  redstart::fuzz::require(big.holds(model, now_ms), "a big hash differs from the model", input);
}

void read_as(redstart::rdb::ValueType type, std::string_view bytes) {
  const redstart::EncodingLimits limits;
  redstart::ByteSource source(bytes);
  redstart::RdbReader reader(source, limits);
  redstart::Entry* entry = reader.value(type, "key", {});
  if (!entry) return;
  redstart::check_invariants(entry->object());
  redstart::Entry::destroy(entry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  run_program(input, input);
  // A copy of exactly this size, so that a sanitizer sees a read beyond it.
  const std::string exact(input);
  read_as(redstart::rdb::ValueType::hash_deadlines, exact);
  read_as(redstart::rdb::ValueType::hash_listpackex, exact);
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  std::string long_seed;
  for (int i = 0; i < 400; ++i) long_seed.push_back(static_cast<char>(i * 53));
  const std::string_view seeds[] = {
      long_seed,
      // One field that expires and one that does not.
      {"\x00\x10\xa5\xd4\xe8\x00\x00\x00\x02\x01\x01" "a\x01" "1\x00\x01" "b\x01" "2", 19},
      // The same as a listpackex.
      {"\x00\x10\xa5\xd4\xe8\x00\x00\x00\x17\x17\x00\x00\x00\x06\x00\x81" "a\x02\x01\x01\x05\x01\x81"
       "b\x02\x02\x01\x00\x01\xff",
       31},
  };
  return redstart::fuzz::run(argc, argv, seeds,
                             std::string_view("\x00\x01\x02\x03\x04\x05\x06\x07\x80\xff", 10));
}
#endif
