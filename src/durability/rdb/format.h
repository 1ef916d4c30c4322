// The numbers of Redis's snapshot format (RDB): types of values, codes between them, ways to write strings.
// docs/formats.md draws the whole file.
//
// Threads: constants.
#pragma once

#include <cstdint>

namespace redstart::rdb {

// What we write. Redis 7.0 reads up to this version.
inline constexpr int kVersion = 10;
// What hashes are written in of which fields have deadlines: Redis 7.4 reads it, 7.0 knows no such fields.
inline constexpr int kVersionOfFieldDeadlines = 12;
// The newest whose values we know (Redis 7.2 writes 11, 7.4 writes 12).
inline constexpr int kVersionMax = 12;

enum class ValueType : uint8_t {
  string = 0,
  list = 1,  // before 3.2
  set = 2,
  zset_text_scores = 3,  // before 4.0
  hash = 4,
  zset = 5,
  module_1 = 6,
  module_2 = 7,
  hash_zipmap = 9,  // before 2.6
  list_ziplist = 10,
  set_intset = 11,
  zset_ziplist = 12,
  hash_ziplist = 13,
  list_quicklist = 14,  // of ziplists
  stream = 15,          // before 7.0
  hash_listpack = 16,
  zset_listpack = 17,
  list_quicklist_2 = 18,  // of listpacks
  stream_2 = 19,          // 7.0
  set_listpack = 20,      // 7.2
  stream_3 = 21,          // 7.2: with a consumer's active time
  hash_deadlines = 24,    // 7.4: earliest deadline (8); for each field 0 or 1 + its deadline after that, field, value
  hash_listpackex = 25,   // 7.4: earliest deadline (8), listpack of field, value, deadline in turn
};

enum class Opcode : uint8_t {
  slot_info = 244,
  function_2 = 245,
  function_pre_release = 246,
  module_aux = 247,
  idle = 248,
  frequency = 249,
  aux = 250,
  resize_db = 251,
  expire_ms = 252,
  expire_s = 253,
  select_db = 254,
  end = 255,
};

// The first byte of a length: its two high bits say how it goes on.
inline constexpr uint8_t kLength6Bits = 0x00, kLength14Bits = 0x40, kLength32Bits = 0x80, kLength64Bits = 0x81,
                         kEncodedString = 0xc0;
// The low bits of kEncodedString.
inline constexpr uint8_t kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3;

// A node of a list_quicklist_2.
inline constexpr uint8_t kPlainNode = 1, kPackedNode = 2;

}  // namespace redstart::rdb
