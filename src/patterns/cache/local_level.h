// LocalLevel: the entries that a process keeps for itself, the least recently used ones thrown out at the limits.
//
// It must never show what is older than an invalidation that has arrived. So who reads an entry from the store to put
// it here takes a ticket before the read; the entry is refused when anything of its part was invalidated since.
//
// While it is closed (nobody tells of changes), it is empty and takes nothing.
//
// Threads: thread-safe. Ownership: entries are immutable and shared.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace redstart {

class LocalLevel {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  LocalLevel(size_t entries_max, size_t bytes_max);

  // Null: not here, or no longer at `now_ms`.
  Bytes find(const std::string& key, int64_t now_ms);
  uint64_t ticket(const std::string& key);
  void insert(const std::string& key, std::string bytes, int64_t until_ms, uint64_t ticket);
  // For a writer, with a ticket from before the write: what others have read meanwhile is refused from now on.
  void replace(const std::string& key, std::string bytes, int64_t until_ms, uint64_t ticket);
  void erase(const std::string& key);
  void open();
  void close();
  bool is_open() const;

  struct Size {
    size_t entries = 0, bytes = 0;
  };
  Size size() const;

 private:
  struct Entry {
    std::string key;
    Bytes bytes;
    int64_t until_ms;
  };
  struct Part {
    mutable std::mutex mutex;
    std::list<Entry> by_use;  // the latest used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
    size_t bytes = 0;
    uint64_t changes = 0;
    bool is_open = false;

    void remove(std::list<Entry>::iterator entry);
  };
  static constexpr size_t kParts = 16;

  Part& part_of(const std::string& key);
  void insert_locked(Part& part, const std::string& key, std::string bytes, int64_t until_ms);

  const size_t part_count_;  // one when small: then "least recently used" is exact
  const size_t part_entries_max_, part_bytes_max_;
  std::array<Part, kParts> parts_;
};

}  // namespace redstart
