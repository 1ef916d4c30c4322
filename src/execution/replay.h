// Replay: executes the commands of a log on a store that is being loaded. Nothing is due meanwhile: what expired,
// the log says itself.
//
// Nobody reads the store while it is loaded, so only the order of what concerns one key matters. Commands whose keys
// belong to one lane go there, in batches with their keys prefetched, transactions or not; whatever else comes, such as
// a command with many keys, or FLUSHALL, is executed when everything before it is.
//
// Where the store is in use, who calls holds all its locks, and nobody hears of what is executed.
//
// Threads: thread-compatible; uses threads of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/lanes.h"
#include "command/keys.h"
#include "command/spec.h"
#include "execution/executor.h"

namespace redstart {

class Run;

class Replay {
 public:
  // `threads`: beside the caller's; 0: none.
  explicit Replay(Executor& executor, size_t threads = 0) : Replay(executor, threads, Locks::taken_in_turn) {}
  // On a store in use. REQUIRES: all shards are locked by this thread, and effects are not recorded.
  static Replay under_locks(Executor& executor) { return Replay(executor, 0, Locks::held_by_caller); }
  ~Replay();

  // Takes a command, which is executed by the end of finish(). Returns why it cannot be one of a log: it does not
  // exist, never stands in one, or has too few words. That a command fails is no reason; it did so when it was logged
  // too.
  std::optional<std::string> execute(Words words);
  // Each file begins anew with no database selected.
  void begin_file();
  // Everything that was taken is executed.
  void finish();

  uint64_t commands() const { return commands_; }
  // How many commands replied errors, and the first of them. REQUIRES: finish() was called.
  uint64_t failures() const;
  std::string first_failure() const;

 private:
  enum class Locks : uint8_t { taken_in_turn, held_by_caller };
  Replay(Executor& executor, size_t threads, Locks locks);

  class ReplaySession;
  class ErrorSink;
  class Worker;
  struct Batch;
  // What is known of a command's name.
  struct Found {
    const CommandSpec* spec = nullptr;
    size_t index = 0;
    size_t single_key_words_max = 0;  // a call of up to so many words has one key, its first argument
  };
  const Found& find(Words words);
  // The lane of all keys of the call, which then are in `keys_`; nothing: there are no keys, or of several lanes, or it
  // needs more than them.
  std::optional<size_t> lane_of(const Found& found, Words words);
  void hand_out(size_t lane, const Found& found, Words words);
  std::optional<std::string> execute_alone(const Found& found, Words words);

  Executor& executor_;
  const Locks locks_;
  const std::unique_ptr<Worker> alone_;           // for what is no lane's
  std::vector<std::unique_ptr<Worker>> workers_;  // by lane
  std::unique_ptr<Lanes<Batch>> lanes_;           // behind what its threads use
  struct Key {
    size_t index;  // among the words
    uint64_t hash;
  };
  std::vector<Key> keys_;
  std::vector<KeyPosition> positions_;
  std::vector<std::string_view> shortened_;  // a command without what means nothing in it
  std::string last_name_;
  Found last_, other_;  // last_: of last_name_
  uint64_t commands_ = 0;
};

}  // namespace redstart
