// Comparison: calls typed methods with the same random arguments on several stores and reports where they part.
//
// A run consists of epochs, which begin with empty stores. In most of them redis-server takes part; in every fourth it
// does not, and what is newer than it is called as well. Each epoch calls every method once, in random order, then by
// weight. All stores read the time from one clock, this process's engine too, which stands still until the comparison
// moves it: so deadlines and ids are compared to the millisecond.
//
// Threads: thread-compatible. Determinism: the same seed gives the same calls.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "redstart/client.h"
#include "tests/differential/shared_clock.h"
#include "tests/differential/typed/methods.h"
#include "tests/differential/typed/recording_backend.h"

namespace redstart::oracle {

struct TypedOptions {
  std::string oracle_url;
  std::vector<std::string> subject_urls;
  std::string clock_path;
  uint64_t seed = 1;
  uint64_t call_count = 100'000;
  uint64_t differences_max = 5;
};

class Comparison {
 public:
  // Throws std::runtime_error when a store cannot be opened.
  explicit Comparison(const TypedOptions& options);

  // Returns the number of differences; prints each with what led to it.
  uint64_t run();
  uint64_t calls_made() const { return calls_made_; }
  uint64_t method_count() const { return methods_.list().size(); }
  // What the calls of the whole run say of the methods themselves; empty when all is in order.
  std::vector<std::string> unproven_methods() const;

 private:
  struct Store {
    std::string url;
    std::shared_ptr<RecordingBackend> backend;
    Client client;
    Client session;  // of its own, which has subscribed to channels
    bool is_in_memory() const { return url.starts_with("memory:"); }
  };
  // A call and what each store was sent for it: by the first one.
  struct MadeCall {
    const Method* method;
    std::vector<Argv> commands;
  };

  Store open_store(const std::string& url) const;
  void start_epoch();
  void run_epoch();
  // False: the stores have parted.
  bool run_call(const Method& method);
  bool compare_data();
  std::vector<std::string> data_of(Store& store) const;
  std::vector<Outcome> outcomes_of(const Method& method, const PreparedCall& call);
  std::vector<std::string> comparable_texts(const Method& method, const std::vector<Outcome>& outcomes) const;
  void move_clock(int64_t by_ms);
  std::vector<const Method*> callable() const;
  const Method& pick(std::span<const Method* const> among);
  void report(const std::string& what, const std::vector<std::string>& texts);
  void print_related(const MadeCall& last) const;

  const TypedOptions options_;
  SharedClock clock_;
  std::mt19937_64 random_;
  Draws draws_;
  const Methods methods_ = all_methods();
  std::vector<Store> stores_;    // the oracle first
  std::span<Store> taking_part_;  // in this epoch
  std::deque<MadeCall> history_;
  std::map<const Method*, uint64_t> answered_;  // with a value
  int64_t now_ms_;
  uint64_t epochs_ = 0;
  uint64_t calls_made_ = 0;
  uint64_t differences_ = 0;
};

}  // namespace redstart::oracle
