#include "tests/differential/reduce.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "tests/differential/dataset.h"
#include "tests/differential/generator.h"

namespace redstart::oracle {
namespace {

constexpr std::chrono::seconds kReductionLimit{20};

bool leaves_random_state(const Argv& argv) { return !argv.empty() && upper(argv[0]) == "SPOP"; }

class Replay {
 public:
  explicit Replay(const MakePair& make_pair) : make_pair_(make_pair), control_(make_pair(2)) {}

  // Whether the history shows a difference; then it is cut behind the command that shows it.
  bool differs(History& history) {
    control_->exchange({{"FLUSHALL"}});
    std::map<size_t, std::unique_ptr<ConnectionPair>> pairs;
    for (size_t at = 0; at < history.size();) {
      const size_t connection = history[at].connection;
      auto& pair = pairs[connection];
      if (pair == nullptr) pair = make_pair_(history[at].protocol);
      std::vector<Argv> batch;
      size_t end = at;
      for (; end < history.size() && history[end].connection == connection && batch.size() < 200;
           ++end) {
        batch.push_back(history[end].argv);
      }
      if (const auto mismatch = pair->exchange(batch)) {
        history.resize(at + mismatch->index + 1);
        return true;
      }
      at = end;
    }
    return first_difference(read_dataset(control_->oracle()), read_dataset(control_->subject()))
        .has_value();
  }

 private:
  const MakePair& make_pair_;
  std::unique_ptr<ConnectionPair> control_;
};

History only_with_keys_of(const History& history, const Argv& failing) {
  std::vector<std::string> keys;
  std::copy_if(failing.begin() + 1, failing.end(), std::back_inserter(keys), Generator::is_key);
  History related;
  for (const SentCommand& sent : history) {
    const bool mentions = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return std::find(sent.argv.begin(), sent.argv.end(), key) != sent.argv.end();
    });
    if (mentions) related.push_back(sent);
  }
  return related;
}

}  // namespace

History reduce(const History& history, const Argv& failing, const MakePair& make_pair) {
  const auto give_up_at = std::chrono::steady_clock::now() + kReductionLimit;
  Replay replay(make_pair);
  History replayable = history;
  std::erase_if(replayable, [](const SentCommand& sent) { return leaves_random_state(sent.argv); });

  History shortest = failing.empty() ? History{} : only_with_keys_of(replayable, failing);
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
