// StreamBuffer: every op that was accepted takes effect once, in the order of its key, whoever dies in between. The ops
// are RPUSHes of numbers, so that lists show what was executed, how often and in which order.
#include <algorithm>
#include <map>

#include "redstart/patterns/stream_buffer.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

using std::chrono::milliseconds;

constexpr int kKeys = 4;
const std::string kWrongKey = "wrong";  // no list: what is pushed there becomes a dead letter

class StreamBufferWorld final : public World {
 public:
  explicit StreamBufferWorld(Machine& machine)
      : machine_(machine), observer_(machine), parties_(2 + machine.random.below(2)) {
    if (machine.chance(300)) length_max_ = 5 + machine.random.below(20);
    apply_ = machine.chance(500) ? StreamApply::automatic : StreamApply::together;
    const uint64_t lost_per_mille = std::exchange(machine_.lost_per_mille, 0);
    check(observer_.client().set(kWrongKey, "text").has_value(), "the store does not answer");
    machine_.lost_per_mille = lost_per_mille;
    for (Party& party : parties_) start(party);
  }

  void step() override {
    Party& party = parties_[machine_.random.below(parties_.size())];
    switch (machine_.random.below(8)) {
      case 0:
      case 1:
      case 2:
      case 3: return write(party);
      case 4:
      case 5: return process(party);
      case 6:
        return machine_.advance_ms(static_cast<int64_t>(machine_.random.below(machine_.chance(200) ? 8000 : 200)));
      default: return machine_.chance(200) ? die(party) : check_lists(false);
    }
  }

  void finish() override {
    for (Party& party : parties_) die(party);
    machine_.advance_ms(10'000);
    for (int rounds = 0;; ++rounds) {
      check(rounds < 1000, "the stream does not become empty");
      const auto depth = parties_.front().buffer->depth();
      check(depth.has_value(), "the store does not answer");
      if (*depth == 0) break;
      process(parties_.front());
      machine_.advance_ms(100);
    }
    check_lists(true);
    check_dead_letters();
  }

 private:
  struct Party {
    std::unique_ptr<Process> process;
    std::unique_ptr<StreamBuffer> buffer;
  };
  struct Issued {
    std::string value;
    bool is_certain;
  };

  void start(Party& party) {
    auto process = std::make_unique<Process>(machine_);
    party.buffer = std::make_unique<StreamBuffer>(
        process->client(), StreamBufferOptions{.length_max = length_max_,
                                               .lease = milliseconds(5000),
                                               .attempts_max = 3,
                                               .apply = apply_,
                                               .clock = &machine_.time});
    party.process = std::move(process);
  }
  void die(Party& party) {
    machine_.note("a process dies");
    party.process->die();
    party.buffer.reset();
    start(party);
  }

  void write(Party& party) {
    const bool is_wrong = machine_.chance(50);
    const std::string key = is_wrong ? kWrongKey : "list:" + std::to_string(machine_.random.below(kKeys));
    const std::string value = std::to_string(++last_value_);
    const auto written = party.buffer->write({"RPUSH", key, value});
    machine_.note("write " + key + " " + value + (written ? "" : ": " + written.error().message));
    if (written || is_unknown(written.error())) {
      issued_[key].push_back({value, written.has_value()});
    } else {
      check(written.error().code == ErrorCode::queue_full, "an op is refused: " + written.error().message);
    }
  }

  void process(Party& party) {
    const auto applied = party.buffer->process(1 + machine_.random.below(30));
    machine_.note("process: " + (applied ? std::to_string(*applied) : applied.error().message));
  }

  std::vector<std::string> list_of(const std::string& key) {
    const uint64_t lost_per_mille = std::exchange(machine_.lost_per_mille, 0);
    const auto list = observer_.client().lrange(key, 0, -1);
    machine_.lost_per_mille = lost_per_mille;
    check(list.has_value(), "the store does not answer");
    return *list;
  }

  // What a list has must have been issued in that order, each once; at the end, nothing certain may be missing.
  void check_lists(bool is_end) {
    for (const auto& [key, issued] : issued_) {
      if (key == kWrongKey) continue;
      size_t next = 0;
      for (const std::string& value : list_of(key)) {
        for (; next < issued.size() && issued[next].value != value; ++next) {
          check(!issued[next].is_certain, key + ": " + issued[next].value + " is passed by " + value);
        }
        check(next < issued.size(), key + ": " + value + " comes twice, or out of order");
        ++next;
      }
      for (; is_end && next < issued.size(); ++next)
        check(!issued[next].is_certain, key + ": " + issued[next].value + " is lost");
    }
  }

  void check_dead_letters() {
    const auto letters = parties_.front().buffer->dead_letters(10'000);
    check(letters.has_value(), "the store does not answer");
    std::map<std::string, int> times;
    for (const DeadLetter& letter : *letters) {
      check(letter.op.size() == 3 && letter.op[1] == kWrongKey, "a dead letter that was no wrong op: " + letter.reason);
      check(++times[letter.op[2]] == 1, "an op is two dead letters");
    }
    for (const Issued& one : issued_[kWrongKey]) {
      check(!one.is_certain || times[one.value] == 1, "a wrong op is lost: " + one.value);
    }
  }

  Machine& machine_;
  Process observer_;
  size_t length_max_ = 100'000;
  StreamApply apply_ = StreamApply::automatic;
  std::vector<Party> parties_;
  std::map<std::string, std::vector<Issued>> issued_;
  int last_value_ = 0;
};

}  // namespace

std::unique_ptr<World> make_stream_buffer_world(Machine& machine) {
  return std::make_unique<StreamBufferWorld>(machine);
}

}  // namespace redstart::simulation
