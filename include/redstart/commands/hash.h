// HashMethods: the commands of hashes, as methods with typed replies. See commands.h.
#pragma once

#include <ranges>

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class HashMethods {
 public:
  // HSET of one field. True: the field is new.
  auto hset(std::string_view key, std::string_view field, std::string_view value) {
    return self().run(detail::typed<bool>(WordList("HSET", key, field, value)));
  }
  // HSET of field, value pairs: how many fields are new.
  template <class Pairs>
  auto hset_all(std::string_view key, const Pairs& pairs) {
    return self().run(detail::typed<int64_t>(detail::add_pairs(WordList("HSET", key), pairs)));
  }
  // HSETNX.
  auto hsetnx(std::string_view key, std::string_view field, std::string_view value) {
    return self().run(detail::typed<bool>(WordList("HSETNX", key, field, value)));
  }
  // HGET.
  auto hget(std::string_view key, std::string_view field) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("HGET", key, field)));
  }
  // HMGET.
  template <class Range>
  auto hmget(std::string_view key, const Range& fields) {
    return self().run(detail::typed<std::vector<std::optional<std::string>>>(
        WordList("HMGET", key).add_all(fields)));
  }
  // HGETALL.
  auto hgetall(std::string_view key) {
    return self().run(detail::typed<StringPairs>(WordList("HGETALL", key)));
  }
  // HDEL.
  auto hdel(std::string_view key, std::string_view field) {
    return self().run(detail::typed<int64_t>(WordList("HDEL", key, field)));
  }
  // HDEL of many.
  template <class Range>
  auto hdel_all(std::string_view key, const Range& fields) {
    return self().run(detail::typed<int64_t>(WordList("HDEL", key).add_all(fields)));
  }
  // HEXISTS.
  auto hexists(std::string_view key, std::string_view field) {
    return self().run(detail::typed<bool>(WordList("HEXISTS", key, field)));
  }
  // HLEN.
  auto hlen(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("HLEN", key)));
  }
  // HSTRLEN.
  auto hstrlen(std::string_view key, std::string_view field) {
    return self().run(detail::typed<int64_t>(WordList("HSTRLEN", key, field)));
  }
  // HKEYS.
  auto hkeys(std::string_view key) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("HKEYS", key)));
  }
  // HVALS.
  auto hvals(std::string_view key) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("HVALS", key)));
  }
  // HINCRBY.
  auto hincrby(std::string_view key, std::string_view field, int64_t amount) {
    return self().run(detail::typed<int64_t>(WordList("HINCRBY", key, field, amount)));
  }
  // HINCRBYFLOAT.
  auto hincrbyfloat(std::string_view key, std::string_view field, double amount) {
    return self().run(detail::typed<double>(WordList("HINCRBYFLOAT", key, field, amount)));
  }
  // HRANDFIELD with a count: distinct when positive, with repetition when negative.
  auto hrandfield(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("HRANDFIELD", key, count)));
  }
  // HSCAN: one page of field, value in turn.
  auto hscan(std::string_view key, std::string_view cursor, const ScanOptions& options = {}) {
    return self().run(detail::typed<ScanPage>(options.apply(WordList("HSCAN", key, cursor))));
  }

  // --- Deadlines of fields (Redis 7.4, HGETEX, HSETEX and HGETDEL 8.0). Each replies one element per field.

  // HPEXPIRE: 1: set, 0: the condition did not hold, 2: the field is gone, since `ttl` is zero, -2: no such field.
  template <class Range>
  auto hexpire(std::string_view key, std::chrono::milliseconds ttl, const Range& fields,
               ExpireIf condition = ExpireIf::always) {
    return self().run(detail::typed<std::vector<int64_t>>(add_fields(
        detail::add_condition(WordList("HPEXPIRE", key, static_cast<int64_t>(ttl.count())), condition),
        fields)));
  }
  // HPEXPIREAT with Unix milliseconds; replies as hexpire.
  template <class Range>
  auto hexpire_at_ms(std::string_view key, int64_t unix_time_ms, const Range& fields,
                     ExpireIf condition = ExpireIf::always) {
    return self().run(detail::typed<std::vector<int64_t>>(add_fields(
        detail::add_condition(WordList("HPEXPIREAT", key, unix_time_ms), condition), fields)));
  }
  // HPTTL: milliseconds; -1 without a deadline, -2 for a missing field.
  template <class Range>
  auto hpttl(std::string_view key, const Range& fields) {
    return self().run(detail::typed<std::vector<int64_t>>(add_fields(WordList("HPTTL", key), fields)));
  }
  // HPEXPIRETIME: Unix milliseconds; -1, -2 as hpttl.
  template <class Range>
  auto hpexpiretime(std::string_view key, const Range& fields) {
    return self().run(detail::typed<std::vector<int64_t>>(add_fields(WordList("HPEXPIRETIME", key), fields)));
  }
  // HPERSIST: 1: the deadline was taken away; -1, -2 as hpttl.
  template <class Range>
  auto hpersist(std::string_view key, const Range& fields) {
    return self().run(detail::typed<std::vector<int64_t>>(add_fields(WordList("HPERSIST", key), fields)));
  }
  // HGETEX with a new time to live.
  template <class Range>
  auto hgetex(std::string_view key, std::chrono::milliseconds ttl, const Range& fields) {
    return self().run(detail::typed<std::vector<std::optional<std::string>>>(
        add_fields(WordList("HGETEX", key, "PX", static_cast<int64_t>(ttl.count())), fields)));
  }
  // HGETEX PERSIST.
  template <class Range>
  auto hgetex_persist(std::string_view key, const Range& fields) {
    return self().run(detail::typed<std::vector<std::optional<std::string>>>(
        add_fields(WordList("HGETEX", key, "PERSIST"), fields)));
  }
  // HGETDEL: the values of fields, which are removed.
  template <class Range>
  auto hgetdel(std::string_view key, const Range& fields) {
    return self().run(detail::typed<std::vector<std::optional<std::string>>>(
        add_fields(WordList("HGETDEL", key), fields)));
  }
  // HSETEX of field, value pairs. False: the condition (FNX: none of the fields exists, FXX: all do) did not hold.
  template <class Pairs>
  auto hsetex(std::string_view key, std::chrono::milliseconds ttl, const Pairs& pairs,
              SetOptions::If condition = SetOptions::If::always) {
    WordList words("HSETEX", key);
    if (condition == SetOptions::If::missing) words.add("FNX");
    if (condition == SetOptions::If::exists) words.add("FXX");
    words.add("PX").add(static_cast<int64_t>(ttl.count()));
    words.add("FIELDS").add(static_cast<int64_t>(std::ranges::distance(pairs)));
    return self().run(detail::typed<bool>(detail::add_pairs(std::move(words), pairs)));
  }

 private:
  template <class Range>
  static WordList add_fields(WordList words, const Range& fields) {
    words.add("FIELDS").add(static_cast<int64_t>(std::ranges::distance(fields)));
    return std::move(words).add_all(fields);
  }
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
