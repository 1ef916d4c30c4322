#include "types/zset/sorted_set.h"

#include <new>

#include "base/numbers.h"
#include "types/table_object.h"

namespace redstart {
namespace {

double score_at(const listpack::Blob blob, size_t position) {
  const listpack::Value value = listpack::get(blob, position);
  return value.is_integer ? static_cast<double>(value.integer) : *parse_double(value.bytes);
}

}  // namespace

bool LexRange::contains_from_below(std::string_view member) const {
  switch (min.kind) {
    case LexBound::Kind::lowest:
      return true;
    case LexBound::Kind::highest:
      return false;
    case LexBound::Kind::inclusive:
      return member >= min.value;
    case LexBound::Kind::exclusive:
      return member > min.value;
  }
  return false;
}

bool LexRange::contains_from_above(std::string_view member) const {
  switch (max.kind) {
    case LexBound::Kind::lowest:
      return false;
    case LexBound::Kind::highest:
      return true;
    case LexBound::Kind::inclusive:
      return member <= max.value;
    case LexBound::Kind::exclusive:
      return member < max.value;
  }
  return false;
}

size_t SortedSet::size() const {
  return is_compact() ? listpack::count(blob()) / 2 : data().tree.size();
}

std::optional<double> SortedSet::score(std::string_view member) const {
  if (is_compact()) {
    const size_t at = listpack::find(blob(), listpack::first(blob()), member, 2);
    if (at == listpack::kNone) return std::nullopt;
    return score_at(blob(), listpack::next(blob(), at));
  }
  const ScoreRecord* record = data().table.find(hash_bytes(member), member);
  if (!record) return std::nullopt;
  return record->score;
}

void SortedSet::insert_compact(std::string_view member, double score) {
  auto packed = blob();
  char buffer[24];
  const auto is_above = [&](size_t at) {
    const std::string_view other = listpack::get(packed, at).text(buffer);
    return compare_scored(score_at(packed, listpack::next(packed, at)), other, score, member) > 0;
  };
  size_t at = listpack::first(packed);
  // Ascending inserts, the usual load, need not walk.
  if (at != listpack::kNone && !is_above(listpack::previous(packed, listpack::last(packed)))) {
    at = listpack::kNone;
  }
  while (at != listpack::kNone) {
    if (is_above(at)) break;
    at = listpack::next(packed, listpack::next(packed, at));
  }
  char text[kNumberTextBytes];
  // A whole score is an integer here, and integers have no negative zero.
  const std::string_view score_text(text, format_double(score == 0 ? 0 : score, text));
  at = listpack::insert(packed, at, member);
  const size_t after = listpack::next(packed, at);
  listpack::insert(packed, after, score_text);
  object_.data = packed;
}

SortedSet::Placed SortedSet::place(std::string_view member, double score,
                                   const EncodingLimits& limits) {
  if (is_compact()) {
    auto packed = blob();
    const size_t at = listpack::find(packed, listpack::first(packed), member, 2);
    if (at != listpack::kNone) {
      if (score_at(packed, listpack::next(packed, at)) == score) return Placed::unchanged;
      listpack::erase(packed, at, 2);
      object_.data = packed;
      insert_compact(member, score);
      return Placed::moved;
    }
    if (size() < limits.zset_max_listpack_entries &&
        member.size() <= limits.zset_max_listpack_value) {
      insert_compact(member, score);
      return Placed::added;
    }
    convert();
  }
  const uint64_t hash = hash_bytes(member);
  if (ScoreRecord* record = data().table.find(hash, member)) {
    if (record->score == score) return Placed::unchanged;
    data().tree.move(record, score);
    return Placed::moved;
  }
  ScoreRecord* record = ScoreRecord::create(score, member);
  data().table.insert(hash, record);
  data().tree.insert(record);
  return Placed::added;
}

bool SortedSet::remove(std::string_view member) {
  if (is_compact()) {
    auto packed = blob();
    const size_t at = listpack::find(packed, listpack::first(packed), member, 2);
    if (at == listpack::kNone) return false;
    listpack::erase(packed, at, 2);
    object_.data = packed;
    return true;
  }
  ScoreRecord* record = data().table.erase(hash_bytes(member), member);
  if (!record) return false;
  data().tree.erase(record);
  ScoreRecord::destroy(record);
  return true;
}

std::optional<size_t> SortedSet::rank(std::string_view member) const {
  if (!is_compact()) {
    const ScoreRecord* record = data().table.find(hash_bytes(member), member);
    if (!record) return std::nullopt;
    return data().tree.rank(record->score, member);
  }
  size_t rank = 0;
  for (size_t at = listpack::first(blob()); at != listpack::kNone; ++rank) {
    if (listpack::equals(blob(), at, member)) return rank;
    at = listpack::next(blob(), listpack::next(blob(), at));
  }
  return std::nullopt;
}

size_t SortedSet::count_while(const std::function<bool(std::string_view, double)>& holds) const {
  if (!is_compact()) {
    return data().tree.count_while(
        [&](const ScoreRecord& record) { return holds(record.member(), record.score); });
  }
  size_t rank = 0;
  for_each({0, size()}, false, [&](std::string_view member, double score) {
    if (!holds(member, score)) return false;
    ++rank;
    return true;
  });
  return rank;
}

RankRange SortedSet::range_of(const ScoreRange& range) const {
  if (!is_compact()) {
    return {data().tree.count_below(range.min.value, range.min.exclusive),
            data().tree.count_below(range.max.value, !range.max.exclusive)};
  }
  return {count_while([&](std::string_view, double s) { return !range.contains_from_below(s); }),
          count_while([&](std::string_view, double s) { return range.contains_from_above(s); })};
}

bool SortedSet::may_overlap(const LexRange& range) const {
  if (size() == 0) return false;
  bool overlaps = true;
  for_each({0, 1}, false, [&](std::string_view smallest, double) {
    return overlaps = range.contains_from_above(smallest);
  });
  for_each({size() - 1, size()}, false, [&](std::string_view largest, double) {
    return overlaps = overlaps && range.contains_from_below(largest);
  });
  return overlaps;
}

RankRange SortedSet::compact_range_of(const LexRange& range, bool descending) const {
  size_t skipped = 0, taken = 0;
  for_each({0, size()}, descending, [&](std::string_view member, double) {
    const bool above_min = range.contains_from_below(member);
    const bool below_max = range.contains_from_above(member);
    if (taken == 0 && !(descending ? below_max : above_min)) return ++skipped, true;
    if (!(descending ? above_min : below_max)) return false;
    return ++taken, true;
  });
  if (descending) return {size() - skipped - taken, size() - skipped};
  return {skipped, skipped + taken};
}

RankRange SortedSet::range_of(const LexRange& range, bool descending) const {
  if (!may_overlap(range)) return {};
  if (is_compact()) return compact_range_of(range, descending);
  return {count_while([&](std::string_view m, double) { return !range.contains_from_below(m); }),
          count_while([&](std::string_view m, double) { return range.contains_from_above(m); })};
}

void SortedSet::for_each(const RankRange& range, bool descending, const Visit& fn) const {
  if (range.size() == 0) return;
  size_t left = range.size();
  const size_t start = descending ? range.last - 1 : range.first;
  if (!is_compact()) {
    // The records lie anywhere: some ahead are fetched meanwhile, so that their misses overlap.
    constexpr size_t kAhead = 16;
    const auto step = [descending](ScoreTree::Place place) { return descending ? place.previous() : place.next(); };
    auto place = data().tree.at(start), ahead = place;
    const auto fetch_one = [&] {
      if (!ahead) return;
      __builtin_prefetch(ahead.record());
      ahead = step(ahead);
    };
    for (size_t i = 0; i < std::min(kAhead, left); ++i) fetch_one();
    for (; left > 0; --left) {
      if (left > kAhead) fetch_one();
      const ScoreRecord* record = place.record();
      if (!fn(record->member(), record->score)) return;
      place = step(place);
    }
    return;
  }
  char buffer[24];
  size_t at = listpack::seek(blob(), static_cast<int64_t>(start) * 2);
  while (left-- > 0) {
    const size_t score_position = listpack::next(blob(), at);
    if (!fn(listpack::get(blob(), at).text(buffer), score_at(blob(), score_position))) return;
    if (left == 0) return;
    at = descending ? listpack::previous(blob(), listpack::previous(blob(), at))
                    : listpack::next(blob(), score_position);
  }
}

void SortedSet::remove_range(const RankRange& range) {
  if (range.size() == 0) return;
  if (is_compact()) {
    auto packed = blob();
    listpack::erase(packed, listpack::seek(packed, static_cast<int64_t>(range.first) * 2),
                    range.size() * 2);
    object_.data = packed;
    return;
  }
  for (size_t i = 0; i < range.size(); ++i) {
    ScoreRecord* record = data().tree.at(range.first).record();
    data().tree.erase(record);
    data().table.erase(hash_bytes(record->member()), record->member());
    ScoreRecord::destroy(record);
  }
}

uint64_t SortedSet::scan(uint64_t cursor,
                         const std::function<void(std::string_view, double)>& fn) const {
  if (is_compact()) {
    for_each({0, size()}, false, [&](std::string_view member, double score) {
      fn(member, score);
      return true;
    });
    return 0;
  }
  return data().table.scan(cursor,
                           [&](ScoreRecord* record) { fn(record->member(), record->score); });
}

Object SortedSet::make_for(const Expected& expected, const EncodingLimits& limits) {
  if (expected.members <= limits.zset_max_listpack_entries &&
      expected.member_bytes_max <= limits.zset_max_listpack_value) {
    return make();
  }
  return {Type::zset, Encoding::skiplist,
          new (heap::allocate(sizeof(SortedSetData))) SortedSetData()};
}

void SortedSet::convert() {
  auto* fresh = new (heap::allocate(sizeof(SortedSetData))) SortedSetData();
  for_each({0, size()}, false, [&](std::string_view member, double score) {
    ScoreRecord* record = ScoreRecord::create(score, member);
    fresh->table.insert(hash_bytes(member), record);
    fresh->tree.insert(record);
    return true;
  });
  listpack::free(blob());
  object_.data = fresh;
  object_.encoding = Encoding::skiplist;
}

void SortedSet::destroy() {
  if (is_compact()) return listpack::free(blob());
  data().table.clear(ScoreRecord::destroy);
  data().~SortedSetData();
  heap::deallocate(&data(), sizeof(SortedSetData));
}

Object SortedSet::clone() const {
  if (is_compact()) return {Type::zset, Encoding::listpack, listpack::clone(blob())};
  auto* fresh = new (heap::allocate(sizeof(SortedSetData))) SortedSetData();
  for_each({0, size()}, false, [&](std::string_view member, double score) {
    ScoreRecord* record = ScoreRecord::create(score, member);
    fresh->table.insert(hash_bytes(member), record);
    fresh->tree.insert(record);
    return true;
  });
  return {Type::zset, Encoding::skiplist, fresh};
}

size_t SortedSet::memory_bytes(size_t samples) const {
  if (is_compact()) return listpack::allocated_bytes(blob());
  return sizeof(ScoreTree) + data().tree.memory_bytes() +
         table_memory_bytes(data().table, samples, [](const ScoreRecord* record) {
           return heap::allocated_size(record->allocation_bytes());
         });
}

void SortedSet::check_invariants() const {
  if (is_compact()) return;
  data().tree.check_invariants();
  data().table.check_invariants();
}

}  // namespace redstart
