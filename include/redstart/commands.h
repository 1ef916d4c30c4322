// CommandMethods: the commands as methods with typed replies, for Client (which returns result<T>)
// and Pipeline (which returns Pending<T>) alike. Included by client.h.
//
// Each method is one command of the same name; the comment names the Redis command, whose
// documentation gives its cost and details. Errors of all: the server's (see ErrorCode), the
// transport's (timed_out, connection_lost, ...), and unexpected_reply. `Range` is any range of
// strings or string views, `Pairs` any range of pairs of them (a std::map, a vector of pairs).
//
// Threads: as the class that inherits it.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redstart/reply.h"
#include "redstart/result.h"

namespace redstart {

// The reply of a command that only says OK.
struct Done {};

struct ScoredMember {
  std::string member;
  double score = 0;
  bool operator==(const ScoredMember&) const = default;
};

// What a blocking pop took, and where from.
struct KeyedElement {
  std::string key;
  std::string element;
  bool operator==(const KeyedElement&) const = default;
};

using StringPairs = std::vector<std::pair<std::string, std::string>>;

struct ScanPage {
  std::string cursor;  // "0": this was the last page
  std::vector<std::string> items;
  bool last() const { return cursor == "0"; }
};

struct SetOptions {
  enum class If : unsigned char { always, missing /* NX */, exists /* XX */ };
  std::optional<std::chrono::milliseconds> ttl = {};
  std::optional<int64_t> expire_at_unix_ms = {};
  bool keep_ttl = false;
  If condition = If::always;
  WordList apply(WordList words) const;
};

struct ScanOptions {
  std::string_view match = {};
  int64_t count = 0;      // a hint: how much work one page is; 0: the server's default
  std::string_view type = {};  // SCAN only
  WordList apply(WordList words) const;
};

enum class ExpireIf : unsigned char {
  always,
  none /* NX */,
  exists /* XX */,
  later /* GT */,
  sooner /* LT */
};
enum class Side : unsigned char { before, after };
enum class End : unsigned char { left, right };

// A command with the meaning of its reply.
template <class T>
struct Call {
  WordList words;
  result<T> (*decode)(Reply);
  CallOptions options;
};

namespace detail {

Error unexpected(const Reply& reply, std::string_view expected);
result<Done> decode(Reply reply, Done*);
result<bool> decode(Reply reply, bool*);
result<int64_t> decode(Reply reply, int64_t*);
result<double> decode(Reply reply, double*);
result<std::string> decode(Reply reply, std::string*);
result<StringPairs> decode(Reply reply, StringPairs*);
result<ScoredMember> decode(Reply reply, ScoredMember*);
result<std::vector<ScoredMember>> decode(Reply reply, std::vector<ScoredMember>*);
result<KeyedElement> decode(Reply reply, KeyedElement*);
result<ScanPage> decode(Reply reply, ScanPage*);
result<Reply> decode(Reply reply, Reply*);

template <class T>
result<std::optional<T>> decode(Reply reply, std::optional<T>*) {
  if (reply.is_null()) return std::optional<T>();
  auto value = decode(std::move(reply), static_cast<T*>(nullptr));
  if (!value) return std::unexpected(std::move(value.error()));
  return std::optional<T>(std::move(*value));
}

template <class T>
result<std::vector<T>> decode(Reply reply, std::vector<T>*) {
  if (reply.is_null()) return std::vector<T>();
  if (!reply.is_aggregate()) return std::unexpected(unexpected(reply, "an array"));
  std::vector<T> values;
  values.reserve(reply.size());
  for (Reply& element : reply.elements()) {
    auto value = decode(std::move(element), static_cast<T*>(nullptr));
    if (!value) return std::unexpected(std::move(value.error()));
    values.push_back(std::move(*value));
  }
  return values;
}

template <class T>
Call<T> typed(WordList words) {
  return {std::move(words),
          [](Reply reply) { return decode(std::move(reply), static_cast<T*>(nullptr)); },
          {}};
}

template <class Pairs>
WordList add_pairs(WordList words, const Pairs& pairs) {
  for (const auto& [first, second] : pairs) {
    words.add(first);
    words.add(second);
  }
  return words;
}
WordList add_scored(WordList words, std::span<const ScoredMember> members);
WordList add_condition(WordList words, ExpireIf condition);
inline std::string_view word(End end) { return end == End::left ? "LEFT" : "RIGHT"; }
inline double seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000;
}

}  // namespace detail

template <class Self>
class CommandMethods {
 public:
  // --- Strings
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

  // --- Keys
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

  // --- Lists
  // LPUSH: the new length.
  auto lpush(std::string_view key, std::string_view value) {
    return self().run(detail::typed<int64_t>(WordList("LPUSH", key, value)));
  }
  // LPUSH of many.
  template <class Range>
  auto lpush_all(std::string_view key, const Range& values) {
    return self().run(detail::typed<int64_t>(WordList("LPUSH", key).add_all(values)));
  }
  // RPUSH: the new length.
  auto rpush(std::string_view key, std::string_view value) {
    return self().run(detail::typed<int64_t>(WordList("RPUSH", key, value)));
  }
  // RPUSH of many.
  template <class Range>
  auto rpush_all(std::string_view key, const Range& values) {
    return self().run(detail::typed<int64_t>(WordList("RPUSH", key).add_all(values)));
  }
  // LPUSHX.
  auto lpushx(std::string_view key, std::string_view value) {
    return self().run(detail::typed<int64_t>(WordList("LPUSHX", key, value)));
  }
  // RPUSHX.
  auto rpushx(std::string_view key, std::string_view value) {
    return self().run(detail::typed<int64_t>(WordList("RPUSHX", key, value)));
  }
  // LPOP.
  auto lpop(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("LPOP", key)));
  }
  // RPOP.
  auto rpop(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("RPOP", key)));
  }
  // LPOP with a count; empty when there is no list.
  auto lpop(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("LPOP", key, count)));
  }
  // RPOP with a count; empty when there is no list.
  auto rpop(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("RPOP", key, count)));
  }
  // LRANGE.
  auto lrange(std::string_view key, int64_t first, int64_t last) {
    return self().run(
        detail::typed<std::vector<std::string>>(WordList("LRANGE", key, first, last)));
  }
  // LLEN.
  auto llen(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("LLEN", key)));
  }
  // LINDEX.
  auto lindex(std::string_view key, int64_t index) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("LINDEX", key, index)));
  }
  // LSET.
  auto lset(std::string_view key, int64_t index, std::string_view value) {
    return self().run(detail::typed<Done>(WordList("LSET", key, index, value)));
  }
  // LINSERT: the new length, -1 when the pivot is missing.
  auto linsert(std::string_view key, Side side, std::string_view pivot, std::string_view value) {
    return self().run(detail::typed<int64_t>(
        WordList("LINSERT", key, side == Side::before ? "BEFORE" : "AFTER", pivot, value)));
  }
  // LREM: how many went.
  auto lrem(std::string_view key, int64_t count, std::string_view value) {
    return self().run(detail::typed<int64_t>(WordList("LREM", key, count, value)));
  }
  // LTRIM.
  auto ltrim(std::string_view key, int64_t first, int64_t last) {
    return self().run(detail::typed<Done>(WordList("LTRIM", key, first, last)));
  }
  // LPOS.
  auto lpos(std::string_view key, std::string_view value) {
    return self().run(detail::typed<std::optional<int64_t>>(WordList("LPOS", key, value)));
  }
  // LMOVE.
  auto lmove(std::string_view from, std::string_view to, End from_end, End to_end) {
    return self().run(detail::typed<std::optional<std::string>>(
        WordList("LMOVE", from, to, detail::word(from_end), detail::word(to_end))));
  }
  // BLMOVE: waits up to `timeout` (zero: for ever).
  auto blmove(std::string_view from, std::string_view to, End from_end, End to_end,
              std::chrono::milliseconds timeout) {
    return self().run(detail::typed<std::optional<std::string>>(
        WordList("BLMOVE", from, to, detail::word(from_end), detail::word(to_end),
                 detail::seconds(timeout))));
  }
  // BLPOP: key and element, or nothing after `timeout` (zero: for ever).
  template <class Range>
  auto blpop(const Range& keys, std::chrono::milliseconds timeout) {
    return self().run(detail::typed<std::optional<KeyedElement>>(
        WordList("BLPOP").add_all(keys).add(detail::seconds(timeout))));
  }
  // BRPOP: as BLPOP, from the tail.
  template <class Range>
  auto brpop(const Range& keys, std::chrono::milliseconds timeout) {
    return self().run(detail::typed<std::optional<KeyedElement>>(
        WordList("BRPOP").add_all(keys).add(detail::seconds(timeout))));
  }

  // --- Hashes
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

  // --- Sets
  // SADD. True: the member is new.
  auto sadd(std::string_view key, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SADD", key, member)));
  }
  // SADD of many: how many are new.
  template <class Range>
  auto sadd_all(std::string_view key, const Range& members) {
    return self().run(detail::typed<int64_t>(WordList("SADD", key).add_all(members)));
  }
  // SREM.
  auto srem(std::string_view key, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SREM", key, member)));
  }
  // SREM of many.
  template <class Range>
  auto srem_all(std::string_view key, const Range& members) {
    return self().run(detail::typed<int64_t>(WordList("SREM", key).add_all(members)));
  }
  // SISMEMBER.
  auto sismember(std::string_view key, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SISMEMBER", key, member)));
  }
  // SMISMEMBER.
  template <class Range>
  auto smismember(std::string_view key, const Range& members) {
    return self().run(
        detail::typed<std::vector<bool>>(WordList("SMISMEMBER", key).add_all(members)));
  }
  // SMEMBERS.
  auto smembers(std::string_view key) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SMEMBERS", key)));
  }
  // SCARD.
  auto scard(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("SCARD", key)));
  }
  // SPOP.
  auto spop(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("SPOP", key)));
  }
  // SPOP with a count.
  auto spop(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SPOP", key, count)));
  }
  // SRANDMEMBER.
  auto srandmember(std::string_view key) {
    return self().run(detail::typed<std::optional<std::string>>(WordList("SRANDMEMBER", key)));
  }
  // SRANDMEMBER with a count.
  auto srandmember(std::string_view key, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SRANDMEMBER", key, count)));
  }
  // SMOVE.
  auto smove(std::string_view from, std::string_view to, std::string_view member) {
    return self().run(detail::typed<bool>(WordList("SMOVE", from, to, member)));
  }
  // SINTER.
  template <class Range>
  auto sinter(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SINTER").add_all(keys)));
  }
  // SUNION.
  template <class Range>
  auto sunion(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SUNION").add_all(keys)));
  }
  // SDIFF.
  template <class Range>
  auto sdiff(const Range& keys) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("SDIFF").add_all(keys)));
  }
  // SINTERSTORE.
  template <class Range>
  auto sinterstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("SINTERSTORE", to).add_all(keys)));
  }
  // SUNIONSTORE.
  template <class Range>
  auto sunionstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("SUNIONSTORE", to).add_all(keys)));
  }
  // SDIFFSTORE.
  template <class Range>
  auto sdiffstore(std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(WordList("SDIFFSTORE", to).add_all(keys)));
  }
  // SINTERCARD; limit 0: none.
  template <class Range>
  auto sintercard(const Range& keys, int64_t limit = 0) {
    return self().run(
        detail::typed<int64_t>(WordList("SINTERCARD", static_cast<int64_t>(std::size(keys)))
                                   .add_all(keys)
                                   .add("LIMIT")
                                   .add(limit)));
  }
  // SSCAN.
  auto sscan(std::string_view key, std::string_view cursor, const ScanOptions& options = {}) {
    return self().run(detail::typed<ScanPage>(options.apply(WordList("SSCAN", key, cursor))));
  }

  // --- Sorted sets
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

  // --- Server and connection
  // PING.
  auto ping() { return self().run(detail::typed<std::string>(WordList("PING"))); }
  // ECHO.
  auto echo(std::string_view text) {
    return self().run(detail::typed<std::string>(WordList("ECHO", text)));
  }
  // DBSIZE.
  auto dbsize() { return self().run(detail::typed<int64_t>(WordList("DBSIZE"))); }
  // FLUSHDB.
  auto flushdb() { return self().run(detail::typed<Done>(WordList("FLUSHDB"))); }
  // FLUSHALL.
  auto flushall() { return self().run(detail::typed<Done>(WordList("FLUSHALL"))); }
  // INFO, of one section or all default ones.
  auto info(std::string_view section = "default") {
    return self().run(detail::typed<std::string>(WordList("INFO", section)));
  }
  // CONFIG GET.
  auto config_get(std::string_view pattern) {
    return self().run(detail::typed<StringPairs>(WordList("CONFIG", "GET", pattern)));
  }
  // CONFIG SET.
  auto config_set(std::string_view name, std::string_view value) {
    return self().run(detail::typed<Done>(WordList("CONFIG", "SET", name, value)));
  }
  // PUBLISH: how many received it.
  auto publish(std::string_view channel, std::string_view message) {
    return self().run(detail::typed<int64_t>(WordList("PUBLISH", channel, message)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
