// SortedSetMethods: the commands of sorted sets, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class SortedSetMethods {
 public:
  // ZADD. True: the member is new.
  auto zadd(std::string_view key, double score, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("ZADD", key, score, member)));
  }
  // ZADD of many, with options in Redis's words ({"NX"}, {"GT", "CH"}): how many are new (CH: or
  // changed).
  auto zadd_all(std::string_view key, std::span<const ScoredMember> members,
                std::initializer_list<std::string_view> options = {}) {
    return self().run(detail::typed<int64_t>(
        detail::add_scored(WordList("ZADD", key).add_all(options), members)));
  }
  // ZINCRBY.
  auto zincrby(std::string_view key, double amount, std::string_view member) {
    return self().run(detail::typed<double>(WordList("ZINCRBY", key, amount, member)));
  }
  // ZREM.
  auto zrem(std::string_view key, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("ZREM", key, member)));
  }
  // ZREM of many.
  template <class Range>
  auto zrem_all(std::string_view key, const Range& members) {
    return self().run(detail::typed<int64_t>(WordList("ZREM", key).add_all(members)));
  }
  // ZSCORE.
  auto zscore(std::string_view key, std::string_view member) {
    return self().run(detail::typed<std::optional<double>>(WordList("ZSCORE", key, member)));
  }
  // ZMSCORE.
  template <class Range>
  auto zmscore(std::string_view key, const Range& members) {
    return self().run(detail::typed<std::vector<std::optional<double>>>(
        WordList("ZMSCORE", key).add_all(members)));
  }
  // ZRANK.
  auto zrank(std::string_view key, std::string_view member) {
    return self().run(detail::typed<std::optional<int64_t>>(WordList("ZRANK", key, member)));
  }
  // ZREVRANK.
  auto zrevrank(std::string_view key, std::string_view member) {
    return self().run(detail::typed<std::optional<int64_t>>(WordList("ZREVRANK", key, member)));
  }
  // ZCARD.
  auto zcard(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("ZCARD", key)));
  }
  // ZCOUNT between bounds in Redis's words ("-inf", "(5", "10").
  auto zcount(std::string_view key, std::string_view min, std::string_view max) {
    return self().run(detail::typed<int64_t>(WordList("ZCOUNT", key, min, max)));
  }
  // ZLEXCOUNT.
  auto zlexcount(std::string_view key, std::string_view min, std::string_view max) {
    return self().run(detail::typed<int64_t>(WordList("ZLEXCOUNT", key, min, max)));
  }
  // ZRANGE by rank.
  auto zrange(std::string_view key, int64_t first, int64_t last) {
    return self().run(
        detail::typed<std::vector<std::string>>(WordList("ZRANGE", key, first, last)));
  }
  // ZRANGE by rank WITHSCORES.
  auto zrange_with_scores(std::string_view key, int64_t first, int64_t last) {
    return self().run(detail::typed<std::vector<ScoredMember>>(
        WordList("ZRANGE", key, first, last, "WITHSCORES")));
  }
  // ZRANGE ... REV WITHSCORES.
  auto zrevrange_with_scores(std::string_view key, int64_t first, int64_t last) {
    return self().run(detail::typed<std::vector<ScoredMember>>(
        WordList("ZREVRANGE", key, first, last, "WITHSCORES")));
  }
  // ZRANGE in any form: options {"0", "-1", "REV"}, {"(1", "5", "BYSCORE", "LIMIT", "0", "10"}.
  auto zrange_by(std::string_view key, std::initializer_list<std::string_view> options) {
    return self().run(
        detail::typed<std::vector<std::string>>(WordList("ZRANGE", key).add_all(options)));
  }
  // ZRANGESTORE in any form.
  auto zrangestore(std::string_view to, std::string_view key,
                   std::initializer_list<std::string_view> options) {
    return self().run(detail::typed<int64_t>(WordList("ZRANGESTORE", to, key).add_all(options)));
  }
  // ZREMRANGEBYRANK.
  auto zremrangebyrank(std::string_view key, int64_t first, int64_t last) {
    return self().run(detail::typed<int64_t>(WordList("ZREMRANGEBYRANK", key, first, last)));
  }
  // ZREMRANGEBYSCORE.
  auto zremrangebyscore(std::string_view key, std::string_view min, std::string_view max) {
    return self().run(detail::typed<int64_t>(WordList("ZREMRANGEBYSCORE", key, min, max)));
  }
  // ZPOPMIN.
  auto zpopmin(std::string_view key, int64_t count = 1) {
    return self().run(detail::typed<std::vector<ScoredMember>>(WordList("ZPOPMIN", key, count)));
  }
  // ZPOPMAX.
  auto zpopmax(std::string_view key, int64_t count = 1) {
    return self().run(detail::typed<std::vector<ScoredMember>>(WordList("ZPOPMAX", key, count)));
  }
  // ZRANDMEMBER with a count.
  auto zrandmember(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("ZRANDMEMBER", key, count)));
  }
  // ZINTERSTORE.
  template <class Range>
  auto zinterstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(
        WordList("ZINTERSTORE", to, static_cast<int64_t>(std::size(keys))).add_all(keys)));
  }
  // ZUNIONSTORE.
  template <class Range>
  auto zunionstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(
        WordList("ZUNIONSTORE", to, static_cast<int64_t>(std::size(keys))).add_all(keys)));
  }
  // ZSCAN: one page of member, score in turn.
  auto zscan(std::string_view key, std::string_view cursor, const ScanOptions& options = {}) {
    return self().run(detail::typed<ScanPage>(options.apply(WordList("ZSCAN", key, cursor))));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
