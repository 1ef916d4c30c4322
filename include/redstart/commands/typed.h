// What the typed commands are made of: a command's words with the meaning of its reply, and the types that
// several groups of commands speak of. See commands.h.
//
// Threads: values.
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

// What LMPOP took, and where from.
struct KeyedElements {
  std::string key;
  std::vector<std::string> elements;
  bool operator==(const KeyedElements&) const = default;
};

// What ZMPOP or BZPOPMIN took, and where from.
struct KeyedMembers {
  std::string key;
  std::vector<ScoredMember> members;
  bool operator==(const KeyedMembers&) const = default;
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

// What INCREX made of a number.
struct Increment {
  int64_t value = 0;    // now
  int64_t applied = 0;  // what was added: 0 when the bounds forbade it, less than asked for when it was capped
  bool operator==(const Increment&) const = default;
};

struct IncrementOptions {
  std::optional<int64_t> lower_bound = {};
  std::optional<int64_t> upper_bound = {};
  bool saturate = false;  // stop at the bound instead of doing nothing
  std::optional<std::chrono::milliseconds> ttl = {};
  bool only_without_ttl = false;  // a time to live that the key has stays
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

struct ClientInfo;  // commands/connection.h

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
result<KeyedElements> decode(Reply reply, KeyedElements*);
result<KeyedMembers> decode(Reply reply, KeyedMembers*);
result<ScanPage> decode(Reply reply, ScanPage*);
result<Increment> decode(Reply reply, Increment*);
result<ClientInfo> decode(Reply reply, ClientInfo*);
result<std::vector<ClientInfo>> decode(Reply reply, std::vector<ClientInfo>*);
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

}  // namespace redstart
