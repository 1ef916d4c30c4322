// What the same data costs in different layouts, measured on a store of yours: MEMORY USAGE of keys that this writes
// under a prefix of its own and removes again. No other key is touched.
//
//   for (const redstart::LayoutRow& row : redstart::compare_layouts(client).value())
//     std::printf("%s, %s: %.1f bytes each\n", row.data.c_str(), row.layout.c_str(), row.bytes_each());
//
// `redstart layouts [URL]` prints it.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct LayoutRow {
  std::string data;    // "100 small objects"
  std::string layout;  // "one JSON string each"
  uint64_t items = 0;
  uint64_t keys = 0;
  int64_t memory_bytes = 0;  // of all keys, names and overhead included, as the store says
  double encode_us = 0;      // to make one item's bytes here: MessagePack, compression; 0 where there is nothing to do
  double bytes_each() const { return items == 0 ? 0 : static_cast<double>(memory_bytes) / static_cast<double>(items); }
};

struct LayoutComparisonOptions {
  std::string prefix = "layouts";  // a random part is added
  size_t objects = 100;
};

// Errors: the store's; its keys are removed then too, if it still answers.
result<std::vector<LayoutRow>> compare_layouts(Client client, LayoutComparisonOptions options = {});

}  // namespace redstart
