#include "durability/rdb/payload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "base/crc64.h"
#include "durability/rdb/writer.h"
#include "types/hash/hash.h"
#include "types/list/list.h"
#include "types/set/set.h"
#include "types/stream/stream.h"
#include "types/zset/sorted_set.h"

namespace redstart::rdb {
namespace {

const EncodingLimits kLimits;

struct EntryDeleter {
  void operator()(Entry* entry) const { Entry::destroy(entry); }
};
using OwnedEntry = std::unique_ptr<Entry, EntryDeleter>;

// The payload whose type and value these are.
std::string payload_of(std::string body, int version = kVersion) {
  body.push_back(static_cast<char>(version));
  body.push_back(0);
  const uint64_t checksum = crc64(0, body);
  return body.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
}

OwnedEntry restored(std::string_view payload) {
  return OwnedEntry(restore(payload, "key", {}, kLimits));
}

OwnedEntry entry_of(Object object) {
  Entry* entry = Entry::create(
      "key", {.type = object.type, .encoding = object.encoding, .value_bytes = sizeof(void*)});
  entry->set_pointer(object.data);
  return OwnedEntry(entry);
}

TEST(Payload, is_refused_when_a_byte_or_the_version_differs) {
  const OwnedEntry entry(Entry::create_text("key", "some text", {}));
  const std::string payload = dump(*entry, true);
  ASSERT_TRUE(is_intact(payload));
  for (size_t i = 0; i < payload.size(); ++i) {
    std::string changed = payload;
    changed[i] ^= 1;
    EXPECT_FALSE(is_intact(changed)) << "byte " << i;
    EXPECT_FALSE(is_intact(payload.substr(0, i))) << "cut at " << i;
  }
  EXPECT_FALSE(is_intact(payload_of(std::string("\0\1x", 3), kVersionMax + 1)));
}

TEST(Payload, that_says_what_cannot_be_makes_no_value) {
  const std::string_view bodies[] = {
      std::string_view("", 0),
      std::string_view("\x00\x05" "abc", 5),                    // a string that ends too early
      std::string_view("\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff", 10),  // of 2^64 bytes
      std::string_view("\x00\xc3\x01\x81\x00\x00\x00\x01\x00\x00\x00\x00x", 13),  // 4 GiB out of one byte
      std::string_view("\x00\xc4\x01", 3),                        // in no known encoding
      std::string_view("\x02\x02\x01" "a\x01" "a", 6),          // a member twice
      std::string_view("\x04\x02\x01" "a\x01" "b\x01" "a\x01" "c", 10),  // a field twice
      std::string_view("\x05\x01\x01" "a\x00\x00\x00\x00\x00\x00\xf8\x7f", 12),  // NaN
      std::string_view("\x02\x00", 2),                            // nothing in it
      std::string_view("\x0b\x08\x03\x00\x00\x00\x00\x00\x00\x00", 10),  // integers of 3 bytes
      std::string_view("\x10\x09\x09\x00\x00\x00\x01\x00\x01\x01\xff", 11),  // half a pair
      // Ziplists of one entry, 5, whose count, last entry or size before is not as it is; a zipmap likewise.
      std::string_view("\x0a\x0d\x0d\0\0\0\x0a\0\0\0\x02\0\0\xf6\xff", 15),
      std::string_view("\x0a\x0d\x0d\0\0\0\x0b\0\0\0\x01\0\0\xf6\xff", 15),
      std::string_view("\x0a\x0d\x0d\0\0\0\x0a\0\0\0\x01\0\x01\xf6\xff", 15),
      std::string_view("\x09\x07\x02\x01" "a\x01\0" "b\xff", 9),
      std::string_view("\x09\x02\x00\xff", 4),                   // a zipmap of nothing
      std::string_view("\x12\x01\x01\x00", 4),                   // a node of nothing
      std::string_view("\x06", 1), std::string_view("\x63", 1)};
  for (const std::string_view body : bodies) {
    const std::string payload = payload_of(std::string(body));
    ASSERT_TRUE(is_intact(payload));
    EXPECT_EQ(restored(payload), nullptr) << testing::PrintToString(body);
  }
}

TEST(Payload, brings_texts_back) {
  const std::string texts[] = {"", "0", "-1", "127", "-32769", "2147483648", "9223372036854775807", "007",
                               std::string(44, 'e'), std::string(1024, 'i'), std::string(100'000, 'x')};
  for (const std::string& text : texts) {
    const OwnedEntry entry(Entry::create_text("key", text, {}));
    for (const bool compress : {false, true}) {
      const OwnedEntry copy = restored(dump(*entry, compress));
      ASSERT_NE(copy, nullptr);
      NumberBuffer buffer;
      EXPECT_EQ(copy->text(buffer), text);
      EXPECT_EQ(copy->encoding(), entry->encoding());
    }
  }
}

TEST(Payload, brings_collections_back_in_their_encodings) {
  for (const int count : {1, 100, 600, 20'000}) {
    Object list = List::make(), set = Set::make(), integers = Set::make(), hash = Hash::make(),
           zset = SortedSet::make();
    for (int i = 0; i < count; ++i) {
      const std::string text = "element " + std::to_string(i);
      List(list).push(List::End::tail, text, kLimits);
      Set(set).add(text, kLimits);
      Set(integers).add(std::to_string(i * 1000), kLimits);
      Hash(hash).set(text, std::to_string(i), kLimits);
      SortedSet(zset).set(text, i * 0.5, kLimits);
    }
    for (const Object& object : {list, set, integers, hash, zset}) {
      const OwnedEntry entry = entry_of(object);
      const OwnedEntry copy = restored(dump(*entry, true));
      ASSERT_NE(copy, nullptr);
      check_invariants(copy->object());
      EXPECT_EQ(copy->type(), entry->type());
      EXPECT_EQ(copy->encoding(), entry->encoding());
      EXPECT_EQ(element_count(copy->object()), static_cast<size_t>(count));
      if (object.encoding != Encoding::hashtable) {
        EXPECT_EQ(dump(*copy, true), dump(*entry, true));
      }
    }
  }
}

// A stream with gaps, fields of other names, and a group with pending entries, one of them without its entry.
Object stream_with_group(int entries) {
  Object object = Stream::make();
  Stream stream(object);
  for (int i = 1; i <= entries; ++i) {
    const std::string value = std::to_string(i * 7);
    const std::string_view usual[] = {"name", value}, other[] = {"else", value, "more", ""};
    const StreamId id{static_cast<uint64_t>(i / 3) * 1000, static_cast<uint64_t>(i)};
    i % 10 == 0 ? stream.append(id, other, kLimits) : stream.append(id, usual, kLimits);
  }
  ConsumerGroup& group = stream.create_group("group", {1000, 5}, ConsumerGroup::kUnknown);
  group.create_consumer("idle", 5);
  Consumer& consumer = group.create_consumer("busy", 1'700'000'000'000);
  group.deliver({1000, 4}, consumer, 1'700'000'000'001).delivery_count = 3;
  group.deliver({1000, 5}, consumer, 1'700'000'000'002);
  stream.erase({1000, 4});
  return object;
}

std::string entries_of(const Stream& stream) {
  std::string text;
  stream.for_each({}, false, [&](const PackedEntry& entry) {
    text += to_string(entry.id());
    entry.for_each_field([&](const listpack::Value& name, const listpack::Value& value) {
      char buffer[24];
      text.append(" ").append(name.text(buffer)).append("=");
      text.append(value.text(buffer));
    });
    text += "\n";
    return true;
  });
  return text;
}

TEST(Payload, brings_streams_back_with_their_groups) {
  for (const int count : {0, 1, 10, 100, 5000}) {
    const OwnedEntry entry = entry_of(stream_with_group(count));
    const OwnedEntry copy = restored(dump(*entry, true));
    ASSERT_NE(copy, nullptr) << count;
    check_invariants(copy->object());
    Object original_object = entry->object(), object = copy->object();
    const Stream original(original_object), stream(object);
    EXPECT_EQ(entries_of(stream), entries_of(original));
    EXPECT_EQ(stream.last_id(), original.last_id());
    EXPECT_EQ(stream.max_removed_id(), original.max_removed_id());
    EXPECT_EQ(stream.entries_added(), original.entries_added());
    const ConsumerGroup& group = *stream.find_group("group");
    EXPECT_EQ(group.entries_read, ConsumerGroup::kUnknown);
    EXPECT_EQ(group.pending.find({1000, 4})->delivery_count, 3);
    EXPECT_EQ(group.pending.find({1000, 5})->delivered_ms, 1'700'000'000'002);
    EXPECT_EQ(group.find_consumer("idle")->seen_ms, 5);
    // What was removed leaves no trace in the copy's nodes, and so in a copy of it.
    EXPECT_TRUE(dump(*restored(dump(*copy, true)), true) == dump(*copy, true));
  }
}

// What a node's numbers of entries and of its bytes in Redis are, node by node.
std::vector<std::pair<size_t, size_t>> nodes_of(const Stream& stream) {
  std::vector<std::pair<size_t, size_t>> nodes;
  stream.for_each_node({}, [&](const StreamNode& node) {
    nodes.emplace_back(node.entry_count, node.listpack_bytes());
    return true;
  });
  return nodes;
}

TEST(Payload, brings_streams_back_node_by_node_whatever_the_limits) {
  Object object = Stream::make();
  Stream stream(object);
  const EncodingLimits few{.stream_node_max_entries = 4};
  const std::string_view fields[] = {"name", "value"}, other[] = {"else", "-1"};
  for (uint64_t i = 1; i <= 10; ++i) stream.append({i, i * 1000}, i % 3 == 0 ? other : fields, few);
  const OwnedEntry entry = entry_of(object), copy = restored(dump(*entry, true));
  ASSERT_NE(copy, nullptr);
  Object copied = copy->object();
  EXPECT_EQ(nodes_of(stream).size(), 3u);
  EXPECT_EQ(nodes_of(Stream(copied)), nodes_of(stream));
}

// A node of redis-server's with 1-1, 1-2 marked as removed, and 1-3; it takes 51 bytes.
TEST(Payload, brings_back_what_removed_entries_take_of_a_node) {
  const std::string_view body(
      "\x13\x01\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\xc3\x2c\x33\x07\x33\0\0\0\x14\0\x02\x01\x40\0\x07\x81"
      "\x66\x02\0\x01\x02\x01\0\x20\x01\x05\x81\x76\x02\x04\x01\x03\x20\x08\x20\x15\x40\x0a\x40\x15\0\x02\x60"
      "\x0a\x01\x01\xff\x02\x01\x03\x01\x01\x01\x02\x03\0",
      75);
  const OwnedEntry entry = restored(payload_of(std::string(body), 10));
  ASSERT_NE(entry, nullptr);
  Object object = entry->object();
  Stream stream(object);
  EXPECT_EQ(nodes_of(stream), (std::vector<std::pair<size_t, size_t>>{{2, 51}}));
  const EncodingLimits few{.stream_node_max_entries = 4};
  const std::string_view fields[] = {"f", "v"};
  for (const uint64_t seq : {4, 5}) stream.append({1, seq}, fields, few);
  EXPECT_EQ(nodes_of(stream).size(), 2u);
}

TEST(Payload, keeps_the_id_of_a_nodes_last_entry_when_it_is_removed) {
  const EncodingLimits few{.stream_node_max_entries = 4};
  const std::string_view fields[] = {"f", "v"};
  for (const bool is_empty : {false, true}) {
    Object object = Stream::make();
    Stream stream(object);
    for (uint64_t ms = 1; ms <= 5; ++ms) stream.append({ms, 7}, fields, few);
    stream.erase({4, 7});
    if (is_empty) stream.trim({.by = StreamTrim::By::id, .id_min = {4, 0}});
    const OwnedEntry entry = entry_of(object), copy = restored(dump(*entry, true));
    ASSERT_NE(copy, nullptr);
    Object copied = copy->object();
    check_invariants(copied);
    Stream again(copied);
    EXPECT_EQ(entries_of(again), entries_of(stream));
    EXPECT_EQ(again.node_count(), 2u);
    EXPECT_EQ(again.trim({.by = StreamTrim::By::id, .id_min = {4, 7}, .approximate = true}), 0u);
    EXPECT_EQ(again.node_count(), 2u);
    EXPECT_EQ(again.trim({.by = StreamTrim::By::id, .id_min = {4, 8}, .approximate = true}), is_empty ? 0u : 3u);
    EXPECT_EQ(again.node_count(), 1u);
  }
}

TEST(Payload, of_a_broken_stream_makes_no_value) {
  const OwnedEntry entry = entry_of(stream_with_group(20));
  const std::string whole = dump(*entry, false);
  const std::string body = whole.substr(0, whole.size() - 10);
  size_t refused = 0;
  for (size_t i = 1; i < body.size(); ++i) {
    EXPECT_EQ(restored(payload_of(body.substr(0, i))), nullptr) << "cut at " << i;
    for (const int bit : {0, 4, 7}) {
      std::string changed = body;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      const OwnedEntry copy = restored(payload_of(changed));
      if (copy && copy->type() == Type::stream) check_invariants(copy->object());
      refused += copy == nullptr;
    }
  }
  EXPECT_GT(refused, body.size());
}

// Scores out of order once could have broken every range of the set.
TEST(Payload, keeps_a_negative_zero_where_the_encoding_can) {
  const std::string long_member(kLimits.zset_max_listpack_value + 1, 'm');
  for (const bool is_long : {false, true}) {  // which comes behind the zero, and makes the set a tree
    Object object = SortedSet::make();
    SortedSet set(object);
    set.set(is_long ? long_member : "m", 1, kLimits);
    set.set("zero", -0.0, kLimits);
    const OwnedEntry copy = restored(dump(*entry_of(object), false));
    ASSERT_NE(copy, nullptr);
    Object read = copy->object();
    EXPECT_EQ(std::signbit(*SortedSet(read).score("zero")), is_long);
  }
}

TEST(Payload, puts_a_sorted_set_in_order) {
  uint8_t* blob = listpack::create();
  for (const char* text : {"b", "2", "a", "1"}) listpack::append(blob, text);
  std::string body = "\x11";
  RdbWriter(body, false).plain_string({reinterpret_cast<char*>(blob), listpack::bytes(blob)});
  listpack::free(blob);
  const OwnedEntry entry = restored(payload_of(body));
  ASSERT_NE(entry, nullptr);
  Object object = entry->object();
  EXPECT_EQ(SortedSet(object).rank("a"), 0u);
  EXPECT_EQ(SortedSet(object).rank("b"), 1u);
}

TEST(RdbWriter, writes_the_same_when_it_finishes_later) {
  const std::string random_text = "qZ7#kP2!vX9@mB4$hN6%wT1^yL8&cR3*";
  const std::string texts[] = {"", "12345", std::string(20, 'a'), std::string(21, 'a'), random_text,
                               std::string(100'000, 'b') + random_text, "-2147483648", "text " + random_text};
  Object hash = Hash::make(), list = List::make();
  for (const std::string& text : texts) {
    Hash(hash).set(text, text + text, kLimits);
    List(list).push(List::End::tail, text, kLimits);
  }
  const OwnedEntry entries[] = {entry_of(hash), entry_of(list), OwnedEntry(Entry::create_text("key", texts[5], {}))};
  for (const bool compress : {false, true}) {
    std::string at_once, later;
    UnfinishedRdb unfinished;
    for (const OwnedEntry& entry : entries) {
      RdbWriter first(at_once, compress), second(unfinished, compress);
      for (RdbWriter* writer : {&first, &second}) {
        writer->string(texts[3]);
        writer->value(*entry);
        writer->string(texts[6]);
      }
    }
    // All but the large string, which is shared.
    EXPECT_GT(unfinished.bytes.size(), 300'000u);
    EXPECT_LT(unfinished.bytes.size(), 500'000u);
    RdbWriter(later, compress).finish(unfinished);
    EXPECT_EQ(later.size() < 20'000, compress) << later.size();
    EXPECT_TRUE(later == at_once);
  }
}

}  // namespace
}  // namespace redstart::rdb
