// Sources are read in the order of their sizes, smallest first: that is cheapest for intersections,
// and it fixes the order in which scores are summed up, which their rounding shows.
#include "types/zset/commands/algebra.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "types/commands/arguments.h"
#include "types/set/set.h"
#include "types/zset/commands/reply.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

enum class Aggregate : uint8_t { sum, min, max };

// An input: a sorted set, a set, or nothing.
struct Source {
  Object object;
  double weight = 1;

  size_t size() const { return object.type == Type::none ? 0 : element_count(object); }

  template <class Fn>  // fn(member, score): goes on while true
  void for_each(Fn&& fn) {
    if (object.type == Type::zset) {
      SortedSet set(object);
      set.for_each({0, set.size()}, false, fn);
    } else if (object.type == Type::set) {
      Set(object).for_each_while([&](std::string_view member) { return fn(member, 1.0); });
    }
  }

  std::optional<double> score(std::string_view member) {
    if (object.type == Type::zset) return SortedSet(object).score(member);
    if (object.type == Type::set && Set(object).contains(member)) return 1.0;
    return std::nullopt;
  }
};

struct Request {
  ZsetOperation operation;
  size_t count_index;  // where numkeys stands
  bool stores = false;
  bool only_size = false;  // ZINTERCARD
  std::vector<Source> sources = {};
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
  int64_t limit = 0;  // ZINTERCARD: stop counting there; 0: never
};

// Members with their scores, owned.
class Members {
 public:
  Members() = default;
  Members(const Members&) = delete;
  ~Members() {
    for (ScoreRecord* record : records_) ScoreRecord::destroy(record);
  }
  ScoreRecord* add(std::string_view member, double score) {
    return records_.emplace_back(ScoreRecord::create(score, member));
  }
  void sort() {
    std::sort(records_.begin(), records_.end(), [](const ScoreRecord* a, const ScoreRecord* b) {
      return compare_scored(a->score, a->member(), b->score, b->member()) < 0;
    });
  }
  SortedSet::Expected expected() const {
    SortedSet::Expected expected{.members = records_.size()};
    for (const ScoreRecord* record : records_) {
      expected.member_bytes_max = std::max<size_t>(expected.member_bytes_max, record->member_bytes);
    }
    return expected;
  }
  size_t size() const { return records_.size(); }
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }

 private:
  std::vector<ScoreRecord*> records_;
};

// Infinity times zero and the sum of both infinities count as zero.
double not_nan(double score) { return std::isnan(score) ? 0 : score; }

double aggregated(double score, double value, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::sum:
      return not_nan(score + value);
    case Aggregate::min:
      return value < score ? value : score;
    case Aggregate::max:
      return value > score ? value : score;
  }
  return score;
}

bool read_sources(CommandContext& c, Request& request) {
  int64_t key_count;
  if (!c.parse_integer(request.count_index, key_count)) return false;
  if (key_count < 1) {
    c.error("ERR at least 1 input key is needed for '" + std::string(c.spec().name) + "' command");
    return false;
  }
  if (static_cast<uint64_t>(key_count) > c.arg_count() - request.count_index - 1) {
    c.syntax_error();
    return false;
  }
  for (const std::string_view key :
       c.args().subspan(request.count_index + 1, static_cast<size_t>(key_count))) {
    const Entry* entry = c.find(key);
    if (entry && entry->type() != Type::zset && entry->type() != Type::set) {
      c.wrong_type_error();
      return false;
    }
    request.sources.push_back({entry ? entry->object() : Object{}});
  }
  return true;
}

bool parse_aggregate(CommandContext& c, size_t index, Aggregate& aggregate) {
  if (c.arg_is(index, "sum")) return aggregate = Aggregate::sum, true;
  if (c.arg_is(index, "min")) return aggregate = Aggregate::min, true;
  if (c.arg_is(index, "max")) return aggregate = Aggregate::max, true;
  c.syntax_error();
  return false;
}

bool parse_weights(CommandContext& c, size_t index, std::vector<Source>& sources) {
  for (Source& source : sources) {
    if (!c.parse_number(index++, source.weight, "ERR weight value is not a float")) return false;
  }
  return true;
}

bool parse_options(CommandContext& c, Request& request) {
  const bool weighs = request.operation != ZsetOperation::difference && !request.only_size;
  size_t index = request.count_index + 1 + request.sources.size();
  while (index < c.arg_count()) {
    const size_t left = c.arg_count() - index;
    if (weighs && left > request.sources.size() && c.arg_is(index, "weights")) {
      if (!parse_weights(c, index + 1, request.sources)) return false;
      index += 1 + request.sources.size();
    } else if (weighs && left >= 2 && c.arg_is(index, "aggregate")) {
      if (!parse_aggregate(c, index + 1, request.aggregate)) return false;
      index += 2;
    } else if (!request.stores && !request.only_size && c.arg_is(index, "withscores")) {
      request.with_scores = true;
      ++index;
    } else if (request.only_size && left >= 2 && c.arg_is(index, "limit")) {
      if (!parse_whole_number(c, index + 1, 0, request.limit, "ERR LIMIT can't be negative")) {
        return false;
      }
      index += 2;
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

bool parse_request(CommandContext& c, Request& request) {
  if (!read_sources(c, request) || !parse_options(c, request)) return false;
  if (request.operation != ZsetOperation::difference) {
    std::stable_sort(request.sources.begin(), request.sources.end(),
                     [](const Source& a, const Source& b) { return a.size() < b.size(); });
  }
  return true;
}

void unite(Request& request, Members& members) {
  HashTable<ScorePolicy> seen;
  for (Source& source : request.sources) {
    source.for_each([&](std::string_view member, double plain_score) {
      const double score = not_nan(source.weight * plain_score);
      const uint64_t hash = hash_bytes(member);
      if (ScoreRecord* record = seen.find(hash, member)) {
        record->score = aggregated(record->score, score, request.aggregate);
      } else {
        seen.insert(hash, members.add(member, score));
      }
      return true;
    });
  }
}

// Calls fn(member, score) for what is in every source, while it returns true.
template <class Fn>
void intersect(Request& request, Fn&& fn) {
  Source& first = request.sources.front();
  first.for_each([&](std::string_view member, double plain_score) {
    double score = not_nan(first.weight * plain_score);
    for (size_t i = 1; i < request.sources.size(); ++i) {
      const std::optional<double> other = request.sources[i].score(member);
      if (!other) return true;
      score = aggregated(score, *other * request.sources[i].weight, request.aggregate);
    }
    return fn(member, score);
  });
}

void subtract(Request& request, Members& members) {
  request.sources.front().for_each([&](std::string_view member, double score) {
    const bool elsewhere =
        std::any_of(request.sources.begin() + 1, request.sources.end(),
                    [&](Source& other) { return other.score(member).has_value(); });
    if (!elsewhere) members.add(member, score);
    return true;
  });
}

void compute(Request& request, Members& members) {
  switch (request.operation) {
    case ZsetOperation::union_:
      unite(request, members);
      break;
    case ZsetOperation::difference:
      subtract(request, members);
      break;
    case ZsetOperation::intersection:
      intersect(request, [&](std::string_view member, double score) {
        members.add(member, score);
        return true;
      });
      break;
  }
  members.sort();
}

}  // namespace

void run_algebra(CommandContext& c, ZsetOperation operation) {
  Request request{.operation = operation, .count_index = 1};
  if (!parse_request(c, request)) return;
  Members members;
  compute(request, members);
  announce_members(c.reply(), members.size(), request.with_scores);
  for (const ScoreRecord* record : members) {
    reply_member(c.reply(), record->member(), record->score, request.with_scores);
  }
}

void run_algebra_store(CommandContext& c, ZsetOperation operation) {
  Request request{.operation = operation, .count_index = 2, .stores = true};
  if (!parse_request(c, request)) return;
  Members members;
  compute(request, members);
  Object result = SortedSet::make_for(members.expected(), c.limits());
  SortedSet set(result);
  for (const ScoreRecord* record : members) set.set(record->member(), record->score, c.limits());
  c.reply().integer(static_cast<int64_t>(members.size()));
  Edit destination = c.edit(c.arg(1), Type::none);
  if (members.size() == 0) destination.event("del");
  destination.set_object(result);
}

void run_intersection_size(CommandContext& c) {
  Request request{.operation = ZsetOperation::intersection, .count_index = 1, .only_size = true};
  if (!parse_request(c, request)) return;
  int64_t count = 0;
  intersect(request, [&](std::string_view, double) { return ++count != request.limit; });
  c.reply().integer(count);
}

}  // namespace redstart
