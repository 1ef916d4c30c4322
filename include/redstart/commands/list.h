// ListMethods: the commands of lists, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class ListMethods {
 public:
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

  // LMPOP: up to `count` elements of the first key that has some. Absent: none has.
  template <class Range>
  auto lmpop(const Range& keys, End end, int64_t count = 1) {
    WordList words("LMPOP", static_cast<int64_t>(std::size(keys)));
    words.add_all(keys).add(detail::word(end)).add("COUNT").add(count);
    return self().run(detail::typed<std::optional<KeyedElements>>(std::move(words)));
  }
  // BLMPOP: the same, waiting. Zero: for ever.
  template <class Range>
  auto blmpop(const Range& keys, End end, std::chrono::milliseconds timeout, int64_t count = 1) {
    WordList words("BLMPOP", detail::seconds(timeout), static_cast<int64_t>(std::size(keys)));
    words.add_all(keys).add(detail::word(end)).add("COUNT").add(count);
    return self().run(detail::typed<std::optional<KeyedElements>>(std::move(words)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
