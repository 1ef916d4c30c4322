// What users of the patterns do while masters change, and what must be so afterwards. Each workload is a process of its
// own, as far as the store can tell.
//
// Threads: act() is called by one thread at a time, the other functions while none calls it; progress() by any.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "redstart/redstart.hpp"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {

// All keys of the workloads have this hash tag, so that one master has them.
inline const std::string kFailoverTag = "{takeover}";

struct WorkloadOptions {
  std::string url;
  // Whether the store keeps all that it has acknowledged when its masters change. If not, what was acknowledged after
  // the last confirm() may be gone.
  bool loses_nothing = true;
  Client client() const {
    auto opened = open(url);
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? *opened : open("memory:").value();
  }
};

class Workload {
 public:
  virtual ~Workload() = default;
  virtual std::string name() const = 0;
  // A little work. The master may be away.
  virtual void act() = 0;
  // How many times the store has answered.
  virtual int64_t progress() const { return progress_; }
  // Waits until all that was accepted is settled.
  virtual void settle() {}
  // What the store has acknowledged until now is with the replicas, too.
  virtual void confirm() = 0;
  // A replica has become the master. act() may be running.
  virtual void on_takeover() {}
  // Nobody works any more, and a master is there.
  virtual void check() = 0;

 protected:
  std::atomic<int64_t> progress_{0};
};

// The ops on some keys in the order in which they were given, with what was said of each.
class OpLog {
 public:
  enum class Fate : unsigned char { acknowledged, unknown, not_done };

  // Numbers grow.
  void add(const std::string& key, int64_t number, Fate fate = Fate::acknowledged) {
    ops_[key].push_back({number, fate, false});
  }
  void set_fate(const std::string& key, int64_t number, Fate fate);
  // What is acknowledged now cannot be lost any more.
  void confirm();
  // `found`: the numbers that a list has. Each is there at most once, in order, nothing that was not done, and all that
  // is confirmed.
  void check_list(const std::string& key, const std::vector<std::string>& found) const;
  // `found`: the number that a key has, where each op replaces what was there.
  void check_last(const std::string& key, const std::optional<std::string>& found) const;
  std::vector<std::string> keys() const;

 private:
  struct Op {
    int64_t number;
    Fate fate;
    bool is_confirmed;
    bool must_be_there() const { return is_confirmed && fate == Fate::acknowledged; }
  };
  std::map<std::string, std::vector<Op>> ops_;
};

using Workloads = std::vector<std::unique_ptr<Workload>>;

inline OpLog::Fate fate_of(const Error& error) {
  return error.outcome == Outcome::unknown ? OpLog::Fate::unknown : OpLog::Fate::not_done;
}

inline void OpLog::set_fate(const std::string& key, int64_t number, Fate fate) {
  auto& ops = ops_[key];
  const auto found = std::ranges::lower_bound(ops, number, {}, &Op::number);
  ASSERT_TRUE(found != ops.end() && found->number == number) << key << " has had no " << number;
  EXPECT_EQ(found->fate, Fate::acknowledged) << key << " " << number << " is told of twice";
  found->fate = fate;
}

inline void OpLog::confirm() {
  for (auto& [key, ops] : ops_) {
    for (Op& op : ops) op.is_confirmed = true;
  }
}

inline void OpLog::check_list(const std::string& key, const std::vector<std::string>& found) const {
  const auto& ops = ops_.at(key);
  auto next = ops.begin();
  for (const std::string& text : found) {
    for (; next != ops.end() && std::to_string(next->number) != text; ++next) {
      ASSERT_FALSE(next->must_be_there()) << key << ": " << next->number << " is missing before " << text;
    }
    ASSERT_TRUE(next != ops.end()) << key << ": " << text << " comes twice, out of order, or from nowhere";
    EXPECT_NE(next->fate, Fate::not_done) << key << ": " << text << " is there";
    ++next;
  }
  for (; next != ops.end(); ++next) ASSERT_FALSE(next->must_be_there()) << key << ": " << next->number << " is lost";
}

inline void OpLog::check_last(const std::string& key, const std::optional<std::string>& found) const {
  const auto& ops = ops_.at(key);
  auto last = ops.begin();
  if (found) {
    last = std::ranges::find_if(ops, [&](const Op& op) { return std::to_string(op.number) == *found; });
    ASSERT_TRUE(last != ops.end()) << key << ": " << *found << " comes from nowhere";
    EXPECT_NE(last->fate, Fate::not_done) << key << ": " << *found << " is there";
    ++last;
  }
  for (; last != ops.end(); ++last) EXPECT_FALSE(last->must_be_there()) << key << ": " << last->number << " is lost";
}

inline std::vector<std::string> OpLog::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, ops] : ops_) keys.push_back(key);
  return keys;
}

}  // namespace redstart::scenarios
