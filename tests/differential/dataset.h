// Dataset: everything that a server holds, as text that can be compared.
//
// Threads: thread-compatible.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tests/differential/wire.h"

namespace redstart::oracle {

struct StoredValue {
  std::string type;
  std::string encoding;
  int64_t deadline_ms = -1;  // -1: none
  std::string value;         // canonical: unordered collections sorted
};

// (database, key) -> value. Reads all sixteen databases and leaves the connection in database 0.
using Dataset = std::map<std::pair<int, std::string>, StoredValue>;
Dataset read_dataset(Wire& server);

struct DatasetDifference {
  int database = 0;
  std::string key;
  std::string what;  // "presence", "type", "encoding", "deadline", "value"
  std::string oracle;
  std::string subject;
};
// The first difference, in the order of databases and keys. Deadlines may be five seconds apart,
// unless the servers share a clock.
std::optional<DatasetDifference> first_difference(const Dataset& oracle, const Dataset& subject,
                                                  bool clock_is_shared);

}  // namespace redstart::oracle
