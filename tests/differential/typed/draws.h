// Draws: random arguments for typed methods. Words are as those of the random commands (command_arguments.h): few keys,
// a pool for each type of value, one in eight out of another type's pool.
//
// Threads: thread-compatible. Determinism: by the random numbers that are given. Lifetimes: views live until forget().
#pragma once

#include <chrono>
#include <deque>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "tests/differential/command_arguments.h"
#include "tests/differential/scripts.h"

namespace redstart::oracle {

class Draws : public RandomDraws {
 public:
  using Word = std::string_view;
  using Words = std::vector<Word>;
  using Pairs = std::vector<std::pair<Word, Word>>;

  explicit Draws(std::mt19937_64& random) : RandomDraws(random), words_(random), scripts_(random) {}

  void set_now_ms(int64_t now_ms) { now_ms_ = now_ms; }
  // Whether options that are newer than the oracle may be drawn.
  void set_may_be_newer(bool may) { may_be_newer_ = may; }
  bool may_be_newer() const { return may_be_newer_; }
  // What was drawn is used no more.
  void forget() { kept_.clear(); }

  bool flip() { return chance(0.5); }
  template <class T>
  T any_of(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }
  Word word_of(std::initializer_list<Word> choices) { return any_of(choices); }
  Word keep(std::string word) { return kept_.emplace_back(std::move(word)); }
  // A few of what `draw` gives; rarely none.
  template <class Draw>
  auto some(Draw draw) {
    std::vector<decltype(draw())> drawn;
    const uint64_t count = chance(0.03) ? 0 : 1 + below(4);
    while (drawn.size() < count) drawn.push_back(draw());
    return drawn;
  }

  Word key(char pool);
  Word any_key();
  Words keys(char pool) { return some([&] { return key(pool); }); }
  // Of the sorted sets in which all scores are alike, so that ranges by member are defined.
  Word lex_key();
  Word value() { return keep(words_.value()); }
  Words values() { return some([&] { return value(); }); }
  Word member() { return keep(words_.member()); }
  Words members() { return some([&] { return member(); }); }
  Pairs pairs() { return some([&] { return std::pair(member(), value()); }); }
  Pairs keyed_values(char pool) { return some([&] { return std::pair(key(pool), value()); }); }
  Word pattern() { return keep(words_.pattern()); }
  Word lex_bound() { return keep(words_.lex_bound()); }
  Word score_bound() { return keep(words_.score_bound()); }

  int64_t number();
  int64_t index() { return chance(0.9) ? static_cast<int64_t>(below(14)) - 4 : number(); }
  // Of elements: rarely negative, and then few.
  int64_t count() { return chance(0.9) ? static_cast<int64_t>(below(8)) : -static_cast<int64_t>(below(50)); }
  int64_t bit_offset();
  double real();
  ScoredMember scored() { return {std::string(member()), real()}; }
  std::vector<ScoredMember> scored_members() { return some([&] { return scored(); }); }

  // Times to live and points in time around the clock, some over already, some too far away.
  std::chrono::milliseconds ttl();
  int64_t deadline_ms();
  // For who waits: short, never zero.
  std::chrono::milliseconds patience() { return std::chrono::milliseconds(1 + below(20)); }
  ExpireIf expire_condition();
  SetOptions set_options();
  ScanOptions scan_options();

  GeoPosition position();
  GeoSearch geo_search();

  Word stream_id();
  Words stream_ids() { return some([&] { return stream_id(); }); }
  Word group() { return keep("g" + std::to_string(below(2))); }
  Word consumer() { return keep("c" + std::to_string(below(3))); }
  StreamReferences references();
  StreamTrimOptions trim();

  Word script();
  Word library();
  Word function() { return keep(scripts_.function()); }
  Word fingerprint() { return keep(scripts_.fingerprint()); }

 private:
  CommandArguments words_;
  Scripts scripts_;
  std::deque<std::string> kept_;
  int64_t now_ms_ = 0;
  bool may_be_newer_ = false;
};

// Calls `call` with an initializer list of what was drawn, which some methods take: eight words at most.
template <class Call>
auto spread(const Draws::Words& w, Call call) {
  switch (w.size()) {
    case 0: return call({});
    case 1: return call({w[0]});
    case 2: return call({w[0], w[1]});
    case 3: return call({w[0], w[1], w[2]});
    case 4: return call({w[0], w[1], w[2], w[3]});
    case 5: return call({w[0], w[1], w[2], w[3], w[4]});
    case 6: return call({w[0], w[1], w[2], w[3], w[4], w[5]});
    case 7: return call({w[0], w[1], w[2], w[3], w[4], w[5], w[6]});
    default: return call({w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]});
  }
}

}  // namespace redstart::oracle
