#include "patterns/cache/local_level.h"

#include <algorithm>

#include "base/hash.h"

namespace redstart {
namespace {

constexpr size_t kSmallEntries = 1024;
constexpr size_t kEntryOverheadBytes = 128;  // about what list, map and string headers take

size_t cost_of(const std::string& key, const std::string& bytes) {
  return key.size() + bytes.size() + kEntryOverheadBytes;
}

}  // namespace

LocalLevel::LocalLevel(size_t entries_max, size_t bytes_max)
    : part_count_(entries_max <= kSmallEntries ? 1 : kParts),
      part_entries_max_(std::max<size_t>(entries_max / part_count_, 1)),
      part_bytes_max_(bytes_max / part_count_) {}

LocalLevel::Part& LocalLevel::part_of(const std::string& key) {
  return parts_[part_count_ == 1 ? 0 : hash_bytes(key) % kParts];
}

void LocalLevel::Part::remove(std::list<Entry>::iterator entry) {
  bytes -= cost_of(entry->key, *entry->bytes);
  by_key.erase(entry->key);
  by_use.erase(entry);
}

LocalLevel::Bytes LocalLevel::find(const std::string& key, int64_t now_ms) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  const auto found = part.by_key.find(key);
  if (found == part.by_key.end()) return nullptr;
  const auto entry = found->second;
  if (now_ms >= entry->until_ms) {
    part.remove(entry);
    return nullptr;
  }
  part.by_use.splice(part.by_use.begin(), part.by_use, entry);
  return entry->bytes;
}

uint64_t LocalLevel::ticket(const std::string& key) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  return part.changes;
}

void LocalLevel::insert(const std::string& key, std::string bytes, int64_t until_ms, uint64_t ticket) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  if (part.changes == ticket) insert_locked(part, key, std::move(bytes), until_ms);
}

void LocalLevel::replace(const std::string& key, std::string bytes, int64_t until_ms, uint64_t ticket) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  if (const auto old = part.by_key.find(key); old != part.by_key.end()) part.remove(old->second);
  if (part.changes++ == ticket) insert_locked(part, key, std::move(bytes), until_ms);
}

void LocalLevel::insert_locked(Part& part, const std::string& key, std::string bytes, int64_t until_ms) {
  const size_t cost = cost_of(key, bytes);
  if (!part.is_open || cost > part_bytes_max_) return;
  if (const auto old = part.by_key.find(key); old != part.by_key.end()) part.remove(old->second);
  part.by_use.push_front({key, std::make_shared<const std::string>(std::move(bytes)), until_ms});
  part.by_key.emplace(part.by_use.front().key, part.by_use.begin());
  part.bytes += cost;
  while (part.by_use.size() > part_entries_max_ || part.bytes > part_bytes_max_) {
    part.remove(std::prev(part.by_use.end()));
  }
}

void LocalLevel::erase(const std::string& key) {
  Part& part = part_of(key);
  const std::lock_guard lock(part.mutex);
  ++part.changes;
  if (const auto found = part.by_key.find(key); found != part.by_key.end()) part.remove(found->second);
}

void LocalLevel::open() {
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    part.is_open = true;
  }
}

void LocalLevel::close() {
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    part.is_open = false;
    ++part.changes;
    part.by_key.clear();
    part.by_use.clear();
    part.bytes = 0;
  }
}

bool LocalLevel::is_open() const {
  const std::lock_guard lock(parts_[0].mutex);
  return parts_[0].is_open;
}

LocalLevel::Size LocalLevel::size() const {
  Size size;
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    size.entries += part.by_use.size();
    size.bytes += part.bytes;
  }
  return size;
}

}  // namespace redstart
