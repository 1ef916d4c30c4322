// Fuzzes the reader of snapshot values: the input is a type and a value, as in a payload of RESTORE. Whatever
// the bytes say, the reader refuses them or makes a value that keeps its invariants and can be written and
// read again.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/crc64.h"
#include "durability/rdb/payload.h"
#include "tests/fuzz/fuzz_main.h"

namespace {

namespace rdb = redstart::rdb;

std::string payload_of(std::string_view body) {
  std::string payload(body);
  payload.append({static_cast<char>(rdb::kVersion), 0});
  const uint64_t checksum = redstart::crc64(0, payload);
  return payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const redstart::EncodingLimits limits;
  redstart::Entry* entry = rdb::restore(payload_of(input), "key", {}, limits);
  if (!entry) return 0;
  if (!entry->is_string()) redstart::check_invariants(entry->object());
  const std::string written = rdb::dump(*entry, true);
  redstart::Entry* again = rdb::restore(written, "key", {}, limits);
  redstart::fuzz::require(again != nullptr, "a value that was written cannot be read", input);
  redstart::fuzz::require(again->type() == entry->type(), "a value has become another", input);
  redstart::Entry::destroy(entry);
  redstart::Entry::destroy(again);
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  const std::string_view seeds[] = {
      {"\x00\x05hello", 7},
      {"\x00\xc1\x10\x27", 4},
      {"\x00\xc3\x06\x14\x01xx\xe0\x0a\x00", 10},
      {"\x01\x02\x01" "a\x01" "b", 6},
      {"\x02\x02\x01" "a\x01" "b", 6},
      {"\x03\x01\x01" "a\x03" "1.5", 8},
      {"\x04\x01\x01" "a\x01" "b", 6},
      {"\x05\x01\x01" "a\x00\x00\x00\x00\x00\x00\xf0\x3f", 12},
      {"\x09\x0a\x01\x01" "a\x02\x00" "bc\xff", 11},
      {"\x0a\x11\x11\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf2\x02\x01" "a\xff", 18},
      {"\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02\x00", 14},
      {"\x10\x0d\x0d\x00\x00\x00\x02\x00\x81" "a\x02\x81" "b\x02\xff", 15},
      {"\x11\x0c\x0c\x00\x00\x00\x02\x00\x81" "a\x02\x05\x01\xff", 14},
      {"\x12\x01\x02\x0d\x0d\x00\x00\x00\x02\x00\x81" "a\x02\x81" "b\x02\xff", 17},
  };
  return redstart::fuzz::run(argc, argv, seeds,
                             std::string_view("\x00\x01\x02\x7f\x80\x81\xc0\xc3\xf0\xfe\xff", 11));
}
#endif
