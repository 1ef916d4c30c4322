#include "tests/differential/runner.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/differential/dataset.h"
#include "tests/differential/key_pools.h"

namespace redstart::oracle {
namespace {

constexpr size_t kConnections = 4;
constexpr size_t kRelatedShown = 12;
constexpr size_t kReproductionShown = 60;
constexpr size_t kReplyShownBytes = 600;

constexpr uint64_t kRepeatsPerKind = 40;

// The shared clock shows 2033 in the first epoch, and a later day in each that follows.
constexpr int64_t kFirstEpochMs = 2'000'000'000'000;
constexpr int64_t kEpochMs = 100'000'000;

// What is alike in the differences that one fault makes: the command, and the replies up to a
// number.
std::string kind_of(const Argv& command, const std::string& oracle, const std::string& subject) {
  std::string kind = command.empty() ? "" : upper(command[0]);
  for (const std::string* reply : {&oracle, &subject}) {
    kind += "|" + reply->substr(0, std::min<size_t>(30, reply->find_first_of("0123456789\"")));
  }
  return kind;
}

std::string shortened(const std::string& text) {
  if (text.size() <= kReplyShownBytes) return text;
  return text.substr(0, kReplyShownBytes) + "... (" + std::to_string(text.size()) + " bytes)";
}

bool contains(const Argv& argv, std::string_view word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

bool has_token(const Argv& argv, std::string_view token) {
  return std::any_of(argv.begin(), argv.end(),
                     [&](const std::string& word) { return upper(word) == token; });
}

// Commands after which the two servers may rightly hold different data.
bool has_random_effect(const Argv& argv) {
  const std::string name = upper(argv[0]);
  return name == "SPOP" ||
         (name == "SORT" && has_token(argv, "STORE") && sorts_in_any_order(argv));
}

// Whether the command looks at keys that its words do not name.
bool makes_key_names(const Argv& argv) {
  if (upper(argv[0]) == "SCAN") return has_token(argv, "TYPE");
  return upper(argv[0]).starts_with("SORT") && std::any_of(argv.begin() + 1, argv.end(), [](const std::string& word) {
           return word.find('*') != std::string::npos;
         });
}

// The command that reads everything from which `argv` draws at random; empty for other commands.
Argv members_command(const Argv& argv) {
  const std::string name = upper(argv[0]);
  if (name == "RANDOMKEY") return {"KEYS", "*"};
  if (argv.size() < 2) return {};
  if (name == "SRANDMEMBER") return {"SMEMBERS", argv[1]};
  if (name == "HRANDFIELD") return {"HGETALL", argv[1]};
  if (name == "ZRANDMEMBER") return {"ZRANGE", argv[1], "0", "-1", "WITHSCORES"};
  return {};
}

std::set<std::string> elements_of(const RawReply& reply) {
  std::set<std::string> elements;
  for (const RawReply& element : reply.elements) elements.insert(element.text);
  return elements;
}

bool all_integers(const std::set<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(), [](const std::string& text) {
    return std::to_string(std::strtoll(text.c_str(), nullptr, 10)) == text;
  });
}

// How the reply of SPOP and the members before and after it contradict each other.
std::optional<std::string> wrong_pop(const RawReply& before, const RawReply& popped,
                                     const std::set<std::string>& present, size_t size_wanted) {
  if (before.is_error() || popped.is_error()) return std::nullopt;
  std::set<std::string> taken = elements_of(popped);
  if (popped.elements.empty() && popped.kind == '$' && !popped.is_null) taken.insert(popped.text);
  std::set<std::string> left = elements_of(before);
  for (const std::string& member : taken) {
    if (left.erase(member) == 0) return "not a member before: " + quote_word(member);
  }
  if (left != present) return "the members left are not those before without " + to_text(popped);
  if (present.size() != size_wanted) return std::to_string(present.size()) + " members left";
  return std::nullopt;
}

int64_t blocked_clients(Wire& server) {
  const std::string info = server.call({"INFO", "clients"}).text;
  const size_t at = info.find("blocked_clients:");
  return at == std::string::npos ? 0 : std::atoll(info.c_str() + at + 16);
}

}  // namespace

Runner::Runner(const RunOptions& options, const JudgeContext& context)
    : options_(options),
      context_(context),
      generator_(context.grammar, options.generator) {
  prepare_servers();
}

std::unique_ptr<ConnectionPair> Runner::connect(int protocol) {
  if (context_.is_embedded) protocol = 3;
  return std::make_unique<ConnectionPair>(options_.servers, protocol, context_);
}

void Runner::prepare_servers() {
  control_ = connect(2);
  const Argv command = {"DEBUG", "SET-ACTIVE-EXPIRE", "0"};
  if (control_->oracle().call(command).is_error()) {
    throw WireError("the oracle refuses DEBUG: start it with --enable-debug-command yes");
  }
  if (const RawReply reply = control_->subject().call(command); reply.is_error()) {
    std::fprintf(stderr, "note: the subject refuses DEBUG SET-ACTIVE-EXPIRE: %s\n",
                 reply.text.c_str());
  }
  epoch_start_ms_ = kFirstEpochMs;
}

uint64_t Runner::run() {
  uint64_t differences = 0;
  std::set<std::string> kinds;
  while (commands_sent_ < options_.command_count && kinds.size() < options_.differences_max &&
         differences < options_.differences_max * kRepeatsPerKind) {
    start_epoch();
    const auto failure = run_epoch();
    if (!failure) continue;
    ++differences;
    // One fault shows many times: it is printed and reduced once.
    if (kinds.insert(kind_of(failure->command, failure->oracle, failure->subject)).second) {
      report(*failure);
    }
  }
  return differences;
}

void Runner::start_epoch() {
  static const std::vector<std::pair<std::string, std::array<std::string, 2>>> thresholds = {
      {"hash-max-listpack-entries", {"512", "8"}}, {"hash-max-listpack-value", {"64", "10"}},
      {"set-max-intset-entries", {"512", "8"}},    {"zset-max-listpack-entries", {"128", "8"}},
      {"zset-max-listpack-value", {"64", "10"}},   {"list-max-listpack-size", {"-2", "4"}},
      {"stream-node-max-entries", {"100", "5"}},   {"stream-node-max-bytes", {"4096", "150"}},
      {"maxmemory-policy", {"allkeys-lru", "allkeys-lfu"}}};
  history_.clear();
  connections_.clear();
  context_.allowed.start();
  control_ = connect(2);
  control_->exchange({{"FLUSHALL"}});
  if (context_.clock != nullptr) {
    epoch_start_ms_ += kEpochMs;
    set_clock_ms(epoch_start_ms_);
  }
  for (const auto& [name, values] : thresholds) {
    const Argv command = {"CONFIG", "SET", name, values[generator_.below(2)]};
    if (const auto mismatch = control_->exchange({command})) {
      throw WireError("the subject refuses " + to_command_line(command) + ": " + mismatch->subject);
    }
  }
  // Without a limit small integers are shared, and an access to one is an access to all of them.
  const bool shares_integers = generator_.chance(0.5);
  control_->exchange({{"CONFIG", "SET", "maxmemory", shares_integers ? "0" : "200gb"}});
  generator_.set_asks_idle_time(!shares_integers);
  generator_.set_last_ids_go_back(generator_.chance(0.5));
  for (size_t i = 0; i < kConnections; ++i)
    connections_.push_back({connect(i % 2 == 0 ? 2 : 3), false});
  if (options_.notifications) {
    listener_.emplace(options_.servers, control_->oracle(), control_->subject());
  }
}

std::optional<Runner::Failure> Runner::run_epoch() {
  const uint64_t end = std::min(commands_sent_ + options_.epoch_commands, options_.command_count);
  try {
    while (commands_sent_ < end) {
      std::optional<Failure> failure = run_batch();
      if (!failure && generator_.has_blocking() && generator_.chance(0.03))
        failure = run_blocking();
      if (!failure && generator_.chance(0.03)) failure = run_scan();
      if (context_.allowed.has_parted()) return std::nullopt;
      if (failure) return failure;
      if (context_.clock != nullptr && generator_.chance(0.06)) move_clock();
    }
    return compare_datasets();
  } catch (const WireError& error) {
    // Whether the subject is still there decides the next epoch's connections.
    return Failure{history_.empty() ? Argv{} : history_.back().argv, "(a reply)", error.what()};
  }
}

// What must be asked first so that the reply to `argv` can be judged; empty for most commands.
Argv Runner::command_before(const Argv& argv, bool in_multi) const {
  const std::string name = upper(argv[0]);
  if (name == "SPOP" && argv.size() > 1 && !in_multi) return {"SMEMBERS", argv[1]};
  // A full SCAN meets the expired keys, which DBSIZE would count.
  if (name == "DBSIZE" && context_.clock != nullptr) return {"SCAN", "0", "COUNT", "1000000"};
  return {};
}

bool Runner::waits(const Argv& argv) const {
  return context_.clock != nullptr && may_wait(context_.grammar, argv);
}

void Runner::move_clock() {
  const auto step_ms = static_cast<int64_t>(1 + generator_.below(300'000));
  set_clock_ms(context_.clock->now_ms() + step_ms);
  history_.push_back({0, 2, clock_step(step_ms)});
}

// The oracle notes accesses by a copy of the time, which its timer renews: a busy machine can delay
// that.
void Runner::set_clock_ms(int64_t unix_ms) {
  constexpr int64_t kLruClockMax = (1 << 24) - 1;
  context_.clock->set_ms(unix_ms);
  generator_.set_now_ms(unix_ms);
  const std::string wanted = "lru_clock:" + std::to_string(unix_ms / 1000 & kLruClockMax) + "\r";
  for (int attempt = 0; attempt < 5000; ++attempt) {
    const std::string info = control_->oracle().call({"INFO", "server"}).text;
    if (info.find(wanted) != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw WireError("the oracle does not follow the shared clock");
}

std::vector<Argv> Runner::generate_batch(Connection& connection,
                                         std::vector<size_t>& random_checks) {
  const size_t size = generator_.chance(0.3) ? 1 + generator_.below(5) : 50 + generator_.below(150);
  std::vector<Argv> batch;
  while (batch.size() < size) {
    Argv argv = generator_.next(connection.in_multi);
    if (Argv before = command_before(argv, connection.in_multi); !before.empty()) {
      batch.push_back(std::move(before));
    }
    batch.push_back(std::move(argv));
    connection.in_multi = in_multi_after(batch.back(), connection.in_multi);
    if (connection.in_multi) continue;
    if (has_random_effect(batch.back()) || waits(batch.back())) break;
    if (Argv members = members_command(batch.back()); !members.empty()) {
      random_checks.push_back(batch.size() - 1);
      batch.push_back(std::move(members));
    }
  }
  return batch;
}

std::optional<Runner::Failure> Runner::run_batch() {
  const size_t index = generator_.below(connections_.size());
  Connection& connection = connections_[index];
  std::vector<size_t> random_checks;
  const std::vector<Argv> batch = generate_batch(connection, random_checks);
  record(index, batch);
  if (const auto mismatch = connection.pair->exchange(batch, random_checks)) {
    history_.resize(history_.size() - batch.size() + mismatch->index + 1);
    return Failure{batch[mismatch->index], mismatch->oracle, mismatch->subject};
  }
  if (auto failure = compare_events(batch)) return failure;
  if (connection.in_multi || !has_random_effect(batch.back())) return std::nullopt;
  auto failure = settle(connection, batch);
  skip_events();
  return failure;
}

std::optional<Runner::Failure> Runner::compare_events(const std::vector<Argv>& commands) {
  if (!listener_) return std::nullopt;
  const auto difference = listener_->compare(control_->oracle(), control_->subject());
  if (!difference) return std::nullopt;
  // One of the commands that speak of the key is the cause, the last one likeliest.
  Argv last_command = commands.back();
  std::string place = "events of";
  for (const Argv& argv : commands) {
    if (!contains(argv, difference->key) && !makes_key_names(argv)) continue;
    place += " " + to_command_line(argv) + ";";
    last_command = argv;
  }
  if (context_.allowed.allows(place, difference->oracle, difference->subject)) return std::nullopt;
  return Failure{last_command, difference->oracle, difference->subject, false};
}

void Runner::skip_events() {
  if (listener_) listener_->skip(control_->oracle(), control_->subject());
}

std::optional<Runner::Failure> Runner::settle(Connection& connection,
                                              const std::vector<Argv>& batch) {
  const Argv& argv = batch.back();
  if (upper(argv[0]) == "SPOP") {
    if (argv.size() < 2) return std::nullopt;
    return settle_set(connection, batch);
  }
  for (size_t i = 2; i + 1 < argv.size(); ++i) {
    if (upper(argv[i]) == "STORE") settle_list(connection, argv[i + 1]);
  }
  return std::nullopt;
}

// Element by element, so that the encoding and the TTL of the set stay what its history made them.
std::optional<Runner::Failure> Runner::settle_set(Connection& connection,
                                                  const std::vector<Argv>& batch) {
  const std::string& key = batch.back()[1];
  const std::set<std::string> wanted =
      elements_of(connection.pair->oracle().call({"SMEMBERS", key}));
  const std::set<std::string> present =
      elements_of(connection.pair->subject().call({"SMEMBERS", key}));
  const RawReply before = parse_reply(connection.pair->subject_reply(batch.size() - 2));
  const RawReply popped = parse_reply(connection.pair->subject_reply(batch.size() - 1));
  if (auto wrong = wrong_pop(before, popped, present, wanted.size())) {
    return Failure{batch.back(), "what SPOP took is gone, and nothing else", *wrong};
  }
  Argv added = {"SADD", key};
  Argv removed = {"SREM", key};
  std::set_difference(wanted.begin(), wanted.end(), present.begin(), present.end(),
                      std::back_inserter(added));
  std::set_difference(present.begin(), present.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(removed));
  // A set that was emptied on the way would be a new one.
  const bool add_first = removed.size() - 2 == present.size();
  if (add_first && added.size() > 2) connection.pair->subject().call(added);
  if (removed.size() > 2) connection.pair->subject().call(removed);
  if (!add_first && added.size() > 2) connection.pair->subject().call(added);
  // SPOP makes a new set of the few members that it leaves: an intset where all are integers, which
  // those that the subject drew were not.
  if (all_integers(wanted) && !all_integers(present)) {
    make_intset_as_oracle(connection, key, wanted);
  }
  return std::nullopt;
}

void Runner::make_intset_as_oracle(Connection& connection, const std::string& key,
                                   const std::set<std::string>& members) {
  if (connection.pair->oracle().call({"OBJECT", "ENCODING", key}).text != "intset") return;
  Wire& subject = connection.pair->subject();
  const std::string deadline_ms = subject.call({"PEXPIRETIME", key}).text;
  Argv add = {"SADD", key};
  add.insert(add.end(), members.begin(), members.end());
  subject.call({"DEL", key});
  subject.call(add);
  if (deadline_ms[0] != '-') subject.call({"PEXPIREAT", key, deadline_ms});
}

void Runner::settle_list(Connection& connection, const std::string& key) {
  const RawReply wanted = connection.pair->oracle().call({"LRANGE", key, "0", "-1"});
  const RawReply present = connection.pair->subject().call({"LRANGE", key, "0", "-1"});
  if (wanted == present || wanted.is_error() || present.is_error()) return;
  if (wanted.elements.empty() || wanted.elements.size() != present.elements.size()) return;
  connection.pair->subject().call({"DEL", key});
  Argv push = {"RPUSH", key};
  for (const RawReply& element : wanted.elements) push.push_back(element.text);
  connection.pair->subject().call(push);
}

// One to three connections block; another serves some of them; who is left over is unblocked.
std::optional<Runner::Failure> Runner::run_blocking() {
  std::vector<size_t> idle;
  for (size_t i = 0; i < connections_.size(); ++i) {
    if (!connections_[i].in_multi) idle.push_back(i);
  }
  if (idle.size() < 2) return std::nullopt;
  const size_t server = idle.back();
  idle.pop_back();
  std::vector<std::pair<size_t, Argv>> waiters;
  for (const size_t index : idle) {
    waiters.emplace_back(index, generator_.next_blocking());
    connections_[index].pair->send(waiters.back().second);
    await_blocked(waiters);
  }
  auto failure = serve_waiters(waiters, server);
  if (failure) failure->replayable = false;
  return failure;
}

// Until both servers have either answered or blocked everybody: then the order of waiting is the
// same.
void Runner::await_blocked(const std::vector<std::pair<size_t, Argv>>& waiters) {
  for (const bool of_subject : {false, true}) {
    Wire& control = of_subject ? control_->subject() : control_->oracle();
    for (int attempt = 0;; ++attempt) {
      int64_t answered = 0;
      for (const auto& [index, argv] : waiters) {
        ConnectionPair& pair = *connections_[index].pair;
        answered += (of_subject ? pair.subject() : pair.oracle()).readable(0);
      }
      if (answered + blocked_clients(control) >= static_cast<int64_t>(waiters.size())) break;
      if (attempt == 5000) throw WireError("a blocking command neither blocked nor was answered");
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
}

std::optional<Runner::Failure> Runner::serve_waiters(
    const std::vector<std::pair<size_t, Argv>>& waiters, size_t server) {
  std::vector<Argv> batch;
  const bool in_multi = generator_.chance(0.2);
  if (in_multi) batch.push_back({"MULTI"});
  for (uint64_t i = 1 + generator_.below(6); i > 0; --i) batch.push_back(generator_.next_serving());
  if (in_multi) batch.push_back({"EXEC"});
  commands_sent_ += batch.size() + waiters.size();
  if (const auto mismatch = connections_[server].pair->exchange(batch)) {
    return Failure{batch[mismatch->index], mismatch->oracle, mismatch->subject};
  }
  for (const auto& [index, argv] : waiters) {
    ConnectionPair& pair = *connections_[index].pair;
    const RawReply of_oracle = control_->oracle().call({"CLIENT", "UNBLOCK", pair.oracle_id()});
    const RawReply of_subject = control_->subject().call({"CLIENT", "UNBLOCK", pair.subject_id()});
    const auto mismatch = pair.receive(argv);
    if (mismatch) return Failure{argv, mismatch->oracle, mismatch->subject};
    if (of_oracle != of_subject &&
        !context_.allowed.allows("unblocking of " + to_command_line(argv), to_text(of_oracle), to_text(of_subject))) {
      return Failure{argv, to_text(of_oracle), to_text(of_subject)};
    }
    batch.push_back(argv);
  }
  return compare_events(batch);
}

// A whole iteration on both; elements may come more than once, so they are compared as sets.
std::optional<Runner::Failure> Runner::run_scan() {
  const auto [command, options] = generator_.next_scan();
  std::string found[2];
  for (const bool of_subject : {false, true}) {
    Wire& server = of_subject ? control_->subject() : control_->oracle();
    std::set<std::string> elements;
    std::string cursor = "0";
    do {
      Argv argv = command;
      argv.push_back(cursor);
      argv.insert(argv.end(), options.begin(), options.end());
      const RawReply reply = server.call(argv);
      ++commands_sent_;
      if (reply.elements.size() != 2) {
        elements.insert(to_text(reply));
        break;
      }
      const size_t step = command[0] == "HSCAN" || command[0] == "ZSCAN" ? 2 : 1;
      const std::vector<RawReply>& page = reply.elements[1].elements;
      for (size_t i = 0; i + step <= page.size(); i += step) {
        elements.insert(quote_word(page[i].text) +
                        (step == 2 ? "=" + quote_word(page[i + 1].text) : ""));
      }
      cursor = reply.elements[0].text;
    } while (cursor != "0");
    for (const std::string& element : elements) found[of_subject] += element + " ";
  }
  skip_events();  // the oracle's SCAN TYPE tells of keys that it finds expired as missed
  if (found[0] == found[1]) return std::nullopt;
  Argv shown = command;
  shown.push_back("0");
  shown.insert(shown.end(), options.begin(), options.end());
  if (context_.allowed.allows(to_command_line(shown), found[0], found[1])) return std::nullopt;
  return Failure{shown, found[0], found[1], false};
}

std::optional<Runner::Failure> Runner::compare_datasets() {
  const auto difference =
      first_difference(read_dataset(control_->oracle()), read_dataset(control_->subject()),
                       context_.clock != nullptr);
  if (!difference) return std::nullopt;
  const std::string place = "data set, db " + std::to_string(difference->database) + ", key " +
                            quote_word(difference->key) + ", " + difference->what;
  if (context_.allowed.allows(place, difference->oracle, difference->subject)) return std::nullopt;
  std::printf("%s\n", place.c_str());
  return Failure{.command = {"DUMP", difference->key},
                 .oracle = difference->oracle,
                 .subject = difference->subject,
                 .in_dataset = true};
}

void Runner::record(size_t connection, const std::vector<Argv>& commands) {
  const int protocol = connections_[connection].pair->protocol();
  for (const Argv& argv : commands) history_.push_back({connection, protocol, argv});
  commands_sent_ += commands.size();
}

void Runner::report(const Failure& failure) {
  std::printf("DIFFERENCE after %llu commands (group %s, seed %llu)\n",
              static_cast<unsigned long long>(commands_sent_), options_.generator.group.c_str(),
              static_cast<unsigned long long>(options_.generator.seed));
  std::printf("  command: %s\n  oracle:  %s\n  subject: %s\n",
              shortened(to_command_line(failure.command)).c_str(),
              shortened(failure.oracle).c_str(), shortened(failure.subject).c_str());
  std::vector<std::string> related;
  for (auto it = history_.rbegin(); it != history_.rend() && related.size() < kRelatedShown; ++it) {
    const bool mentions =
        std::any_of(it->argv.begin() + 1, it->argv.end(), [&](const std::string& word) {
          return is_key(word) && contains(failure.command, word);
        });
    if (mentions)
      related.push_back("#" + std::to_string(it->connection) + " " + to_command_line(it->argv));
  }
  std::printf("  the last commands on these keys:\n");
  for (auto it = related.rbegin(); it != related.rend(); ++it) {
    std::printf("    %s\n", shortened(*it).c_str());
  }
  std::fflush(stdout);
  if (!failure.replayable) return;
  connections_.clear();
  try {
    History shortest =
        reduce(history_, failure.command, failure.in_dataset,
               [this](int protocol) { return connect(protocol); },
               {context_.clock, epoch_start_ms_});
    std::printf(shortest.empty() ? "  not reproduced by a replay\n" : "  reproduced by:\n");
    if (shortest.size() > kReproductionShown) {
      std::printf("    ... the first %zu of %zu commands are left out\n",
                  shortest.size() - kReproductionShown, shortest.size());
      shortest.erase(shortest.begin(), shortest.end() - kReproductionShown);
    }
    for (const SentCommand& sent : shortest) {
      std::printf("    #%zu(RESP%d) %s\n", sent.connection, sent.protocol,
                  shortened(to_command_line(sent.argv)).c_str());
    }
  } catch (const WireError& error) {
    std::printf("  the replay ended early: %s\n", error.what());
  }
  std::fflush(stdout);
}

}  // namespace redstart::oracle
