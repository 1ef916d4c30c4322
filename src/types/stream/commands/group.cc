#include "types/stream/commands/group.h"

namespace redstart {
namespace {

std::string text_of(int64_t value) {
  char text[24];
  return {text, format_int64(value, text)};
}

}  // namespace

ConsumerGroup* find_group(const Edit& edit, std::string_view name) {
  return edit.exists() ? look_into(edit).find_group(name) : nullptr;
}

void no_group_error(CommandContext& c, std::string_view key, std::string_view group, std::string_view more) {
  std::string text = "NOGROUP No such key '";
  text.append(quoted(key)).append("' or consumer group '").append(quoted(group)).append("'").append(more);
  c.error(text);
}

void no_group_for_key_error(CommandContext& c, std::string_view group, std::string_view key) {
  std::string text = "NOGROUP No such consumer group '";
  text.append(quoted(group)).append("' for key name '").append(quoted(key)).append("'");
  c.error(text);
}

Consumer& ActingConsumer::get() {
  if (consumer_) return *consumer_;
  consumer_ = group_.find_consumer(name_);
  if (consumer_) {
    consumer_->seen_ms = c_.access().wall_time_ms();
  } else {
    was_created_ = true;
    consumer_ = &group_.create_consumer(name_, c_.access().wall_time_ms());
    tell_consumer_created(c_, key_, group_, *consumer_);
  }
  return *consumer_;
}

void tell_consumer_created(CommandContext& c, std::string_view key, const ConsumerGroup& group,
                           const Consumer& consumer) {
  c.effect({"XGROUP", "CREATECONSUMER", key, group.name(), consumer.name()});
}

void tell_pending(CommandContext& c, std::string_view key, const ConsumerGroup& group,
                  const PendingEntry& pending) {
  if (!c.access().records_effects()) return;
  c.effect({"XCLAIM", key, group.name(), pending.consumer->name(), "0", to_string(pending.id), "TIME",
            text_of(pending.delivered_ms), "RETRYCOUNT", text_of(pending.delivery_count), "FORCE", "JUSTID",
            "LASTID", to_string(group.last_id)});
}

void tell_forgotten(CommandContext& c, std::string_view key, const ConsumerGroup& group, const StreamId& id) {
  if (c.access().records_effects()) c.effect({"XACK", key, group.name(), to_string(id)});
}

void tell_group_position(CommandContext& c, std::string_view key, const ConsumerGroup& group) {
  if (!c.access().records_effects()) return;
  c.effect({"XGROUP", "SETID", key, group.name(), to_string(group.last_id), "ENTRIESREAD",
            text_of(group.entries_read)});
}

}  // namespace redstart
