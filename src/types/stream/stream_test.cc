// Stream beside a std::map of its entries, and its groups beside sets of ids.
#include "types/stream/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace redstart {
namespace {

using Fields = std::vector<std::string>;
using Entries = std::vector<std::pair<StreamId, Fields>>;

struct OwnedStream {
  Object object = Stream::make();
  OwnedStream() = default;
  explicit OwnedStream(const Object& taken) : object(taken) {}
  OwnedStream(const OwnedStream&) = delete;
  ~OwnedStream() { Stream(object).destroy(); }
};

void append(Stream& stream, const StreamId& id, const Fields& fields, const EncodingLimits& limits = {}) {
  const std::vector<std::string_view> views(fields.begin(), fields.end());
  stream.append(id, views, limits);
}

Fields fields_of(const PackedEntry& entry) {
  Fields fields;
  entry.for_each_field([&](const listpack::Value& name, const listpack::Value& value) {
    char buffer[24];
    fields.emplace_back(name.text(buffer));
    fields.emplace_back(value.text(buffer));
  });
  return fields;
}

Entries entries_in(const Stream& stream, const StreamRange& range, bool from_end = false) {
  Entries entries;
  stream.for_each(range, from_end, [&](const PackedEntry& entry) {
    entries.emplace_back(entry.id(), fields_of(entry));
    return true;
  });
  return entries;
}

// What a stream should hold.
struct Model {
  std::map<StreamId, Fields> entries;

  Entries in(const StreamRange& range, bool from_end) const {
    if (range.first > range.last) return {};
    Entries result(entries.lower_bound(range.first), entries.upper_bound(range.last));
    if (from_end) std::ranges::reverse(result);
    return result;
  }
};

void expect_same(const Stream& stream, const Model& model) {
  stream.check_invariants();
  ASSERT_EQ(stream.size(), model.entries.size());
  EXPECT_EQ(entries_in(stream, {}), model.in({}, false));
  EXPECT_EQ(entries_in(stream, {}, true), model.in({}, true));
  EXPECT_EQ(stream.first_entry_id(), model.entries.empty() ? StreamId{} : model.entries.begin()->first);
  EXPECT_EQ(stream.last_entry_id(), model.entries.empty() ? StreamId{} : model.entries.rbegin()->first);
}

TEST(Streams, an_empty_one_has_nothing_in_any_range) {
  OwnedStream owned;
  const Stream stream(owned.object);
  EXPECT_TRUE(entries_in(stream, {}).empty());
  EXPECT_TRUE(entries_in(stream, {}, true).empty());
  EXPECT_EQ(stream.count({}, 10), 0u);
  EXPECT_FALSE(stream.contains({1, 1}));
  stream.check_invariants();
}

TEST(Streams, a_range_that_ends_before_it_begins_is_empty) {
  OwnedStream owned;
  Stream stream(owned.object);
  for (uint64_t i = 1; i <= 300; ++i) append(stream, {i, 0}, {"f", "v"});
  EXPECT_TRUE(entries_in(stream, {{200, 0}, {100, 0}}).empty());
  EXPECT_TRUE(entries_in(stream, {{200, 0}, {100, 0}}, true).empty());
  EXPECT_EQ(stream.count({{200, 0}, {100, 0}}, SIZE_MAX), 0u);
}

TEST(Streams, keep_fields_of_any_bytes_and_names) {
  OwnedStream owned;
  Stream stream(owned.object);
  const Fields odd{"", "", std::string("\0\xff", 2), std::string(5000, 'x'), "12", "-9223372036854775808"};
  append(stream, {1, 0}, odd);
  append(stream, {1, 1}, {"", "007"});           // other names
  append(stream, {UINT64_MAX, UINT64_MAX}, odd);  // far from the node's base
  const Entries expected{{{1, 0}, odd}, {{1, 1}, {"", "007"}}, {kStreamIdMax, odd}};
  EXPECT_EQ(entries_in(stream, {}), expected);
  stream.check_invariants();
}

TEST(Streams, begin_a_node_at_either_limit) {
  OwnedStream owned;
  Stream stream(owned.object);
  const EncodingLimits few{.stream_node_max_bytes = 0, .stream_node_max_entries = 10};
  for (uint64_t i = 1; i <= 100; ++i) append(stream, {i, 0}, {"f", "v"}, few);
  EXPECT_EQ(stream.node_count(), 10u);
  const EncodingLimits small{.stream_node_max_bytes = 200, .stream_node_max_entries = 0};
  for (uint64_t i = 101; i <= 110; ++i) append(stream, {i, 0}, {"f", std::string(100, 'x')}, small);
  EXPECT_EQ(stream.node_count(), 20u);
  stream.check_invariants();
}

TEST(Streams, count_removed_entries_towards_a_nodes_limit) {
  OwnedStream owned;
  Stream stream(owned.object);
  const EncodingLimits few{.stream_node_max_entries = 4};
  for (uint64_t i = 1; i <= 3; ++i) append(stream, {i, 0}, {"f", "v"}, few);
  EXPECT_TRUE(stream.erase({2, 0}));
  append(stream, {4, 0}, {"f", "v"}, few);
  EXPECT_EQ(stream.node_count(), 1u);
  append(stream, {5, 0}, {"f", "v"}, few);
  EXPECT_EQ(stream.node_count(), 2u);
}

// What each part of an entry takes in a listpack, its length behind it included.
TEST(Streams, go_by_the_bytes_of_redis_nodes) {
  OwnedStream owned;
  Stream stream(owned.object);
  const auto bytes = [&] {
    size_t bytes = 0;
    stream.for_each_node({}, [&](const StreamNode& node) {
      bytes = node.listpack_bytes();
      return true;
    });
    return bytes;
  };
  append(stream, {1000, 5}, {"name", "value", "number", "12"});
  // Frame 7; counts 2 + 2, names 2 + 6 + 8, zero 2; flags 2, id 2 + 2, values 7 + 2, reach 2.
  EXPECT_EQ(bytes(), 46u);
  // Flags 2, id 3 + 3 (-5: the sequence is less than the base's), fields 2, name 3, value 67, reach 2.
  append(stream, {2000, 0}, {"n", std::string(64, 'x')});
  EXPECT_EQ(bytes(), 46u + 2 + 3 + 3 + 2 + 3 + 67 + 2);
  const size_t before = bytes();
  EXPECT_TRUE(stream.erase({2000, 0}));
  EXPECT_EQ(bytes(), before);  // it stays there, marked
  const EncodingLimits unlimited{.stream_node_max_bytes = 0};
  append(stream, {2000, 1}, {"name", std::string(5000, 'y'), "number", "-70000"}, unlimited);
  EXPECT_EQ(bytes(), before + 2 + 3 + 3 + (5 + 5000 + 2) + 5 + 2);
}

TEST(Streams, trim_whole_nodes_only_when_approximately) {
  OwnedStream owned;
  Stream stream(owned.object);
  const EncodingLimits few{.stream_node_max_entries = 10};
  for (uint64_t i = 1; i <= 50; ++i) append(stream, {i, 0}, {"f", "v"}, few);
  StreamTrim trim{.by = StreamTrim::By::length, .length_max = 25, .approximate = true};
  EXPECT_EQ(stream.trim(trim), 20u);
  EXPECT_EQ(stream.first_entry_id(), (StreamId{21, 0}));
  trim = {.by = StreamTrim::By::id, .id_min = {45, 0}, .approximate = true, .limit = 10};
  EXPECT_EQ(stream.trim(trim), 10u);
  trim.limit = 9;
  EXPECT_EQ(stream.trim(trim), 0u);
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {45, 0}}), 14u);
  EXPECT_EQ(stream.first_entry_id(), (StreamId{45, 0}));
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::length, .length_max = 0}), 6u);
  EXPECT_EQ(stream.size(), 0u);
  EXPECT_EQ(stream.last_id(), (StreamId{50, 0}));
  stream.check_invariants();
}

// Nodes of five, as redis-server has them with stream-node-max-entries 5.
constexpr EncodingLimits kNodesOfFive{.stream_node_max_entries = 5};

void append_many(Stream& stream, uint64_t first_ms, uint64_t last_ms) {
  for (uint64_t ms = first_ms; ms <= last_ms; ++ms) append(stream, {ms, 0}, {"f", "v"}, kNodesOfFive);
}

TEST(Streams, keep_an_empty_node_whose_last_entry_was_removed_and_is_not_below_the_least_id) {
  OwnedStream owned;
  Stream stream(owned.object);
  append_many(stream, 1, 12);
  EXPECT_TRUE(stream.erase({10, 0}));
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {10, 0}, .approximate = true}), 5u);
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {10, 0}}), 4u);
  EXPECT_EQ(stream.node_count(), 2u);
  EXPECT_EQ(stream.first_entry_id(), (StreamId{11, 0}));
  EXPECT_EQ(entries_in(stream, {}).size(), 2u);
  EXPECT_EQ(entries_in(stream, {{6, 0}, {11, 0}}, true).size(), 1u);
  EXPECT_EQ(stream.count({{6, 0}, {12, 0}}, SIZE_MAX), 2u);
  EXPECT_FALSE(stream.contains({10, 0}));
  EXPECT_FALSE(stream.erase({10, 0}));
  stream.check_invariants();
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {10, 1}, .approximate = true}), 0u);
  EXPECT_EQ(stream.node_count(), 1u);
  stream.check_invariants();
}

TEST(Streams, append_to_an_empty_node_until_it_is_full) {
  OwnedStream owned;
  Stream stream(owned.object);
  append_many(stream, 1, 3);
  EXPECT_TRUE(stream.erase({3, 0}));
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {3, 0}}), 2u);
  EXPECT_EQ(stream.size(), 0u);
  EXPECT_EQ(stream.node_count(), 1u);
  EXPECT_EQ(stream.first_entry_id(), StreamId{});
  EXPECT_EQ(stream.last_entry_id(), StreamId{});
  EXPECT_TRUE(entries_in(stream, {}, true).empty());
  EXPECT_EQ(stream.count({}, SIZE_MAX), 0u);
  stream.check_invariants();
  append_many(stream, 4, 5);
  EXPECT_EQ(stream.node_count(), 1u);
  append_many(stream, 6, 6);
  EXPECT_EQ(stream.node_count(), 2u);
  // The last entry of the first node is there again.
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {6, 0}, .approximate = true}), 2u);
  EXPECT_EQ(stream.node_count(), 1u);
  stream.check_invariants();
}

TEST(Streams, trim_empty_nodes_by_length_whatever_the_limit) {
  OwnedStream owned;
  Stream stream(owned.object);
  append_many(stream, 1, 12);
  EXPECT_TRUE(stream.erase({5, 0}));
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {5, 0}}), 4u);
  EXPECT_EQ(stream.node_count(), 3u);
  StreamTrim trim{.by = StreamTrim::By::length, .length_max = 7, .approximate = true, .limit = 1};
  EXPECT_EQ(stream.trim(trim), 0u);
  EXPECT_EQ(stream.node_count(), 3u);  // no longer than asked for
  trim.length_max = 6;
  EXPECT_EQ(stream.trim(trim), 0u);
  EXPECT_EQ(stream.node_count(), 2u);
  stream.check_invariants();
}

TEST(Streams, let_a_node_go_with_its_last_entry) {
  OwnedStream owned;
  Stream stream(owned.object);
  append_many(stream, 1, 7);
  for (uint64_t ms = 5; ms >= 1; --ms) EXPECT_TRUE(stream.erase({ms, 0}));
  EXPECT_EQ(stream.node_count(), 1u);
  stream.check_invariants();
}

TEST(Streams, begin_anew_below_an_empty_node) {
  for (const uint64_t last_ms : {9, 10}) {  // the node has room for one more; it is full
    OwnedStream owned;
    Stream stream(owned.object);
    append_many(stream, 6, last_ms);
    EXPECT_TRUE(stream.erase({last_ms, 0}));
    EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {last_ms, 0}}), last_ms - 6);
    stream.set_last_id({1, 0});
    const uint64_t first_ms = last_ms == 9 ? 5 : 6;
    append_many(stream, first_ms, first_ms + 1);
    EXPECT_EQ(stream.node_count(), 1u);
    EXPECT_EQ(entries_in(stream, {}).size(), 2u);
    stream.check_invariants();
  }
}

TEST(Streams, trim_all_below_an_id_behind_a_removed_entry_above_it) {
  OwnedStream owned;
  Stream stream(owned.object);
  append_many(stream, 1, 5);
  for (const uint64_t ms : {3, 4, 5}) EXPECT_TRUE(stream.erase({ms, 0}));
  stream.set_last_id({2, 0});
  append_many(stream, 3, 4);
  EXPECT_EQ(stream.node_count(), 2u);
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = {4, 0}}), 3u);
  EXPECT_EQ(stream.first_entry_id(), (StreamId{4, 0}));
  stream.check_invariants();
}

TEST(Streams, leave_no_empty_node_behind_what_groups_still_need) {
  OwnedStream owned;
  Stream stream(owned.object);
  append_many(stream, 1, 12);
  ConsumerGroup& group = stream.create_group("g", {12, 0}, ConsumerGroup::kUnknown);
  group.deliver({2, 0}, group.create_consumer("c", 1), 1);
  EXPECT_TRUE(stream.erase({10, 0}));
  const StreamTrim trim{.by = StreamTrim::By::id, .id_min = {10, 0}, .references = GroupReferences::acked};
  EXPECT_EQ(stream.trim(trim), 8u);
  EXPECT_EQ(stream.node_count(), 2u);
  stream.check_invariants();
}

TEST(Streams, copy_what_their_nodes_know_of_removed_entries) {
  OwnedStream owned;
  Stream stream(owned.object);
  append_many(stream, 1, 3);
  EXPECT_TRUE(stream.erase({3, 0}));
  OwnedStream copied(stream.clone());
  Stream copy(copied.object);
  EXPECT_EQ(copy.trim({.by = StreamTrim::By::id, .id_min = {3, 0}, .approximate = true}), 0u);
  EXPECT_EQ(copy.trim({.by = StreamTrim::By::id, .id_min = {3, 0}}), 2u);
  EXPECT_EQ(copy.node_count(), 1u);
  copy.check_invariants();
}

TEST(Streams, trim_around_what_groups_still_need) {
  OwnedStream owned;
  Stream stream(owned.object);
  const EncodingLimits few{.stream_node_max_entries = 4};
  for (uint64_t i = 1; i <= 20; ++i) append(stream, {i, 0}, {"f", "v"}, few);
  ConsumerGroup& group = stream.create_group("g", {15, 0}, ConsumerGroup::kUnknown);
  Consumer& consumer = group.create_consumer("c", 1);
  for (const uint64_t ms : {3, 4, 9}) group.deliver({ms, 0}, consumer, 1);
  StreamTrim trim{.by = StreamTrim::By::length, .length_max = 0, .references = GroupReferences::acked};
  EXPECT_EQ(stream.trim(trim), 12u);
  const Entries left = entries_in(stream, {});
  std::vector<uint64_t> ids;
  for (const auto& [id, fields] : left) ids.push_back(id.ms);
  EXPECT_EQ(ids, (std::vector<uint64_t>{3, 4, 9, 16, 17, 18, 19, 20}));
  trim = {.by = StreamTrim::By::id, .id_min = {9, 0}, .references = GroupReferences::erase};
  EXPECT_EQ(stream.trim(trim), 2u);
  EXPECT_EQ(group.pending.size(), 1u);
  stream.check_invariants();
}

TEST(Streams, a_copy_shares_nothing) {
  OwnedStream owned;
  Stream stream(owned.object);
  for (uint64_t i = 1; i <= 250; ++i) append(stream, {i, 0}, {"f", "v"});
  ConsumerGroup& group = stream.create_group("g", {5, 0}, 5);
  group.deliver({5, 0}, group.create_consumer("c", 7), 8);
  OwnedStream copied(stream.clone());
  Stream copy(copied.object);
  copy.check_invariants();
  stream.trim({.by = StreamTrim::By::length, .length_max = 0});
  stream.destroy_group(group);
  EXPECT_EQ(copy.size(), 250u);
  const ConsumerGroup& kept = *copy.find_group("g");
  EXPECT_EQ(kept.pending.front().consumer, kept.find_consumer("c"));
  EXPECT_EQ(kept.find_consumer("c")->seen_ms, 7);
  EXPECT_EQ(kept.entries_read, 5);
  copy.check_invariants();
}

TEST(Streams, take_less_than_a_listpack_would) {
  OwnedStream owned;
  Stream stream(owned.object);
  constexpr uint64_t kEntries = 100'000, kBytesMax = 45;
  for (uint64_t i = 0; i < kEntries; ++i) {
    const std::string number = std::to_string(1'000'000'000'000 + i);
    const std::string value = "val:" + number.substr(1);  // 16 bytes
    append(stream, {1'700'000'000'000 + i / 3, i % 3 + 1}, {"one", value, "two", value});
  }
  EXPECT_LT(stream.memory_bytes(0), kEntries * kBytesMax);
  // The nodes are alike, so a sample tells the whole.
  EXPECT_NEAR(static_cast<double>(stream.memory_bytes(5)), static_cast<double>(stream.memory_bytes(0)),
              static_cast<double>(stream.memory_bytes(0)) / 20);
}

class RandomStream {
 public:
  explicit RandomStream(uint64_t seed) : random_(seed) {
    limits_.stream_node_max_entries = std::array<size_t, 4>{1, 5, 100, 0}[below(4)];
    limits_.stream_node_max_bytes = std::array<size_t, 3>{100, 4096, 0}[below(3)];
  }

  void step() {
    Stream stream(owned_.object);
    const uint64_t draw = below(100);
    if (draw < 60) return append_one(stream);
    if (draw < 80) {
      const StreamId id = any_id();
      EXPECT_EQ(stream.contains(id), model_.entries.contains(id));
      EXPECT_EQ(stream.erase(id), model_.entries.erase(id) == 1);
    } else if (draw < 97) {
      compare_range(stream);
    } else {
      trim(stream);
    }
  }
  void check() { expect_same(Stream(owned_.object), model_); }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  StreamId any_id() {
    if (model_.entries.empty() || below(4) == 0) return {below(last_.ms + 2), below(4)};
    auto at = model_.entries.lower_bound({below(last_.ms + 1), 0});
    return at == model_.entries.end() ? last_ : at->first;
  }

  void append_one(Stream& stream) {
    last_ = below(3) == 0 ? *last_.next() : StreamId{last_.ms + 1 + below(200), below(5) == 0 ? below(UINT64_MAX) : 0};
    Fields fields;
    for (uint64_t i = 0; i <= below(3); ++i) {
      fields.push_back("name" + std::to_string(below(10) == 0 ? below(100) : i));
      fields.push_back(below(2) ? std::to_string(random_()) : std::string(below(90), 'v'));
    }
    append(stream, last_, fields, limits_);
    model_.entries.emplace(last_, fields);
  }

  void compare_range(const Stream& stream) {
    const StreamRange range{any_id(), any_id()};
    for (const bool from_end : {false, true}) {
      EXPECT_EQ(entries_in(stream, range, from_end), model_.in(range, from_end));
    }
    const size_t count_max = below(50);
    EXPECT_EQ(stream.count(range, count_max), std::min(count_max, model_.in(range, false).size()));
  }

  void trim(Stream& stream) {
    const size_t before = model_.entries.size();
    if (below(2) == 0) {
      const size_t length_max = below(before + 1);
      while (model_.entries.size() > length_max) model_.entries.erase(model_.entries.begin());
      EXPECT_EQ(stream.trim({.by = StreamTrim::By::length, .length_max = length_max}),
                before - model_.entries.size());
    } else {
      const StreamId id = any_id();
      model_.entries.erase(model_.entries.begin(), model_.entries.lower_bound(id));
      EXPECT_EQ(stream.trim({.by = StreamTrim::By::id, .id_min = id}), before - model_.entries.size());
    }
  }

  std::mt19937_64 random_;
  OwnedStream owned_;
  Model model_;
  EncodingLimits limits_;
  StreamId last_{1, 0};
};

TEST(Streams, agree_with_a_map_over_random_operations) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream stream(seed);
    for (int step = 0; step < 600; ++step) {
      stream.step();
      if (step % 100 == 99) stream.check();
    }
  }
}

TEST(ConsumerGroups, keep_pending_entries_and_their_consumers_in_step) {
  std::mt19937_64 random(3);
  OwnedStream owned;
  Stream stream(owned.object);
  ConsumerGroup& group = stream.create_group("g", {}, ConsumerGroup::kUnknown);
  std::map<StreamId, std::string> model;  // who has it
  for (int step = 0; step < 5000; ++step) {
    const StreamId id{random() % 300, 0};
    const std::string name(1, static_cast<char>('a' + random() % 5));
    Consumer* consumer = group.find_consumer(name);
    switch (random() % 10) {
      case 0:
        if (consumer) {
          std::erase_if(model, [&](const auto& entry) { return entry.second == name; });
          group.destroy_consumer(*consumer);
        }
        break;
      case 1:
      case 2:
      case 3:
        EXPECT_EQ(group.forget(id), model.erase(id) == 1);
        break;
      default:
        group.deliver(id, consumer ? *consumer : group.create_consumer(name, step), step);
        model[id] = name;
    }
    if (step % 250 != 0) continue;
    stream.check_invariants();
    ASSERT_EQ(group.pending.size(), model.size());
    group.pending.for_each(
        [&](const PendingEntry& pending) { EXPECT_EQ(pending.consumer->name(), model.at(pending.id)); });
  }
}

}  // namespace
}  // namespace redstart
