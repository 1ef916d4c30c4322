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

  // ZREMRANGEBYLEX: how many were removed.
  auto zremrangebylex(std::string_view key, std::string_view min, std::string_view max) {
    return self().run(detail::typed<int64_t>(WordList("ZREMRANGEBYLEX", key, min, max)));
  }
  // ZDIFF, ZINTER, ZUNION: members of the first without the others', of all, of any.
  template <class Range>
  auto zdiff(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(counted("ZDIFF", keys)));
  }
  template <class Range>
  auto zinter(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(counted("ZINTER", keys)));
  }
  template <class Range>
  auto zunion(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(counted("ZUNION", keys)));
  }
  // The same WITHSCORES; scores of one member are added up.
  template <class Range>
  auto zdiff_with_scores(const Range& keys) {
    return self().run(detail::typed<std::vector<ScoredMember>>(counted("ZDIFF", keys).add("WITHSCORES")));
  }
  template <class Range>
  auto zinter_with_scores(const Range& keys) {
    return self().run(detail::typed<std::vector<ScoredMember>>(counted("ZINTER", keys).add("WITHSCORES")));
  }
  template <class Range>
  auto zunion_with_scores(const Range& keys) {
    return self().run(detail::typed<std::vector<ScoredMember>>(counted("ZUNION", keys).add("WITHSCORES")));
  }
  // ZDIFFSTORE: how many members `to` has then.
  template <class Range>
  auto zdiffstore(std::string_view to, const Range& keys) {
    WordList words("ZDIFFSTORE", to, static_cast<int64_t>(std::size(keys)));
    return self().run(detail::typed<int64_t>(std::move(words.add_all(keys))));
  }
  // ZINTERCARD: how many members all have; counted up to `limit`, zero: all.
  template <class Range>
  auto zintercard(const Range& keys, int64_t limit = 0) {
    return self().run(detail::typed<int64_t>(counted("ZINTERCARD", keys).add("LIMIT").add(limit)));
  }
  // ZMPOP: up to `count` members with the lowest (highest) scores of the first key that has some. Absent: none has.
  enum class Rank : unsigned char { lowest, highest };
  template <class Range>
  auto zmpop(const Range& keys, Rank rank, int64_t count = 1) {
    return self().run(detail::typed<std::optional<KeyedMembers>>(
        counted("ZMPOP", keys).add(word(rank)).add("COUNT").add(count)));
  }
  // BZMPOP, BZPOPMIN, BZPOPMAX: the same, waiting. Zero: for ever.
  template <class Range>
  auto bzmpop(const Range& keys, Rank rank, std::chrono::milliseconds timeout, int64_t count = 1) {
    WordList words("BZMPOP", detail::seconds(timeout), static_cast<int64_t>(std::size(keys)));
    words.add_all(keys).add(word(rank)).add("COUNT").add(count);
    return self().run(detail::typed<std::optional<KeyedMembers>>(std::move(words)));
  }
  template <class Range>
  auto bzpopmin(const Range& keys, std::chrono::milliseconds timeout) {
    return self().run(detail::typed<std::optional<KeyedMembers>>(
        WordList("BZPOPMIN").add_all(keys).add(detail::seconds(timeout))));
  }
  template <class Range>
  auto bzpopmax(const Range& keys, std::chrono::milliseconds timeout) {
    return self().run(detail::typed<std::optional<KeyedMembers>>(
        WordList("BZPOPMAX").add_all(keys).add(detail::seconds(timeout))));
  }

 private:
  template <class Range>
  static WordList counted(std::string_view command, const Range& keys) {
    WordList words(command, static_cast<int64_t>(std::size(keys)));
    return std::move(words.add_all(keys));
  }
  static std::string_view word(Rank rank) { return rank == Rank::lowest ? "MIN" : "MAX"; }
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
