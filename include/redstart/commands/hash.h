// HashMethods: the commands of hashes, as methods with typed replies. See commands.h.
#pragma once

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

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
