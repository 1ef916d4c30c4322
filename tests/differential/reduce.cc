#include "tests/differential/reduce.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "tests/differential/dataset.h"
#include "tests/differential/key_pools.h"

namespace redstart::oracle {
namespace {

constexpr std::chrono::seconds kReductionLimit{20};

bool leaves_random_state(const Argv& argv) { return !argv.empty() && upper(argv[0]) == "SPOP"; }

class Replay {
 public:
  // Looks for differences in replies to commands of the name `failing`; empty: in the data sets.
  Replay(const MakePair& make_pair, ReplayClock clock, std::string failing)
      : make_pair_(make_pair),
        clock_(clock),
        failing_(std::move(failing)),
        control_(make_pair(2)) {}

  // Whether the history shows a difference; then it is cut behind the command that shows it.
  bool differs(History& history) {
    control_->exchange({{"FLUSHALL"}});
    if (clock_.clock != nullptr) clock_.clock->set_ms(clock_.start_ms);
    std::map<size_t, std::unique_ptr<ConnectionPair>> pairs;
    for (size_t at = 0; at < history.size();) {
      if (is_clock_step(history[at].argv)) {
        move_clock(history[at++].argv);
        continue;
      }
      const size_t connection = history[at].connection;
      auto& pair = pairs[connection];
      if (pair == nullptr) pair = make_pair_(history[at].protocol);
      std::vector<Argv> batch;
      size_t end = at;
      for (; end < history.size() && history[end].connection == connection &&
             !is_clock_step(history[end].argv) && batch.size() < 200;
           ++end) {
        batch.push_back(history[end].argv);
      }
      if (const auto mismatch = pair->exchange(batch)) {
        if (upper(batch[mismatch->index][0]) != failing_) return false;
        history.resize(at + mismatch->index + 1);
        return true;
      }
      at = end;
    }
    if (!failing_.empty()) return false;
    return first_difference(read_dataset(control_->oracle()), read_dataset(control_->subject()),
                            clock_.clock != nullptr)
        .has_value();
  }

 private:
  void move_clock(const Argv& step) {
    if (clock_.clock == nullptr) return;
    clock_.clock->set_ms(clock_.clock->now_ms() + std::stoll(step[1]));
  }

  const MakePair& make_pair_;
  ReplayClock clock_;
  std::string failing_;
  std::unique_ptr<ConnectionPair> control_;
};

History only_with_keys_of(const History& history, const Argv& failing) {
  std::vector<std::string> keys;
  std::copy_if(failing.begin() + 1, failing.end(), std::back_inserter(keys), is_key);
  History related;
  for (const SentCommand& sent : history) {
    const bool mentions = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return std::find(sent.argv.begin(), sent.argv.end(), key) != sent.argv.end();
    });
    if (mentions || is_clock_step(sent.argv)) related.push_back(sent);
  }
  return related;
}

}  // namespace

Argv clock_step(int64_t step_ms) { return {"(clock)", std::to_string(step_ms), "ms"}; }

bool is_clock_step(const Argv& argv) { return !argv.empty() && argv[0] == "(clock)"; }

History reduce(const History& history, const Argv& failing, bool in_dataset,
               const MakePair& make_pair, ReplayClock clock) {
  if (failing.empty()) return {};
  const auto give_up_at = std::chrono::steady_clock::now() + kReductionLimit;
  Replay replay(make_pair, clock, in_dataset ? "" : upper(failing[0]));
  History replayable = history;
  std::erase_if(replayable, [](const SentCommand& sent) { return leaves_random_state(sent.argv); });

  History shortest = failing.size() < 2 ? History{} : only_with_keys_of(replayable, failing);
  if (shortest.empty() || !replay.differs(shortest)) {
    shortest = replayable;
    if (!replay.differs(shortest)) return {};
  }
  for (size_t chunk = std::max<size_t>(shortest.size() / 2, 1); chunk > 0;) {
    bool removed = false;
    for (size_t at = 0; at < shortest.size();) {
      if (std::chrono::steady_clock::now() > give_up_at) return shortest;
      History candidate = shortest;
      const size_t end = std::min(at + chunk, candidate.size());
      candidate.erase(candidate.begin() + static_cast<long>(at),
                      candidate.begin() + static_cast<long>(end));
      if (!candidate.empty() && replay.differs(candidate)) {
        shortest = std::move(candidate);
        removed = true;
      } else {
        at += chunk;
      }
    }
    if (chunk == 1 && !removed) break;
    if (chunk > 1 || !removed) chunk /= 2;
  }
  return shortest;
}

}  // namespace redstart::oracle
