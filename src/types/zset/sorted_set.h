// SortedSet: members ordered by score, then by member. Small: a listpack of member, score in turn,
// in order. Large ("skiplist" by Redis's name): a table from member to record, and a ScoreTree over
// the same records.
//
// Threads: shard-local. Views of members live until the set changes. NaN never enters.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/random.h"
#include "types/listpack.h"
#include "types/object.h"
#include "types/zset/score_tree.h"

namespace redstart {

struct ScoreBound {
  double value = 0;
  bool exclusive = false;
};
struct ScoreRange {
  ScoreBound min, max;
  bool contains_from_below(double score) const {  // not below the minimum
    return min.exclusive ? score > min.value : score >= min.value;
  }
  bool contains_from_above(double score) const {
    return max.exclusive ? score < max.value : score <= max.value;
  }
};
struct LexBound {
  enum class Kind : uint8_t { lowest, highest, inclusive, exclusive };
  Kind kind = Kind::inclusive;
  std::string_view value;
};
struct LexRange {
  LexBound min, max;
  bool contains_from_below(std::string_view member) const;
  bool contains_from_above(std::string_view member) const;
};
// Ranks [first, last); empty when first >= last.
struct RankRange {
  size_t first = 0, last = 0;
  size_t size() const { return last > first ? last - first : 0; }
};

struct ScorePolicy {
  using Record = ScoreRecord;
  static uint64_t hash(const ScoreRecord* record) { return hash_bytes(record->member()); }
  static bool equals(const ScoreRecord* record, std::string_view key) {
    return is_same(record->member(), key);
  }
};

struct SortedSetData {
  HashTable<ScorePolicy> table;
  ScoreTree tree;
};

class SortedSet {
 public:
  explicit SortedSet(Object& object) : object_(object) {}
  static Object make() { return {Type::zset, Encoding::listpack, listpack::create()}; }
  // An empty set in the encoding that this many members, the longest of this size, will need.
  struct Expected {
    size_t members = 0, member_bytes_max = 0;
  };
  static Object make_for(const Expected& expected, const EncodingLimits& limits);

  size_t size() const;
  // In a listpack.
  bool is_compact() const { return object_.encoding == Encoding::listpack; }
  std::optional<double> score(std::string_view member) const;
  // Adds the member or gives it this score. `member` is not a view into this set.
  enum class Placed : uint8_t { unchanged, moved, added };
  Placed place(std::string_view member, double score, const EncodingLimits& limits);
  // The same. True: the member is new.
  bool set(std::string_view member, double score, const EncodingLimits& limits) {
    return place(member, score, limits) == Placed::added;
  }
  bool remove(std::string_view member);
  std::optional<size_t> rank(std::string_view member) const;

  RankRange range_of(const ScoreRange& range) const;
  // As ZRANGEBYLEX: meant for members of equal score. With others, a small set gives the members
  // that Redis gives: those met from its first (descending: last) member in the range on until one
  // is outside.
  RankRange range_of(const LexRange& range, bool descending = false) const;
  // fn(member, score) for the ranks of the range, ascending or descending; ends when fn returns
  // false.
  using Visit = std::function<bool(std::string_view member, double score)>;
  void for_each(const RankRange& range, bool descending, const Visit& fn) const;
  void remove_range(const RankRange& range);

  uint64_t scan(uint64_t cursor, const std::function<void(std::string_view, double)>& fn) const;

  void destroy();
  Object clone() const;
  size_t memory_bytes(size_t samples) const;
  void check_invariants() const;

 private:
  listpack::Blob blob() const { return static_cast<listpack::Blob>(object_.data); }
  SortedSetData& data() const { return *static_cast<SortedSetData*>(object_.data); }
  void insert_compact(std::string_view member, double score);
  void convert();
  // How many leading members `holds` is true for, when it is false for all behind them.
  size_t count_while(const std::function<bool(std::string_view, double)>& holds) const;
  bool may_overlap(const LexRange& range) const;
  RankRange compact_range_of(const LexRange& range, bool descending) const;

  Object& object_;
};

}  // namespace redstart
