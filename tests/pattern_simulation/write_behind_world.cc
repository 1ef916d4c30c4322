// WriteBehind: every accepted update reaches the database, in the order of its key; readers never see what is older
// than the last accepted update. The database refuses sequences that are not greater than what it has, as the pattern
// asks.
#include <algorithm>
#include <map>
#include <stdexcept>

#include "redstart/patterns/write_behind.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

using std::chrono::milliseconds;

constexpr int kKeys = 4;
constexpr int64_t kClaimMs = 5000;

class WriteBehindWorld final : public World {
 public:
  explicit WriteBehindWorld(Machine& machine)
      : machine_(machine), observer_(machine), parties_(2 + machine.random.below(2)) {
    coalesces_ = machine.chance(500);
    is_rough_ = machine.chance(700);
    forgets_ = machine.chance(300);
    had_faults_ = is_rough_ || forgets_ || machine.lost_per_mille > 0;
    for (Party& party : parties_) start(party);
  }

  void step() override {
    for (Party& one : parties_) {
      if (one.process->is_dead()) start(one);
    }
    Party& party = parties_[machine_.random.below(parties_.size())];
    if (forgets_ && machine_.chance(20)) return forget_everything();
    switch (machine_.random.below(8)) {
      case 0:
      case 1:
      case 2: return update(party, key_by_chance());
      case 3: return read(party, key_by_chance());
      case 4: return forget_entry(party, key_by_chance());
      case 5:
        return machine_.advance_ms(static_cast<int64_t>(machine_.random.below(machine_.chance(200) ? 8000 : 200)));
      case 6: return is_rough_ && machine_.chance(200) ? die(party) : read(party, key_by_chance());
      default: return write_due(party);
    }
  }

  void finish() override {
    for (Party& party : parties_) die(party);
    is_rough_ = false;
    machine_.advance_ms(kClaimMs + 1);
    for (int rounds = 0;; ++rounds) {
      check(rounds < 1000, "updates remain pending");
      const auto pending = parties_.front().behind->pending_count();
      check(pending.has_value(), "the store does not answer");
      if (*pending == 0) break;
      write_due(parties_.front());
      machine_.advance_ms(kClaimMs);
    }
    for (const auto& [key, issued] : issued_) check_written(key, issued);
    check(!was_written_twice_ || had_faults_, "an update is written twice without any fault");
  }

 private:
  struct Party {
    std::unique_ptr<Process> process;
    std::unique_ptr<Cache> cache;
    std::unique_ptr<WriteBehind> behind;
  };
  struct Issued {
    std::string value;
    uint64_t sequence = 0;   // 0: whether it was accepted is not known
    bool is_certain = false;  // accepted, by a store that has not forgotten it
  };
  struct Row {
    std::string value;
    uint64_t sequence = 0;
    std::vector<std::string> history;
  };

  std::string key_by_chance() { return "user" + std::to_string(machine_.random.below(kKeys)); }

  void start(Party& party) {
    party.process = std::make_unique<Process>(machine_);
    const Client client = party.process->client();
    party.cache = std::make_unique<Cache>(client);
    party.behind = std::make_unique<WriteBehind>(
        client, *party.cache, [this, &party](const QueuedUpdate& queued) { write_row(party, queued); },
        WriteBehindOptions{.partitions = 2,
                           .coalesce = coalesces_,
                           .attempts_max = 1'000'000,
                           .claim_ttl = milliseconds(kClaimMs),
                           .threads = 0});
  }
  void die(Party& party) {
    machine_.note("a process dies");
    party.process->die();
    start(party);
  }

  void update(Party& party, const std::string& key) {
    const std::string value = std::to_string(++last_value_);
    const auto accepted = party.behind->update<std::string>(key, value);
    machine_.note("update " + key + " " + value + (accepted ? "" : ": " + accepted.error().message));
    auto& issued = issued_[key];
    if (accepted) {
      for (const Issued& before : issued) check(before.sequence < *accepted, "a sequence does not grow");
    } else {
      check(is_unknown(accepted.error()), "an update is refused: " + accepted.error().message);
    }
    issued.push_back({value, accepted ? *accepted : 0, accepted.has_value()});
  }

  // The database's side of an update.
  void write_row(Party& party, const QueuedUpdate& queued) {
    if (is_rough_ && machine_.chance(150)) throw std::runtime_error("the database is away");
    if (is_rough_ && machine_.chance(50)) party.process->die();
    if (is_rough_ && machine_.chance(50)) machine_.advance_ms(kClaimMs * 5 / 4);
    if (is_rough_ && machine_.chance(100)) write_due(parties_[machine_.random.below(parties_.size())]);
    Row& row = rows_[queued.key];
    const bool is_newer = queued.sequence > row.sequence;
    machine_.note("write " + queued.key + " " + queued.value + (is_newer ? "" : ": refused as old"));
    was_written_twice_ = was_written_twice_ || !is_newer;
    if (!is_newer) return;
    row.sequence = queued.sequence;
    row.value = *queued.as<std::string>();
    row.history.push_back(row.value);
  }

  void write_due(Party& party) {
    if (depth_ > 2) return;
    ++depth_;
    const size_t taken = party.behind->write_due();
    --depth_;
    machine_.note("wrote " + std::to_string(taken));
  }

  // As if the store had evicted it.
  void forget_entry(Party& party, const std::string& key) {
    machine_.note("forget " + key);
    (void)observer_.client().del(party.behind->entry_key(key));
  }

  // As a failover to a replica that has nothing yet, or FLUSHALL.
  void forget_everything() {
    machine_.note("the store forgets everything");
    (void)observer_.client().flushall();
    machine_.advance_ms(1);
    for (auto& [key, issued] : issued_) {
      for (Issued& one : issued) one.is_certain = false;
    }
  }

  void read(Party& party, const std::string& key) {
    const size_t certain = certain_count(key);
    const auto read = party.behind->get_or_load<std::string>(key, [&]() -> std::optional<std::string> {
      const auto row = rows_.find(key);
      std::optional<std::string> value;
      if (row != rows_.end()) value = row->second.value;
      // Another is faster than this load.
      if (machine_.chance(200)) update(parties_[machine_.random.below(parties_.size())], key);
      if (machine_.chance(200)) write_due(parties_[machine_.random.below(parties_.size())]);
      return value;
    });
    if (!read) return machine_.note("read " + key + ": " + read.error().message);
    machine_.note("read " + key + " " + read->value_or("nothing"));
    if (!*read) return check(certain == 0, "a reader sees nothing of " + key);
    const auto& issued = issued_[key];
    const auto found = std::ranges::find(issued, **read, &Issued::value);
    check(found != issued.end(), "a reader sees what nobody has written");
    check(static_cast<size_t>(found - issued.begin()) + 1 >= certain, "a reader sees an old value of " + key);
  }

  // How many updates of the key there are up to the last that was accepted for certain.
  size_t certain_count(const std::string& key) {
    const auto& issued = issued_[key];
    for (size_t count = issued.size(); count > 0; --count) {
      if (issued[count - 1].is_certain) return count;
    }
    return 0;
  }

  void check_written(const std::string& key, const std::vector<Issued>& issued) {
    const Row& row = rows_[key];
    size_t next = 0;
    for (const std::string& value : row.history) {
      for (; next < issued.size() && issued[next].value != value; ++next) {
        check(coalesces_ || !issued[next].is_certain, key + ": " + issued[next].value + " was not written");
      }
      check(next < issued.size(), key + ": " + value + " was written out of order");
      ++next;
    }
    check(next >= certain_count(key), key + " has lost its last update");
  }

  Machine& machine_;
  Process observer_;
  bool coalesces_ = false, is_rough_ = false, forgets_ = false, had_faults_ = false, was_written_twice_ = false;
  std::vector<Party> parties_;
  std::map<std::string, std::vector<Issued>> issued_;
  std::map<std::string, Row> rows_;
  int last_value_ = 0;
  int depth_ = 0;  // of writers that call others
};

}  // namespace

std::unique_ptr<World> make_write_behind_world(Machine& machine) { return std::make_unique<WriteBehindWorld>(machine); }

}  // namespace redstart::simulation
