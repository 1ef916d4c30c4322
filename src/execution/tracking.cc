#include "execution/tracking.h"

#include <algorithm>
#include <utility>

#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/session.h"

namespace redstart {
namespace {

constexpr size_t kTrimmedAtOnceMax = 1000;  // keys
constexpr std::string_view kInvalidateChannel = "__redis__:invalidate";

using Message = std::shared_ptr<const Reply>;

Message push_of(std::vector<Reply> elements) {
  return std::make_shared<const Reply>(Reply::aggregate(Reply::Type::push, std::move(elements)));
}

// Where `client` stands, or belongs, among clients that are sorted by id.
auto place_of(auto& clients, uint64_t id) {
  return std::ranges::lower_bound(clients, id, {}, [](const auto& client) { return client->id; });
}

bool erase_client(auto& clients, uint64_t id) {
  const auto found = place_of(clients, id);
  if (found == clients.end() || (*found)->id != id) return false;
  clients.erase(found);
  return true;
}

bool insert_client(auto& clients, const std::shared_ptr<TrackingClient>& client) {
  const auto place = place_of(clients, client->id);
  if (place != clients.end() && (*place)->id == client->id) return false;
  clients.insert(place, client);
  return true;
}

Reply array_of(std::string_view key) {
  return Reply::aggregate(Reply::Type::array, {Reply::bulk(std::string(key))});
}

Reply array_of_keys(std::span<const ChangedKey* const> keys) {
  std::vector<Reply> names;
  names.reserve(keys.size());
  for (const ChangedKey* changed : keys) names.push_back(Reply::bulk(changed->key));
  return Reply::aggregate(Reply::Type::array, std::move(names));
}

}  // namespace

TrackingClient::TrackingClient(Session& of) : id(of.id), session(&of) {}

// What is sent, in the two forms in which clients take it; made when the first one needs it.
class Tracking::Invalidation {
 public:
  // `keys`: an array, or null for all.
  explicit Invalidation(Reply keys) : keys_(std::move(keys)) {}

  const Message& push() {
    if (!push_) push_ = push_of({Reply::bulk("invalidate"), keys_});
    return push_;
  }
  // For a RESP2 connection: as if it came over a channel.
  const Message& message() {
    if (!message_) {
      message_ = push_of({Reply::bulk("message"), Reply::bulk(std::string(kInvalidateChannel)), keys_});
    }
    return message_;
  }

 private:
  const Reply keys_;
  Message push_, message_;
};

Tracking::Tracking(Keyspace& keyspace, ClientRegistry& clients, const Config& config)
    : keyspace_(keyspace), clients_(clients), config_(config), parts_(Keyspace::kShards) {}

Tracking::~Tracking() = default;

// --- Clients

void Tracking::enable(Session& session, const TrackingOptions& options) {
  if (!session.tracking) {
    const std::lock_guard lock(session.mutex);
    session.tracking = std::make_shared<TrackingClient>(session);
  }
  const std::shared_ptr<TrackingClient> client = session.tracking;
  client->redirect_id.store(options.redirect_id, std::memory_order_relaxed);
  client->flags.store(options.flags | kTrackingOn, std::memory_order_relaxed);
  if (options.flags & kTrackingBroadcast) add_prefixes(client, options.prefixes);
  const std::lock_guard lock(tracked_mutex_);
  tracked_.emplace(client->id, client);
  client_count_.store(tracked_.size(), std::memory_order_relaxed);
}

void Tracking::disable(Session& session) {
  const std::shared_ptr<TrackingClient> client = session.tracking;
  session.caching_given = false;
  if (!client || !client->has(kTrackingOn)) return;
  client->flags.store(0, std::memory_order_relaxed);
  client->redirect_id.store(0, std::memory_order_relaxed);
  remove_prefixes(*client);
  const std::lock_guard lock(tracked_mutex_);
  tracked_.erase(client->id);
  client_count_.store(tracked_.size(), std::memory_order_relaxed);
}

void Tracking::forget(Session& session) {
  if (!session.tracking) return;
  disable(session);
  const std::lock_guard lock(session.tracking->mutex);
  session.tracking->session = nullptr;
}

void Tracking::add_prefixes(const std::shared_ptr<TrackingClient>& client,
                            const std::vector<std::string>& prefixes) {
  const std::unique_lock lock(prefixes_mutex_);
  const auto add = [&](const std::string& prefix) {
    if (insert_client(prefixes_[prefix], client)) client->prefixes.push_back(prefix);
  };
  std::ranges::for_each(prefixes, add);
  if (prefixes.empty()) add("");
  std::ranges::sort(client->prefixes);
  prefix_count_.store(prefixes_.size(), std::memory_order_relaxed);
}

void Tracking::remove_prefixes(TrackingClient& client) {
  const std::unique_lock lock(prefixes_mutex_);
  for (const std::string& prefix : client.prefixes) {
    const auto found = prefixes_.find(prefix);
    erase_client(found->second, client.id);
    if (found->second.empty()) prefixes_.erase(found);
  }
  client.prefixes.clear();
  prefix_count_.store(prefixes_.size(), std::memory_order_relaxed);
}

// --- The table

void Tracking::remember(const std::shared_ptr<TrackingClient>& client, std::string_view key,
                        uint64_t hash, Random& random) {
  const size_t index = Keyspace::shard_index(hash);
  Part& part = parts_[index];
  auto found = part.find(key);
  if (found == part.end()) {
    found = part.emplace(key, Clients()).first;
    const size_t keys = key_count_.fetch_add(1, std::memory_order_relaxed) + 1;
    key_bytes_.fetch_add(key.size(), std::memory_order_relaxed);
    keyspace_.shard(index).set_observed_by(kTracking, true);
    const size_t keys_max = config_.tracking_keys_max();
    // What is over the limit because the key's part holds nothing else is left to trim().
    if (keys_max != 0 && keys > keys_max && part.size() > 1) evict_one(index, random, key);
  }
  if (insert_client(found->second, client)) item_count_.fetch_add(1, std::memory_order_relaxed);
}

size_t Tracking::memory_bytes() const {
  // A key's node with its hash and link, the bucket, and the block of its clients.
  constexpr size_t kBytesPerKey = sizeof(Part::value_type) + 4 * sizeof(void*) + 16;
  return key_count() * kBytesPerKey + item_count() * sizeof(Clients::value_type) +
         key_bytes_.load(std::memory_order_relaxed);
}

void Tracking::take_out(size_t part_index, Part::iterator entry) {
  Part& part = parts_[part_index];
  item_count_.fetch_sub(entry->second.size(), std::memory_order_relaxed);
  key_count_.fetch_sub(1, std::memory_order_relaxed);
  key_bytes_.fetch_sub(entry->first.size(), std::memory_order_relaxed);
  part.erase(entry);
  if (part.empty()) keyspace_.shard(part_index).set_observed_by(kTracking, false);
}

void Tracking::key_changed(const KeyChange& change, Session& runner) {
  const size_t index = Keyspace::shard_index(change.hash);
  const auto found = parts_[index].find(change.key);
  if (found == parts_[index].end()) return;
  const bool by_itself =
      change.event_class == EventClass::expired || change.event_class == EventClass::evicted;
  Invalidation invalidation(array_of(change.key));
  for (const auto& client : found->second) {
    if (!client->remembers_reads()) continue;
    if (client->has(kTrackingNoLoop) && client->id == runner.id && !by_itself) continue;
    send(*client, invalidation, &runner);
  }
  take_out(index, found);
}

void Tracking::evict_one(size_t part_index, Random& random,
                         std::optional<std::string_view> kept) {
  Part& part = parts_[part_index];
  for (size_t bucket = random.below(part.bucket_count());; ++bucket) {
    bucket %= part.bucket_count();
    for (auto at = part.begin(bucket); at != part.end(bucket); ++at) {
      if (kept && at->first == *kept) continue;
      const auto victim = part.find(at->first);
      Invalidation invalidation(array_of(victim->first));
      for (const auto& client : victim->second) {
        if (client->remembers_reads()) send(*client, invalidation, nullptr);
      }
      return take_out(part_index, victim);
    }
  }
}

void Tracking::trim(Random& random) {
  const auto is_over = [this] {
    const size_t keys_max = config_.tracking_keys_max();
    return keys_max != 0 && key_count() > keys_max;
  };
  size_t trimmed = 0;
  for (size_t visited = 0; visited < Keyspace::kShards && is_over(); ++visited) {
    const size_t index = next_trimmed_++ % Keyspace::kShards;
    ShardLocks lock;
    lock.lock_one(keyspace_, index);
    // A few from each, so that keys of all shards have the same chance to stay.
    for (int i = 0; i < 4 && !parts_[index].empty() && is_over(); ++i, ++trimmed) {
      evict_one(index, random, std::nullopt);
    }
    if (trimmed >= kTrimmedAtOnceMax) return;
  }
}

// --- Sending

void Tracking::send(TrackingClient& client, Invalidation& invalidation, Session* runner) {
  const std::lock_guard lock(client.mutex);
  if (!client.session) return;
  const uint64_t redirect_id = client.redirect_id.load(std::memory_order_relaxed);
  if (redirect_id == 0) return send_to(*client.session, invalidation, false, runner);
  const bool is_there = clients_.with(redirect_id, [&](Session& target) {
    send_to(target, invalidation, true, runner);
  });
  if (is_there) return;
  client.flags.fetch_or(kTrackingBrokenRedirect, std::memory_order_relaxed);
  if (client.session->shown_protocol.load(std::memory_order_relaxed) < 3) return;
  auto broken = push_of({Reply::bulk("tracking-redir-broken"),
                         Reply::integer(static_cast<int64_t>(redirect_id))});
  if (client.session == runner) {
    runner->own_pushes.push_back(std::move(broken));
  } else {
    client.session->on_push(std::move(broken));
  }
}

void Tracking::send_to(Session& target, Invalidation& invalidation, bool is_redirected,
                       Session* runner) {
  const bool takes_pushes = target.shown_protocol.load(std::memory_order_relaxed) > 2;
  // RESP2 knows nothing that comes without being asked for but messages to subscribers.
  if (!takes_pushes && !(is_redirected && target.is_shown_subscribed())) return;
  const Message& message = takes_pushes ? invalidation.push() : invalidation.message();
  if (&target == runner) {
    runner->own_pushes.push_back(message);
  } else {
    target.on_push(message);
  }
}

// --- Broadcasting

void Tracking::broadcast_to(TrackingClient& client, Invalidation& all,
                            std::span<const ChangedKey* const> keys, Session& runner) {
  if (!client.has(kTrackingBroadcast)) return;
  if (!client.has(kTrackingNoLoop) || client.id != runner.id) return send(client, all, &runner);
  std::vector<const ChangedKey*> others;
  std::ranges::copy_if(keys, std::back_inserter(others), &ChangedKey::by_itself);
  if (others.empty()) return;
  Invalidation some(array_of_keys(others));
  send(client, some, &runner);
}

void Tracking::broadcast(Session& runner) {
  auto changed = std::exchange(runner.changed_keys, {});
  // A key that was changed twice is told once, as the session's change if it was one of them.
  std::ranges::sort(changed);
  const auto doubles = std::ranges::unique(changed, {}, &ChangedKey::key);
  changed.erase(doubles.begin(), doubles.end());
  const std::shared_lock lock(prefixes_mutex_);
  for (const auto& [prefix, clients] : prefixes_) {
    std::vector<const ChangedKey*> keys;
    for (const ChangedKey& one : changed) {
      if (one.key.starts_with(prefix)) keys.push_back(&one);
    }
    if (keys.empty()) continue;
    Invalidation all(array_of_keys(keys));
    for (const auto& client : clients) broadcast_to(*client, all, keys, runner);
  }
}

void Tracking::flush(Session& runner) {
  for (size_t index = 0; index < Keyspace::kShards; ++index) {
    if (parts_[index].empty()) continue;
    parts_[index].clear();
    keyspace_.shard(index).set_observed_by(kTracking, false);
  }
  key_count_ = 0;
  key_bytes_ = 0;
  item_count_ = 0;
  if (client_count() == 0) return;
  std::vector<std::shared_ptr<TrackingClient>> all;
  {
    const std::lock_guard lock(tracked_mutex_);
    for (const auto& [id, client] : tracked_) all.push_back(client);
  }
  Invalidation invalidation(Reply::null());
  for (const auto& client : all) send(*client, invalidation, &runner);
}

}  // namespace redstart
