// ClientCache: a CacheTable, a session that is told what changes, and a thread that looks after the
// session.
//
// Who vouches for the table: the session, until `vouched_until_`. A sign of life is a PING that was
// answered, and behind it a batch whose completion runs after all pushes that came before it: what
// the store knew to be changed when it answered has been dropped here by then. So at the moment
// when the PING was sent, nothing in the table was out of date.
#include "redstart/client_cache.h"

#include <time.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "client/cache/cache_table.h"

namespace redstart {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

// steady_clock, up to a tick of the kernel (4 ms) behind, for a fraction of its price.
int64_t coarse_now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

int64_t ns_of(Clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
}

// How far the coarse clock may be behind.
constexpr int64_t kCoarseNs = 10'000'000;
constexpr std::chrono::milliseconds kStalenessMin{50};

}  // namespace

class ClientCache::State : public std::enable_shared_from_this<ClientCache::State> {
 public:
  State(Client client, ClientCacheOptions options)
      : client_(std::move(client)),
        options_(std::move(options)),
        table_(options_.bytes_max, std::min(options_.entry_bytes_max, options_.bytes_max)) {}

  result<void> start() {
    if (auto opened = open_session(); !opened) return opened;
    keeper_ = std::thread([this] { keep(); });
    return {};
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (keeper_.joinable()) keeper_.join();
    if (const auto session = take_session()) end(*session);
  }

  bool is_vouched_for() const {
    return coarse_now_ns() < vouched_until_ns_.load(std::memory_order_acquire);
  }

  template <class Use>
  result<void> read(std::string_view key, Use&& use) {
    const bool is_vouched = is_vouched_for();
    if (is_vouched && table_.find(key, use)) return {};
    // The ticket comes first: when the session is lost after it, so is the fill.
    const auto ticket = table_.begin_fill(key);
    const auto session = is_vouched ? current_session() : nullptr;
    if (!session) {
      table_.give_up_fill(ticket);
      bypassed_.fetch_add(1, std::memory_order_relaxed);
      return take(client_.get(key), use);
    }
    auto value = session->get(key);
    if (!value) {
      table_.give_up_fill(ticket);
      const bool is_session_lost = value.error().code == ErrorCode::connection_lost ||
                                   value.error().code == ErrorCode::closed;
      return is_session_lost ? take(client_.get(key), use) : take(std::move(value), use);
    }
    table_.finish_fill(ticket, key, *value);
    return take(std::move(value), use);
  }

  result<std::vector<std::optional<std::string>>> mget(std::span<const std::string> keys) {
    std::vector<std::optional<std::string>> values(keys.size());
    std::vector<size_t> missing;
    const bool is_vouched = is_vouched_for();
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto use = [&](std::optional<std::string_view> value) { values[i] = value; };
      if (!is_vouched || !table_.find(keys[i], use)) missing.push_back(i);
    }
    if (missing.empty()) return values;
    std::vector<CacheTable::Ticket> tickets;
    for (const size_t i : missing) tickets.push_back(table_.begin_fill(keys[i]));
    const auto session = is_vouched ? current_session() : nullptr;
    Pipeline pipeline = (session ? *session : client_).pipeline();
    std::vector<Pending<std::optional<std::string>>> pending;
    for (const size_t i : missing) pending.push_back(pipeline.get(keys[i]));
    if (!session) bypassed_.fetch_add(missing.size(), std::memory_order_relaxed);
    auto failure = pipeline.run();
    for (size_t k = 0; k < missing.size(); ++k) {
      const auto& value = pending[k].get();
      if (session && value) {
        table_.finish_fill(tickets[k], keys[missing[k]], *value);
      } else {
        table_.give_up_fill(tickets[k]);
      }
      if (!value && failure) failure = std::unexpected(value.error());
      if (value) values[missing[k]] = *value;
    }
    if (!failure) return std::unexpected(failure.error());
    return values;
  }

  void forget(std::string_view key) { table_.invalidate(key); }
  void clear() { table_.clear(); }

  ClientCacheStats stats() const {
    const auto counts = table_.counts();
    ClientCacheStats stats{.hits = counts.hits,
                           .misses = counts.misses,
                           .bypassed = bypassed_,
                           .invalidations = invalidations_,
                           .flushes = flushes_,
                           .late_fills = counts.late_fills,
                           .evictions = counts.evictions,
                           .losses = losses_,
                           .entries = counts.entries,
                           .bytes = counts.bytes};
    const std::lock_guard lock(mutex_);
    stats.delay = delay_;
    stats.delay_max = delay_max_;
    stats.staleness_seen = staleness_seen_;
    return stats;
  }

 private:
  template <class Use>
  static result<void> take(result<std::optional<std::string>> value, Use&& use) {
    if (!value) return std::unexpected(std::move(value.error()));
    use(*value ? std::optional<std::string_view>(**value) : std::nullopt);
    return {};
  }

  std::shared_ptr<Client> current_session() const {
    const std::lock_guard lock(mutex_);
    return session_;
  }
  std::shared_ptr<Client> take_session() {
    const std::lock_guard lock(mutex_);
    return std::exchange(session_, nullptr);
  }
  static void end(Client& session) {
    session.on_push({});
    session.close();
  }

  // Errors of this: not the store's fault only; the keeper tries again.
  result<void> open_session() {
    auto opened = client_.dedicated();
    if (!opened) return std::unexpected(std::move(opened.error()));
    const auto session = std::make_shared<Client>(std::move(*opened));
    const uint64_t number = ++session_number_;
    session->on_push([weak = weak_from_this(), number](const Reply& push) {
      if (const auto self = weak.lock()) self->on_push(push, number);
    });
    WordList words("CLIENT", "TRACKING", "ON");
    if (options_.broadcasts) words.add("BCAST");
    for (const auto& prefix : options_.prefixes) words.add("PREFIX").add(prefix);
    const auto tracks = session->call(words.span());
    if (!tracks) {
      end(*session);
      return std::unexpected(tracks.error());
    }
    {
      const std::lock_guard lock(mutex_);
      session_ = session;
    }
    return give_sign(*session, number);
  }

  // Asks for a sign of life, and vouches for the table from then on.
  result<void> give_sign(Client& session, uint64_t number) {
    const auto asked_at = Clock::now();
    const std::string_view ping[] = {"PING"};
    const CallOptions options{.timeout = options_.staleness_max};
    if (auto answered = session.call(ping, options); !answered)
      return std::unexpected(answered.error());
    Batch behind;
    behind.commands = {{"PING"}};
    behind.options = options;
    const auto seen = session.run_batch(std::move(behind));
    if (!seen.front()) return std::unexpected(seen.front().error());
    const auto delay = std::chrono::duration_cast<microseconds>(Clock::now() - asked_at);
    const std::lock_guard lock(mutex_);
    if (number != session_number_ || !session_)
      return std::unexpected(
          Error{ErrorCode::connection_lost, Outcome::not_done, "the session was lost"});
    delay_ = delay;
    delay_max_ = std::max(delay_max_, delay);
    const auto since = std::chrono::duration_cast<microseconds>(Clock::now() - vouched_at_);
    if (vouched_until_ns_ != 0)
      staleness_seen_ =
          std::max(staleness_seen_, std::min<microseconds>(since, options_.staleness_max));
    vouched_at_ = asked_at;
    vouched_until_ns_.store(ns_of(asked_at + options_.staleness_max) - kCoarseNs,
                            std::memory_order_release);
    return {};
  }

  // What this session was told is not told any more.
  void lose(uint64_t number) {
    std::shared_ptr<Client> session;
    {
      const std::lock_guard lock(mutex_);
      if (number != session_number_ || !session_) return;
      vouched_until_ns_.store(0, std::memory_order_release);
      // Before there can be another session, which would vouch for what is left.
      table_.clear();
      session = std::exchange(session_, nullptr);
      ++losses_;
    }
    changed_.notify_all();
  }

  void on_push(const Reply& push, uint64_t number) {
    if (push.size() == 0) return;
    if (push[0].text() == "connection_lost") return lose(number);
    if (push[0].text() != "invalidate" || push.size() < 2) return;
    if (push[1].is_null()) {
      flushes_.fetch_add(1, std::memory_order_relaxed);
      return table_.clear();
    }
    invalidations_.fetch_add(push[1].size(), std::memory_order_relaxed);
    for (const Reply& key : push[1].elements()) table_.invalidate(key.text());
  }

  void keep() {
    const auto pause = options_.staleness_max / 4;
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait_for(lock, pause, [&] { return stopping_; });
      if (stopping_) return;
      const auto session = session_;
      const uint64_t number = session_number_;
      lock.unlock();
      if (!session) {
        if (!open_session()) drop_unvouched();
      } else if (!give_sign(*session, number)) {
        lose(number);
        end(*session);
      }
      lock.lock();
    }
  }
  // A session that was made but gave no sign of life.
  void drop_unvouched() {
    if (const auto session = take_session()) end(*session);
    table_.clear();
  }

  Client client_;
  const ClientCacheOptions options_;
  CacheTable table_;
  std::atomic<int64_t> vouched_until_ns_{0};
  std::atomic<uint64_t> session_number_{0};
  std::atomic<uint64_t> bypassed_{0}, invalidations_{0}, flushes_{0}, losses_{0};
  std::thread keeper_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::shared_ptr<Client> session_;
  bool stopping_ = false;
  Clock::time_point vouched_at_;
  microseconds delay_{0}, delay_max_{0}, staleness_seen_{0};
};

result<ClientCache> ClientCache::open(Client client, ClientCacheOptions options) {
  if (options.staleness_max < kStalenessMin || options.bytes_max == 0) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                 "a cache needs bytes_max above 0 and staleness_max of at least " +
                                     std::to_string(kStalenessMin.count()) + " ms"});
  }
  if (!options.broadcasts && !options.prefixes.empty()) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                 "prefixes are for caches with broadcasts"});
  }
  auto state = std::make_shared<State>(std::move(client), std::move(options));
  if (auto started = state->start(); !started) {
    state->stop();
    return std::unexpected(std::move(started.error()));
  }
  return ClientCache(std::move(state));
}

ClientCache::ClientCache(std::shared_ptr<State> state) : state_(std::move(state)) {}
ClientCache::ClientCache(ClientCache&&) noexcept = default;
ClientCache& ClientCache::operator=(ClientCache&& other) noexcept {
  if (state_ && state_ != other.state_) state_->stop();
  state_ = std::move(other.state_);
  return *this;
}
ClientCache::~ClientCache() {
  if (state_) state_->stop();
}

result<std::optional<std::string>> ClientCache::get(std::string_view key) {
  std::optional<std::string> copy;
  auto read = state_->read(key, [&](std::optional<std::string_view> value) { copy = value; });
  if (!read) return std::unexpected(std::move(read.error()));
  return copy;
}

result<bool> ClientCache::get(std::string_view key, std::string& value) {
  bool is_there = false;
  auto read = state_->read(key, [&](std::optional<std::string_view> found) {
    is_there = found.has_value();
    if (found) value.assign(*found);
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return is_there;
}

result<void> ClientCache::read(std::string_view key,
                               const std::function<void(std::optional<std::string_view>)>& use) {
  return state_->read(key, use);
}

result<std::vector<std::optional<std::string>>> ClientCache::mget(
    std::span<const std::string> keys) {
  return state_->mget(keys);
}

void ClientCache::forget(std::string_view key) { state_->forget(key); }
void ClientCache::clear() { state_->clear(); }
ClientCacheStats ClientCache::stats() const { return state_->stats(); }
bool ClientCache::is_vouched_for() const { return state_->is_vouched_for(); }

}  // namespace redstart
