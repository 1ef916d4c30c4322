// Outcome: what a typed method returned, as text: the value in full, or the error's code and its words. Two stores that
// return the same give the same text.
//
// Threads: values.
#pragma once

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "redstart/client.h"

namespace redstart::oracle {

// The text of each type that the methods return.
struct Text {
  static std::string of(Done) { return "done"; }
  static std::string of(bool value) { return value ? "true" : "false"; }
  static std::string of(int64_t value) { return std::to_string(value); }
  static std::string of(double value);
  static std::string of(const std::string& value);
  static std::string of(const Reply& value) { return to_string(value); }
  static std::string of(std::chrono::milliseconds value) { return of(int64_t{value.count()}) + " ms"; }
  static std::string of(const ScoredMember& value) { return listed(value.member, value.score); }
  static std::string of(const KeyedElement& value) { return listed(value.key, value.element); }
  static std::string of(const KeyedElements& value) { return listed(value.key, value.elements); }
  static std::string of(const KeyedMembers& value) { return listed(value.key, value.members); }
  static std::string of(const ScanPage& value) { return listed(value.cursor, value.items); }
  static std::string of(const Increment& value) { return listed(value.value, value.applied); }
  static std::string of(const GeoPosition& value);
  static std::string of(const GeoPlace& value) {
    return listed(value.member, value.distance, value.hash, value.position);
  }
  static std::string of(const StreamEntry& value) { return listed(value.id, value.fields, value.is_deleted); }
  static std::string of(const StreamBatch& value) { return listed(value.key, value.entries); }
  static std::string of(const StreamPendingSummary& value) {
    return listed(value.count, value.first_id, value.last_id, value.consumers);
  }
  static std::string of(const StreamPendingEntry& value) {
    return listed(value.id, value.consumer, value.idle, value.deliveries);
  }
  static std::string of(const StreamClaimedPage& value) {
    return listed(value.next_id, value.entries, value.deleted_ids);
  }
  static std::string of(const StreamInfo& value) {
    return listed(value.length, value.groups, value.entries_added, value.last_id, value.max_deleted_id,
                  value.first_entry, value.last_entry);
  }
  static std::string of(const StreamGroupInfo& value) {
    return listed(value.name, value.consumers, value.pending, value.last_id, value.entries_read, value.lag);
  }
  // Redis 7.0 does not tell for how long a consumer has been inactive.
  static std::string of(const StreamConsumerInfo& value) { return listed(value.name, value.pending, value.idle); }
  // What of a client and of what was slow is not the process's own.
  static std::string of(const ClientInfo& value) {
    return listed(value.name, value.flags, value.user, value.command, int64_t{value.db}, int64_t{value.protocol});
  }
  static std::string of(const SlowCommand& value) { return of(value.words); }
  static std::string of(const ServerTime& value) { return of(value.unix_time_us); }
  static std::string of(const LatencyEvent& value) { return of(value.name); }
  static std::string of(const LatencySample& value) { return of(value.latency_ms); }
  static std::string of(const LogAcknowledgements& value) { return listed(value.local, value.replicas); }
  template <class A, class B>
  static std::string of(const std::pair<A, B>& value) {
    return listed(value.first, value.second);
  }
  template <class T>
  static std::string of(const std::optional<T>& value) {
    return value ? "some " + of(*value) : "none";
  }
  template <class T>
  static std::string of(const std::vector<T>& values) {
    std::string text = "[";
    for (const T& value : values) text += (text.size() > 1 ? ", " : "") + of(value);
    return text + "]";
  }
  template <class... Parts>
  static std::string listed(const Parts&... parts) {
    std::string text = "{";
    ((text += (text.size() > 1 ? ", " : "") + of(parts)), ...);
    return text + "}";
  }
};

struct Outcome {
  template <class T>
  Outcome(const result<T>& returned)  // NOLINT: a method's result is an outcome
      : is_value(returned.has_value()),
        text(returned ? Text::of(*returned)
                      : "error " + std::string(name_of(returned.error().code)) + ": " + returned.error().message) {}

  bool is_value;
  std::string text;
};

// A result that is not compared itself, but by what `says` makes of its value.
template <class T, class Says>
Outcome told(const result<T>& returned, Says says) {
  if (!returned) return returned;
  return result<std::decay_t<decltype(says(*returned))>>(says(*returned));
}

// That there is a value, when it is the store's own.
template <class T>
Outcome own(const result<T>& returned) {
  return told(returned, [](const T&) { return Done{}; });
}

// Elements whose order is not defined.
template <class T>
Outcome in_any_order(const result<std::vector<T>>& returned) {
  return told(returned, [](const std::vector<T>& values) {
    std::vector<std::string> texts;
    for (const T& value : values) texts.push_back(Text::of(value));
    std::ranges::sort(texts);
    return texts;
  });
}

// What breaks a promise is a difference, even where all stores break it.
inline constexpr std::string_view kWrong = "wrong";

// Elements drawn at random out of `members`: how many there are, or what is wrong with them. `count` as SRANDMEMBER's:
// negative with repetitions.
Outcome sampled(const result<std::vector<std::string>>& members, const result<std::vector<std::string>>& drawn,
                int64_t count);
// What was drawn by itself, for sampled().
result<std::vector<std::string>> elements_of(const result<std::optional<std::string>>& drawn);

// All pages of an iteration: what was told in them, each once. `group_size`: how many texts are one element.
template <class Page>
Outcome scanned(Page page_from, size_t group_size) {
  std::set<std::vector<std::string>> found;
  std::string cursor = "0";
  do {
    const result<ScanPage> page = page_from(cursor);
    if (!page) return page;
    const std::span<const std::string> items(page->items);
    for (size_t i = 0; i + group_size <= items.size(); i += group_size) {
      const auto element = items.subspan(i, group_size);
      found.emplace(element.begin(), element.end());
    }
    cursor = page->cursor;
  } while (cursor != "0");
  return result<std::vector<std::vector<std::string>>>(std::in_place, found.begin(), found.end());
}

}  // namespace redstart::oracle
