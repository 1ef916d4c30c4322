#include "tests/differential/typed/comparison.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <thread>

#include "tests/differential/key_pools.h"

namespace redstart::oracle {
namespace {

constexpr uint64_t kEpochCalls = 2000;
constexpr uint64_t kEpochsPerNewer = 4;  // one of them without the oracle
constexpr int64_t kFirstEpochMs = 2'000'000'000'000;
constexpr int64_t kEpochMs = 100'000'000;
// Longer than any call waits, so that afterwards the clock shows the same in every run.
constexpr int64_t kWaitMs = 60'000;
constexpr size_t kRelatedShown = 12;
constexpr size_t kShownBytes = 1500;
constexpr int kDatabases = 16;
constexpr const char* kNoMore = "no more keys";
constexpr uint64_t kProvingCalls = 20'000;  // from so many on, every method must have been answered
constexpr std::string_view kNoDisk = "error server: ERR This store keeps its data in memory only";

// While it lives, the clock goes on for who waits for a timeout.
class PassingTime {
 public:
  explicit PassingTime(SharedClock& clock)
      : clock_(clock), thread_([this](const std::stop_token& end) { pass(end); }) {}

 private:
  void pass(const std::stop_token& end) {
    constexpr std::chrono::milliseconds kAnswersIn{3};
    std::this_thread::sleep_for(kAnswersIn);
    while (!end.stop_requested()) {
      clock_.advance_ms(10);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  SharedClock& clock_;
  std::jthread thread_;
};

std::string shortened(std::string text) {
  if (text.size() > kShownBytes) text = text.substr(0, kShownBytes) + "...";
  return text;
}

bool shares_key(const std::vector<Argv>& some, const std::vector<Argv>& others) {
  std::set<std::string_view> keys;
  for (const Argv& argv : some) {
    std::ranges::copy_if(argv, std::inserter(keys, keys.end()), is_key);
  }
  return std::ranges::any_of(others, [&](const Argv& argv) {
    return std::ranges::any_of(argv, [&](const std::string& word) { return keys.contains(word); });
  });
}

std::string lines_of(const std::vector<Argv>& commands) {
  std::string text;
  for (const Argv& argv : commands) text += (text.empty() ? "" : " ; ") + to_command_line(argv);
  return shortened(text);
}

bool agree(const std::vector<std::string>& texts) {
  return std::ranges::all_of(texts, [&](const std::string& text) {
    return text == texts[0] && !text.starts_with(kWrong);
  });
}

}  // namespace

Methods all_methods() {
  Methods methods;
  add_string_methods(methods);
  add_bitmap_methods(methods);
  add_hyperloglog_methods(methods);
  add_geo_methods(methods);
  add_key_methods(methods);
  add_list_methods(methods);
  add_hash_methods(methods);
  add_set_methods(methods);
  add_sorted_set_methods(methods);
  add_stream_methods(methods);
  add_connection_methods(methods);
  add_script_methods(methods);
  add_server_methods(methods);
  return methods;
}

Comparison::Comparison(const TypedOptions& options)
    : options_(options),
      clock_(options.clock_path),
      random_(options.seed),
      draws_(random_),
      now_ms_(kFirstEpochMs) {
  stores_.push_back(open_store(options.oracle_url));
  for (const std::string& url : options.subject_urls) stores_.push_back(open_store(url));
}

Comparison::Store Comparison::open_store(const std::string& url) const {
  const auto opened = open(url);
  if (!opened) throw std::runtime_error(url + ": " + opened.error().message);
  auto session = opened->dedicated();
  if (!session) throw std::runtime_error(url + ": " + session.error().message);
  session->on_push([](const Reply&) {});
  for (const auto& [command, channel] :
       {std::pair("SUBSCRIBE", "news"), {"PSUBSCRIBE", "n*"}, {"SSUBSCRIBE", "shard"}}) {
    if (const auto done = session->call({command, channel}); !done) {
      throw std::runtime_error(url + ": " + done.error().message);
    }
  }
  if (const auto done = opened->call({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}); !done) {
    throw std::runtime_error(url + ": " + done.error().message);
  }
  auto backend = std::make_shared<RecordingBackend>(opened->backend());
  return {url, backend, Client(backend), *session};
}

uint64_t Comparison::run() {
  while (calls_made_ < options_.call_count && differences_ < options_.differences_max) run_epoch();
  return differences_;
}

void Comparison::start_epoch() {
  static const std::vector<std::pair<std::string, std::array<std::string, 2>>> thresholds = {
      {"hash-max-listpack-entries", {"512", "8"}}, {"set-max-intset-entries", {"512", "8"}},
      {"zset-max-listpack-entries", {"128", "8"}}, {"list-max-listpack-size", {"-2", "4"}},
      {"stream-node-max-entries", {"100", "5"}},   {"maxmemory-policy", {"noeviction", "allkeys-lfu"}},
      {"slowlog-log-slower-than", {"-1", "-1"}}};
  const bool is_newer = ++epochs_ % kEpochsPerNewer == 0;
  taking_part_ = std::span(stores_).subspan(is_newer ? 1 : 0);
  draws_.set_may_be_newer(is_newer);
  history_.clear();
  std::vector<size_t> chosen;
  for (size_t i = 0; i < thresholds.size(); ++i) chosen.push_back(draws_.below(2));
  for (Store& store : taking_part_) {
    static_cast<void>(store.client.flushall());
    static_cast<void>(store.client.function_flush());
    static_cast<void>(store.client.script_flush());
    static_cast<void>(store.client.slowlog_reset());
    static_cast<void>(store.client.acl_deluser({"u0", "u1", "u2"}));
    for (size_t i = 0; i < thresholds.size(); ++i) {
      static_cast<void>(store.client.config_set(thresholds[i].first, thresholds[i].second[chosen[i]]));
    }
  }
  now_ms_ = kFirstEpochMs + static_cast<int64_t>(epochs_) * kEpochMs;
  move_clock(0);
}

void Comparison::run_epoch() {
  start_epoch();
  std::vector<const Method*> methods = callable();
  std::ranges::shuffle(methods, random_);
  for (const Method* method : methods) {
    if (calls_made_ == options_.call_count) break;
    if (!run_call(*method)) return;
  }
  for (uint64_t i = methods.size(); i < kEpochCalls && calls_made_ < options_.call_count; ++i) {
    if (draws_.chance(0.004)) move_clock(static_cast<int64_t>(draws_.below(300'000)));
    if (!run_call(pick(methods))) return;
  }
  compare_data();
}

std::vector<const Method*> Comparison::callable() const {
  std::vector<const Method*> methods;
  for (const Method& method : methods_.list()) {
    if (!method.is_newer || draws_.may_be_newer()) methods.push_back(&method);
  }
  return methods;
}

const Method& Comparison::pick(std::span<const Method* const> among) {
  double total = 0;
  for (const Method* method : among) total += method->weight;
  double at = std::uniform_real_distribution<double>(0, total)(random_);
  for (const Method* method : among) {
    at -= method->weight;
    if (at <= 0) return *method;
  }
  return *among.back();
}

void Comparison::move_clock(int64_t by_ms) {
  now_ms_ += by_ms;
  clock_.set_ms(now_ms_);
  draws_.set_now_ms(now_ms_);
}

std::vector<Outcome> Comparison::outcomes_of(const Method& method, const PreparedCall& call) {
  std::optional<PassingTime> time;
  if (method.may_wait) time.emplace(clock_);
  std::vector<Outcome> outcomes;
  for (Store& store : taking_part_) outcomes.push_back(call(store.client));
  return outcomes;
}

// Where a store in memory is to refuse a method, its right refusal counts as the others' answer.
std::vector<std::string> Comparison::comparable_texts(const Method& method,
                                                      const std::vector<Outcome>& outcomes) const {
  std::vector<std::string> texts;
  for (const Outcome& outcome : outcomes) texts.push_back(outcome.text);
  if (!method.needs_disk) return texts;
  const auto with_disk = std::ranges::find_if_not(taking_part_, &Store::is_in_memory);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!taking_part_[i].is_in_memory()) continue;
    const bool is_right = texts[i] == kNoDisk && with_disk != taking_part_.end();
    texts[i] = is_right ? texts[static_cast<size_t>(with_disk - taking_part_.begin())]
                        : std::string(kWrong) + ": " + texts[i];
  }
  return texts;
}

bool Comparison::run_call(const Method& method) {
  ++calls_made_;
  draws_.forget();
  const PreparedCall call = method.draw(draws_);
  for (Store& store : taking_part_) store.backend->take_commands();
  const std::vector<Outcome> outcomes = outcomes_of(method, call);
  if (method.may_wait && clock_.now_ms() != now_ms_) move_clock(kWaitMs);
  history_.push_back({&method, taking_part_[0].backend->take_commands()});
  if (outcomes[0].is_value) ++answered_[&method];
  const std::vector<std::string> texts = comparable_texts(method, outcomes);
  if (agree(texts)) return true;
  report(method.name + ": " + lines_of(history_.back().commands), texts);
  print_related(history_.back());
  return false;
}

// A line for each key: the fingerprint of its value, which is the same for the same value on every server.
std::vector<std::string> Comparison::data_of(Store& store) const {
  std::vector<std::string> lines;
  for (int db = 0; db < kDatabases; ++db) {
    static_cast<void>(store.session.command("SELECT", db));
    const auto keys = store.session.keys("*");
    if (!keys) throw std::runtime_error(store.url + ": " + keys.error().message);
    for (const std::string& key : *keys) {
      const Outcome fingerprint(store.session.call({"DEBUG", "DIGEST-VALUE", key}));
      lines.push_back("db " + std::to_string(db) + ", " + quote_word(key) + ": " +
                      Text::listed(fingerprint.text, store.session.type(key).value_or(""),
                                   store.session.pexpiretime(key).value_or(0)));
    }
  }
  static_cast<void>(store.session.command("SELECT", 0));
  std::ranges::sort(lines);
  return lines;
}

bool Comparison::compare_data() {
  std::vector<std::vector<std::string>> data;
  for (Store& store : taking_part_) data.push_back(data_of(store));
  for (size_t at = 0;; ++at) {
    std::vector<std::string> texts;
    for (const auto& lines : data) texts.push_back(at < lines.size() ? lines[at] : kNoMore);
    if (!agree(texts)) {
      report("the data at the end of the epoch", texts);
      return false;
    }
    if (texts[0] == kNoMore) return true;
  }
}

void Comparison::report(const std::string& what, const std::vector<std::string>& texts) {
  ++differences_;
  std::printf("DIFFERENCE at call %llu, seed %llu\n  %s\n", static_cast<unsigned long long>(calls_made_),
              static_cast<unsigned long long>(options_.seed), what.c_str());
  for (size_t i = 0; i < texts.size(); ++i) {
    std::printf("  %s: %s\n", taking_part_[i].url.c_str(), shortened(texts[i]).c_str());
  }
  std::fflush(stdout);
}

void Comparison::print_related(const MadeCall& last) const {
  std::vector<const MadeCall*> related;
  for (auto it = history_.rbegin() + 1; it != history_.rend() && related.size() < kRelatedShown; ++it) {
    if (shares_key(last.commands, it->commands)) related.push_back(&*it);
  }
  if (related.empty()) return;
  std::printf("  the last commands on these keys:\n");
  for (auto it = related.rbegin(); it != related.rend(); ++it) {
    std::printf("    %s\n", lines_of((*it)->commands).c_str());
  }
  std::fflush(stdout);
}

std::vector<std::string> Comparison::unproven_methods() const {
  std::vector<std::string> problems;
  if (calls_made_ < kProvingCalls) return problems;
  for (const Method& method : methods_.list()) {
    const bool is_answered = answered_.contains(&method);
    if (is_answered && method.is_ever_refused) problems.push_back(method.name + " is answered, and said never to be");
    if (!is_answered && !method.is_ever_refused) problems.push_back(method.name + " was answered with errors only");
  }
  return problems;
}

}  // namespace redstart::oracle
