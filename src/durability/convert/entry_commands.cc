#include "durability/convert/entry_commands.h"

#include <limits>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "types/hash/hash.h"
#include "types/list/list.h"
#include "types/set/set.h"
#include "types/stream/stream.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

// Collects elements and emits them as "NAME key element ...", some at a time.
class Chunks {
 public:
  Chunks(std::string_view name, std::string_view key, const EmitCommand& emit) : name_(name), key_(key), emit_(emit) {}
  ~Chunks() { flush(); }
  Chunks(const Chunks&) = delete;

  void add(std::string_view element) { words_.emplace_back(element); }
  // An element is complete, of one word or two.
  void end_element() {
    if (++elements_ == kElementsPerCommand) flush();
  }

 private:
  void flush() {
    if (words_.empty()) return;
    std::vector<std::string_view> words{name_, key_};
    words.insert(words.end(), words_.begin(), words_.end());
    emit_(words);
    words_.clear();
    elements_ = 0;
  }

  const std::string_view name_, key_;
  const EmitCommand& emit_;
  std::vector<std::string> words_;
  size_t elements_ = 0;
};

void emit_strings(const EmitCommand& emit, const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  emit(views);
}

void emit_hash(std::string_view key, const Hash& hash, const EmitCommand& emit) {
  {
    Chunks chunks("HSET", key, emit);
    hash.for_each_with_deadline([&](std::string_view field, std::string_view value, int64_t) {
      chunks.add(field);
      chunks.add(value);
      chunks.end_element();
    });
  }
  hash.for_each_with_deadline([&](std::string_view field, std::string_view, int64_t deadline_ms) {
    if (deadline_ms == kNoDeadline) return;
    emit_strings(emit,
                 {"HPEXPIREAT", std::string(key), std::to_string(deadline_ms), "FIELDS", "1", std::string(field)});
  });
}

void emit_entries(const std::string& key, const Stream& stream, const EmitCommand& emit) {
  stream.for_each({}, false, [&](const PackedEntry& entry) {
    std::vector<std::string> words{"XADD", key, to_string(entry.id())};
    entry.for_each_field([&](const listpack::Value& name, const listpack::Value& value) {
      char buffer[24];
      words.emplace_back(name.text(buffer));
      words.emplace_back(value.text(buffer));
    });
    emit_strings(emit, words);
    return true;
  });
}

void emit_group(const std::string& key, const ConsumerGroup& group, const EmitCommand& emit) {
  const std::string name(group.name());
  std::vector<std::string> create{"XGROUP", "CREATE", key, name, to_string(group.last_id)};
  if (group.entries_read != ConsumerGroup::kUnknown) {
    create.insert(create.end(), {"ENTRIESREAD", std::to_string(group.entries_read)});
  }
  emit_strings(emit, create);
  group.consumers.for_each([&](const Consumer* consumer) {
    emit_strings(emit, {"XGROUP", "CREATECONSUMER", key, name, std::string(consumer->name())});
  });
  group.pending.for_each([&](const PendingEntry& pending) {
    emit_strings(emit, {"XCLAIM", key, name, std::string(pending.consumer->name()), "0", to_string(pending.id), "TIME",
                        std::to_string(pending.delivered_ms), "RETRYCOUNT", std::to_string(pending.delivery_count),
                        "FORCE", "JUSTID"});
  });
}

void emit_stream(const std::string& key, const Stream& stream, const EmitCommand& emit) {
  emit_entries(key, stream, emit);
  if (stream.size() == 0) {
    // Makes the stream, and nothing in it.
    emit_strings(emit, {"XGROUP", "CREATE", key, "-", "$", "MKSTREAM"});
    emit_strings(emit, {"XGROUP", "DESTROY", key, "-"});
  }
  emit_strings(emit, {"XSETID", key, to_string(stream.last_id()), "ENTRIESADDED",
                      std::to_string(stream.entries_added()), "MAXDELETEDID", to_string(stream.max_removed_id())});
  stream.for_each_group([&](const ConsumerGroup& group) { emit_group(key, group, emit); });
}

void emit_collection(std::string_view key, Object object, const EmitCommand& emit) {
  switch (object.type) {
    case Type::list: {
      Chunks chunks("RPUSH", key, emit);
      List(object).for_each(0, std::numeric_limits<size_t>::max(), false, [&](std::string_view element) {
        chunks.add(element);
        chunks.end_element();
        return true;
      });
      return;
    }
    case Type::set: {
      Chunks chunks("SADD", key, emit);
      Set(object).for_each([&](std::string_view member) {
        chunks.add(member);
        chunks.end_element();
      });
      return;
    }
    case Type::zset: {
      Chunks chunks("ZADD", key, emit);
      const SortedSet set(object);
      set.for_each({0, set.size()}, false, [&](std::string_view member, double score) {
        char text[kNumberTextBytes];
        chunks.add({text, format_double(score, text)});
        chunks.add(member);
        chunks.end_element();
        return true;
      });
      return;
    }
    case Type::hash: return emit_hash(key, Hash(object), emit);
    case Type::stream: return emit_stream(std::string(key), Stream(object), emit);
    case Type::none:
    case Type::string: return;
  }
}

}  // namespace

void for_each_command_of(const Entry& entry, const EmitCommand& emit) {
  const std::string_view key = entry.key();
  if (entry.is_string()) {
    NumberBuffer buffer;
    const std::string_view words[] = {"SET", key, entry.text(buffer)};
    emit(words);
  } else {
    emit_collection(key, entry.object(), emit);
  }
  if (!entry.has_deadline()) return;
  emit_strings(emit, {"PEXPIREAT", std::string(key), std::to_string(entry.deadline_ms())});
}

}  // namespace redstart
