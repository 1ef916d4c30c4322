// EntryStore: what a cache does to its entries in the store, each in one atomic step.
//
// The protocol. Every entry has a token. Whoever loads a value knows the token that stood there when it began:
// begin_load() puts an empty entry ("being loaded") in place of a missing one. fill() stores the value only when
// that token still stands. An invalidation deletes the entry, a writer changes the token: so a load that began
// before either stores nothing, in whatever process it ran. A fleet lease is a token with a deadline: while it stands,
// begin_load() of others is told to wait; when it has passed, the next one gets a new token, which fences off the
// old holder.
//
// A tag is a key with a random version. An entry names the versions of its tags at the time its load began, and is
// valid while they stand. Invalidating a tag deletes its version; nobody can bring the same one back. A version that
// is lost (evicted, expired) costs misses and is never mistaken for a valid one.
//
// Threads: thread-safe. Ownership: borrows the client and the options, which must outlive it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "patterns/cache/entry.h"
#include "redstart/patterns/cache.h"

namespace redstart {

class EntryStore {
 public:
  EntryStore(Client& client, const CacheOptions& options);

  std::string tag_version_key(std::string_view tag) const;
  std::string tag_members_key(std::string_view tag) const;
  std::string changes_channel() const { return options_.prefix + ":changes"; }
  // Names this cache in what it publishes.
  const std::string& sender() const { return sender_; }

  struct Begun {
    enum class Kind : unsigned char {
      lead,      // load, with this token
      busy,      // another process loads
      answered,  // another value has come meanwhile: `entry`
    };
    Kind kind = Kind::lead;
    EntryToken token{};
    std::string entry;
    std::vector<std::string> tag_versions;
  };
  // `seen`: the token that a look found, if any. Gives missing tags a version.
  result<Begun> begin_load(const std::string& key, const std::optional<EntryToken>& seen,
                           const std::vector<std::string>& tags, std::chrono::milliseconds entry_life);

  struct NewEntry {
    EntryHead head;
    std::span<const std::string> tags;
    std::span<const std::string> tag_versions;
    std::string_view value;
  };
  // True: stored. False: `expected` does not stand there any more.
  result<bool> fill(const std::string& key, const EntryToken& expected, const NewEntry& entry);
  // Stores whatever stands there; with a version, unless a newer one does: false.
  result<bool> put(const std::string& key, const NewEntry& entry);
  // Before a database write: no load that began before it is stored, and the entry lives for the lease at most.
  result<EntryToken> reserve(const std::string& key);
  // After it: see WrittenThrough. True: stored.
  result<bool> commit(const std::string& key, const EntryToken& reserved, const NewEntry& entry);
  // A load or a database write failed: what stood there gets its life back, and another may load.
  result<void> release(const std::string& key, const EntryToken& token);
  // There is no such object, and that is not to be remembered: the entry goes if `expected` still stands.
  result<bool> drop(const std::string& key, const EntryToken& expected);
  result<std::vector<std::string>> tag_versions(const std::vector<std::string>& tags,
                                                std::chrono::milliseconds entry_life);

  // Whether others listen.
  bool publishes() const {
    const LocalLevelOptions& local = options_.local;
    return (local.entries_max > 0 || local.publishes_without) && local.coherence == Coherence::publish;
  }
  std::string encode(const NewEntry& entry) const;

  result<bool> remove(const std::string& key);
  result<void> remove_tag(std::string_view tag);
  // Also takes its members: the key under which they are now, for take_members().
  result<std::string> remove_tag_with_members(std::string_view tag);
  // Removes up to a thousand of them. `more`: there may be others.
  result<size_t> remove_members(const std::string& taken, bool& more);

 private:
  std::string life_of(const NewEntry& entry) const;
  // The words that say where to publish, empty when nobody is to hear.
  std::vector<std::string> with_channel(std::vector<std::string> words) const;
  void join_tags(Pipeline& pipeline, const std::string& key, const NewEntry& entry) const;
  std::string placeholder(const EntryToken& token, int64_t lease_until_ms) const;

  Client& client_;
  const CacheOptions& options_;
  const std::string sender_;
};

}  // namespace redstart
