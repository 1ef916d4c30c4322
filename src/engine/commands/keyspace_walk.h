// KeyspaceWalk: SCAN's way through the keyspace: one shard after the other, each locked for a few
// steps.
//
// The cursor is the position within the shard's table (see HashTable::scan), shifted, and the
// shard's number in the low bits; 0 begins and ends it. A key that is there from the first step to
// the last is given at least once.
//
// Threads: as CommandContext.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "execution/command_context.h"

namespace redstart {

struct KeyFilter {
  std::optional<std::string_view> pattern;
  std::optional<std::string_view> type;
  bool admits_key(const Entry& entry) const;
  bool admits_type(const Entry& entry) const;
};

class KeyspaceWalk {
 public:
  KeyspaceWalk(CommandContext& c, const KeyFilter& filter) : c_(c), filter_(filter) {}

  // Goes on from `cursor` until `count` keys were found, or ten times as many buckets seen; returns
  // the cursor to go on from.
  uint64_t advance(uint64_t cursor, uint64_t count);
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  bool is_enough() const { return keys_.size() >= count_ || buckets_left_ == 0; }
  uint64_t advance_in_shard(size_t shard, uint64_t position);
  void take(const Entry& entry);

  CommandContext& c_;
  const KeyFilter& filter_;
  uint64_t count_ = 0;
  uint64_t buckets_left_ = 0;
  std::vector<std::string> keys_;
  std::vector<std::string> due_;  // found expired
};

}  // namespace redstart
