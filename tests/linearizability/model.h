// Model: what a correct store answers, one operation after the other, for the handful of commands
// and keys that the linearizability test uses.
//
// Threads: thread-compatible. Copyable: the search for a linearization tries many orders.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/differential/wire.h"

namespace redstart::linearizability {

using oracle::Argv;

// One operation of one client: a single command, or several as one transaction.
struct Operation {
  size_t client = 0;
  std::vector<Argv> commands;
  bool atomic = false;  // sent as MULTI ... EXEC
  int64_t invoked_ns = 0;
  int64_t returned_ns = 0;
  std::string result;  // the reply as text; of a transaction, EXEC's
};

class Model {
 public:
  // Executes the operation and returns the reply that Redis would give.
  std::string apply(const Operation& operation);
  // The same text for the same state only.
  std::string fingerprint() const;

 private:
  struct Value {
    bool is_list = false;
    std::string text;
    std::vector<std::string> list;
  };
  struct Watch {
    std::vector<std::string> keys;
    bool is_dirty = false;
  };

  std::string run(const Argv& argv, size_t client);
  std::string run_transaction(const Operation& operation);
  std::string get(const std::string& key) const;
  std::string set_many(const Argv& argv, bool only_if_none_exists);
  std::string increment(const std::string& key);
  std::string append(const std::string& key, const std::string& tail);
  std::string remove(const Argv& argv);
  std::string rename(const std::string& from, const std::string& to);
  std::string push(const std::string& key, const std::string& element);
  std::string pop(const std::string& key);
  std::string move(const std::string& from, const std::string& to);
  std::string blocking_pop(const std::string& key);
  std::string flush();
  // Tells the clients that watch `key`.
  void touch(const std::string& key);

  std::map<std::string, Value> values_;
  std::map<size_t, Watch> watches_;
};

}  // namespace redstart::linearizability
