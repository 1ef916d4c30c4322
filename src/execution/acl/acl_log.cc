#include "execution/acl/acl_log.h"

#include <algorithm>
#include <cstdlib>

namespace redstart {
namespace {

constexpr size_t kCompared = 10;  // entries that a new one is compared with
constexpr int64_t kGroupingMs = 60'000;

bool is_alike(const AclLog::Entry& a, const AclLog::Entry& b) {
  return a.reason == b.reason && a.context == b.context &&
         std::abs(a.unix_time_ms - b.unix_time_ms) <= kGroupingMs && a.object == b.object &&
         a.user == b.user;
}

}  // namespace

void AclLog::add(Entry entry, size_t length_max) {
  denied_[static_cast<size_t>(entry.reason)].fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  auto end = entries_.begin();
  std::advance(end, std::min(kCompared, entries_.size()));
  const auto alike = std::find_if(entries_.begin(), end,
                                  [&](const Entry& other) { return is_alike(other, entry); });
  if (alike == end) {
    entry.id = next_id_++;
    entry.created_unix_time_ms = entry.unix_time_ms;
  } else {
    entry.id = alike->id;
    entry.created_unix_time_ms = alike->created_unix_time_ms;
    entry.count = alike->count + 1;
    entries_.erase(alike);
  }
  entries_.push_front(std::move(entry));
  while (entries_.size() > length_max) entries_.pop_back();
}

std::vector<AclLog::Entry> AclLog::newest(size_t count) const {
  const std::lock_guard lock(mutex_);
  auto end = entries_.begin();
  std::advance(end, std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

void AclLog::reset() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

std::string_view name_of(AclReason reason) {
  constexpr std::string_view kNames[] = {"command", "key", "channel", "auth"};
  return kNames[static_cast<size_t>(reason)];
}

std::string_view name_of(AclContext context) {
  constexpr std::string_view kNames[] = {"toplevel", "multi", "lua"};
  return kNames[static_cast<size_t>(context)];
}

}  // namespace redstart
