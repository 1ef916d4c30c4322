// KeyMethods: the commands of keys of any type, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class KeyMethods {
 public:
  // DEL: how many existed.
  auto del(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("DEL", key)));
  }
  // DEL of many.
  template <class Range>
  auto del_all(const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("DEL").add_all(keys)));
  }
  // UNLINK of many.
  template <class Range>
  auto unlink(const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("UNLINK").add_all(keys)));
  }
  // EXISTS.
  auto exists(std::string_view key) {
    return self().run(detail::typed<bool>(WordList("EXISTS", key)));
  }
  // EXISTS of many: a key named twice counts twice.
  template <class Range>
  auto exists_all(const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("EXISTS").add_all(keys)));
  }
  // TYPE: "none" for a missing key.
  auto type(std::string_view key) {
    return self().run(detail::typed<std::string>(WordList("TYPE", key)));
  }
  // PEXPIRE. False: no such key, or the condition did not hold.
  auto expire(std::string_view key, std::chrono::milliseconds ttl,
              ExpireIf condition = ExpireIf::always) {
    return self().run(detail::typed<bool>(detail::add_condition(
        WordList("PEXPIRE", key, static_cast<int64_t>(ttl.count())), condition)));
  }
  // PEXPIREAT with Unix milliseconds.
  auto expire_at_ms(std::string_view key, int64_t unix_time_ms,
                    ExpireIf condition = ExpireIf::always) {
    return self().run(detail::typed<bool>(
        detail::add_condition(WordList("PEXPIREAT", key, unix_time_ms), condition)));
  }
  // PTTL: milliseconds; -1 without a deadline, -2 for a missing key.
  auto pttl(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("PTTL", key)));
  }
  // TTL: seconds; -1 without a deadline, -2 for a missing key.
  auto ttl(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("TTL", key)));
  }
  // PEXPIRETIME: Unix milliseconds; -1, -2 as PTTL.
  auto pexpiretime(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("PEXPIRETIME", key)));
  }
  // PERSIST.
  auto persist(std::string_view key) {
    return self().run(detail::typed<bool>(WordList("PERSIST", key)));
  }
  // RENAME. Error when `from` is missing.
  auto rename(std::string_view from, std::string_view to) {
    return self().run(detail::typed<Done>(WordList("RENAME", from, to)));
  }
  // RENAMENX.
  auto renamenx(std::string_view from, std::string_view to) {
    return self().run(detail::typed<bool>(WordList("RENAMENX", from, to)));
  }
  // COPY.
  auto copy(std::string_view from, std::string_view to, bool replace = false) {
    return self().run(detail::typed<bool>(replace ? WordList("COPY", from, to, "REPLACE")
                                                  : WordList("COPY", from, to)));
  }
  // MOVE.
  auto move(std::string_view key, int db) {
    return self().run(detail::typed<bool>(WordList("MOVE", key, db)));
  }
  // TOUCH.
  template <class Range>
  auto touch(const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("TOUCH").add_all(keys)));
  }
  // KEYS: all at once. For large stores use scan().
  auto keys(std::string_view pattern) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("KEYS", pattern)));
  }
  // SCAN: one page; start with cursor "0", end when the page's cursor is "0".
  auto scan(std::string_view cursor, const ScanOptions& options = {}) {
    return self().run(detail::typed<ScanPage>(options.apply(WordList("SCAN", cursor))));
  }
  // RANDOMKEY.
  auto randomkey() {
    return self().run(detail::typed<std::optional<std::string>>(WordList("RANDOMKEY")));
  }
  // OBJECT ENCODING.
  auto object_encoding(std::string_view key) {
    return self().run(
        detail::typed<std::optional<std::string>>(WordList("OBJECT", "ENCODING", key)));
  }
  // MEMORY USAGE: bytes.
  auto memory_usage(std::string_view key) {
    return self().run(detail::typed<std::optional<int64_t>>(WordList("MEMORY", "USAGE", key)));
  }
  // SORT with options in Redis's words: {"BY", "w_*", "DESC"}.
  template <class Range>
  auto sort(std::string_view key, const Range& options) {
    return self().run(detail::typed<std::vector<std::optional<std::string>>>(
        WordList("SORT", key).add_all(options)));
  }

  // SORT_RO: as sort, without STORE; replicas take it.
  template <class Range>
  auto sort_ro(std::string_view key, const Range& options) {
    return self().run(detail::typed<std::vector<std::optional<std::string>>>(
        WordList("SORT_RO", key).add_all(options)));
  }
  // DUMP: the value as bytes for restore(). Absent: no such key.
  auto dump(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("DUMP", key)));
  }
  // RESTORE with a time to live; zero: none. An existing key is an error unless it may be replaced.
  auto restore(std::string_view key, std::string_view payload, std::chrono::milliseconds ttl = {},
               bool replace = false) {
    WordList words("RESTORE", key, static_cast<int64_t>(ttl.count()), payload);
    if (replace) words.add("REPLACE");
    return self().run(detail::typed<Done>(std::move(words)));
  }

  // OBJECT REFCOUNT, IDLETIME (not under an LFU policy) and FREQ (only under one). Absent: no such key.
  auto object_refcount(std::string_view key) {
    return self().run(detail::typed<std::optional<int64_t>>(WordList("OBJECT", "REFCOUNT", key)));
  }
  auto object_idletime(std::string_view key) {
    return self().run(detail::typed<std::optional<int64_t>>(WordList("OBJECT", "IDLETIME", key)));
  }
  auto object_freq(std::string_view key) {
    return self().run(detail::typed<std::optional<int64_t>>(WordList("OBJECT", "FREQ", key)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
