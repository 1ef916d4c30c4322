// StringMethods: the commands of strings, as methods with typed replies. See commands.h.
#pragma once

#include <ranges>

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class StringMethods {
 public:
  // GET. Absent: no such key.
  auto get(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("GET", key)));
  }
  // SET; with options: EX/PX/EXAT/PXAT/KEEPTTL, NX/XX. False: the condition (NX, XX) did not hold.
  auto set(std::string_view key, std::string_view value, const SetOptions& options = {}) {
    return self().run(detail::typed<bool>(options.apply(WordList("SET", key, value))));
  }
  // SET ... GET: sets and returns what was there.
  auto set_and_get(std::string_view key, std::string_view value, const SetOptions& options = {}) {
    return self().run(detail::typed<std::optional<std::string>>(
        options.apply(WordList("SET", key, value)).add("GET")));
  }
  // SET with a time to live.
  auto set_for(std::string_view key, std::string_view value, std::chrono::milliseconds ttl) {
    return self().run(
        detail::typed<Done>(WordList("SET", key, value, "PX", static_cast<int64_t>(ttl.count()))));
  }
  // SETNX.
  auto setnx(std::string_view key, std::string_view value) {
    return self().run(detail::typed<bool>(WordList("SETNX", key, value)));
  }
  // GETSET.
  auto getset(std::string_view key, std::string_view value) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("GETSET", key, value)));
  }
  // GETDEL.
  auto getdel(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("GETDEL", key)));
  }
  // GETEX with a new time to live.
  auto getex(std::string_view key, std::chrono::milliseconds ttl) {
    return self().run(detail::typed<std::optional<std::string>>(
        WordList("GETEX", key, "PX", static_cast<int64_t>(ttl.count()))));
  }
  // GETEX PERSIST.
  auto getex_persist(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("GETEX", key, "PERSIST")));
  }
  // MGET: one element per key.
  template <class Range>
  auto mget(const Range& keys) {
    return self().run(
        detail::typed<std::vector<std::optional<std::string>>>(WordList("MGET").add_all(keys)));
  }
  // MSET of key, value pairs.
  template <class Pairs>
  auto mset(const Pairs& pairs) {
    return self().run(detail::typed<Done>(detail::add_pairs(WordList("MSET"), pairs)));
  }
  // MSETNX: all or, when one of the keys exists, none.
  template <class Pairs>
  auto msetnx(const Pairs& pairs) {
    return self().run(detail::typed<bool>(detail::add_pairs(WordList("MSETNX"), pairs)));
  }
  // APPEND: the new length in bytes.
  auto append(std::string_view key, std::string_view tail) {
    return self().run(detail::typed<int64_t>(WordList("APPEND", key, tail)));
  }
  // STRLEN.
  auto strlen(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("STRLEN", key)));
  }
  // GETRANGE: bytes first to last, both included, negative from the end.
  auto getrange(std::string_view key, int64_t first, int64_t last) {
    return self().run(detail::typed<std::string>(WordList("GETRANGE", key, first, last)));
  }
  // SETRANGE: the new length in bytes.
  auto setrange(std::string_view key, int64_t offset, std::string_view bytes) {
    return self().run(detail::typed<int64_t>(WordList("SETRANGE", key, offset, bytes)));
  }
  // INCR.
  auto incr(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("INCR", key)));
  }
  // DECR.
  auto decr(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("DECR", key)));
  }
  // INCRBY.
  auto incrby(std::string_view key, int64_t amount) {
    return self().run(detail::typed<int64_t>(WordList("INCRBY", key, amount)));
  }
  // DECRBY.
  auto decrby(std::string_view key, int64_t amount) {
    return self().run(detail::typed<int64_t>(WordList("DECRBY", key, amount)));
  }
  // INCRBYFLOAT.
  auto incrbyfloat(std::string_view key, double amount) {
    return self().run(detail::typed<double>(WordList("INCRBYFLOAT", key, amount)));
  }
  // LCS: the longest common subsequence.
  auto lcs(std::string_view first, std::string_view second) {
    return self().run(detail::typed<std::string>(WordList("LCS", first, second)));
  }
  // LCS LEN.
  auto lcs_length(std::string_view first, std::string_view second) {
    return self().run(detail::typed<int64_t>(WordList("LCS", first, second, "LEN")));
  }

  // --- Compare and set (SET IFEQ: Redis 8.4, Valkey 8.1; the others Redis 8.4). `expected` is compared with the
  // value, a digest (see digest) with that of the value.

  // SET IFEQ. False: the key holds something else, or is missing.
  auto set_if_equal(std::string_view key, std::string_view value, std::string_view expected,
                    const SetOptions& options = {}) {
    return self().run(detail::typed<bool>(options.apply(WordList("SET", key, value, "IFEQ", expected))));
  }
  // SET IFNE. A missing key equals nothing, so it is set.
  auto set_unless_equal(std::string_view key, std::string_view value, std::string_view unexpected,
                        const SetOptions& options = {}) {
    return self().run(detail::typed<bool>(options.apply(WordList("SET", key, value, "IFNE", unexpected))));
  }
  // SET IFDEQ.
  auto set_if_digest(std::string_view key, std::string_view value, std::string_view digest,
                     const SetOptions& options = {}) {
    return self().run(detail::typed<bool>(options.apply(WordList("SET", key, value, "IFDEQ", digest))));
  }
  // DELEX IFEQ. False: the key holds something else, or is missing.
  auto delete_if_equal(std::string_view key, std::string_view expected) {
    return self().run(detail::typed<bool>(WordList("DELEX", key, "IFEQ", expected)));
  }
  // DELEX IFDEQ.
  auto delete_if_digest(std::string_view key, std::string_view digest) {
    return self().run(detail::typed<bool>(WordList("DELEX", key, "IFDEQ", digest)));
  }
  // DIGEST: 16 hexadecimal digits, alike for equal values on every server. Absent: no such key.
  auto digest(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("DIGEST", key)));
  }
  // MSETEX of key, value pairs with one time to live; NX: if none of the keys exists, XX: if all do.
  template <class Pairs>
  auto msetex(const Pairs& pairs, const SetOptions& options) {
    WordList words("MSETEX", static_cast<int64_t>(std::ranges::distance(pairs)));
    return self().run(detail::typed<bool>(options.apply(detail::add_pairs(std::move(words), pairs))));
  }
  // INCREX (Redis 8.8): adds within the bounds of `options`; see Increment.
  auto increx(std::string_view key, int64_t amount, const IncrementOptions& options = {}) {
    return self().run(detail::typed<Increment>(options.apply(WordList("INCREX", key, "BYINT", amount))));
  }

  // DELIFEQ (Valkey 9): as delete_if_equal.
  auto delifeq(std::string_view key, std::string_view expected) {
    return self().run(detail::typed<bool>(WordList("DELIFEQ", key, expected)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
