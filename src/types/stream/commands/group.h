// What the commands of consumer groups have in common.
//
// What they change is book-keeping beside the entries: neither WATCH nor blocked readers act on it.
//
// Threads: as CommandContext.
#pragma once

#include <string>
#include <string_view>

#include "types/stream/commands/arguments.h"

namespace redstart {

// The group of the stream that is edited; null when key or group are missing.
ConsumerGroup* find_group(const Edit& edit, std::string_view name);
// "NOGROUP No such key 'k' or consumer group 'g'" and `more` behind it.
void no_group_error(CommandContext& c, std::string_view key, std::string_view group, std::string_view more = {});
// "NOGROUP No such consumer group 'g' for key name 'k'"
void no_group_for_key_error(CommandContext& c, std::string_view group, std::string_view key);

// The consumer that reads or claims: made, and seen, when there is something for it.
class ActingConsumer {
 public:
  ActingConsumer(CommandContext& c, std::string_view key, ConsumerGroup& group, std::string_view name)
      : c_(c), key_(key), group_(group), name_(name) {}
  Consumer& get();
  bool was_created() const { return was_created_; }

 private:
  CommandContext& c_;
  std::string_view key_;
  ConsumerGroup& group_;
  std::string_view name_;
  Consumer* consumer_ = nullptr;
  bool was_created_ = false;
};

// --- Effects, from which the same state follows.
void tell_consumer_created(CommandContext& c, std::string_view key, const ConsumerGroup& group,
                           const Consumer& consumer);
void tell_pending(CommandContext& c, std::string_view key, const ConsumerGroup& group, const PendingEntry& pending);
void tell_forgotten(CommandContext& c, std::string_view key, const ConsumerGroup& group, const StreamId& id);
void tell_group_position(CommandContext& c, std::string_view key, const ConsumerGroup& group);

}  // namespace redstart
