// ClientCache: no value that is older than what the cache has been told of, however late replies and invalidations
// come; nothing kept over a lost connection. The store tracks as it does for a connection; what it tells waits here
// until it is delivered, in order, at any moment, also while a read's reply is on its way.
#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "client/embedded.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "redstart/client_cache.h"
#include "resp/reply_builder.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

constexpr size_t kKeys = 4;

// A connection that tracks, with what the store has told it and nobody has read yet.
class TrackedConnection final : public Session {
 public:
  struct Hooks {
    std::function<void()> told;             // the store has told something
    std::function<void(const Reply&)> read;  // the oldest of it comes to the cache
    std::function<void()> executed;         // a command was executed; its reply is on its way
  };

  TrackedConnection(Executor& executor, Hooks hooks) : executor_(executor), hooks_(std::move(hooks)) {
    protocol = 3;
    shown_protocol = 3;
    executor_.attach(*this);
  }
  ~TrackedConnection() override { executor_.detach(*this); }

  // Nothing when the connection is lost.
  std::optional<std::vector<Reply>> run(const std::vector<std::vector<std::string_view>>& commands, bool in_order) {
    std::vector<Reply> replies;
    for (const auto& words : commands) {
      if (is_lost_) return std::nullopt;
      ReplyBuilder builder(3);
      executor_.execute(*this, words, builder);
      send_own_pushes();
      replies.push_back(builder.take());
    }
    const size_t told_before = delivered_ + undelivered_.size();
    hooks_.executed();
    while (in_order && delivered_ < told_before && deliver()) {
    }
    if (is_lost_) return std::nullopt;
    return replies;
  }
  bool deliver() {
    if (is_lost_ || undelivered_.empty()) return false;
    const Reply push = std::move(undelivered_.front());
    undelivered_.pop_front();
    ++delivered_;
    hooks_.read(push);
    hand_over(push);
    return true;
  }
  void lose() {
    if (std::exchange(is_lost_, true)) return;
    undelivered_.clear();
    hand_over(Reply::aggregate(Reply::Type::push, {Reply::bulk("connection_lost")}));
  }
  bool is_lost() const { return is_lost_; }
  void set_handler(PushHandler handler) { handler_ = std::move(handler); }

  void on_push(std::shared_ptr<const Reply> message) override {
    undelivered_.push_back(*message);
    hooks_.told();
  }
  void on_unblocked(Reply) override {}
  void on_kill() override {}

 private:
  void hand_over(const Reply& push) {
    if (const PushHandler handler = handler_) handler(push);
  }

  Executor& executor_;
  const Hooks hooks_;
  std::deque<Reply> undelivered_;
  size_t delivered_ = 0;
  PushHandler handler_;
  bool is_lost_ = false;
};

std::unexpected<Error> lost() {
  return std::unexpected(Error{ErrorCode::connection_lost, Outcome::unknown, "the connection is lost"});
}

class TrackedBackend final : public Backend {
 public:
  explicit TrackedBackend(std::shared_ptr<TrackedConnection> connection) : connection_(std::move(connection)) {}
  result<Reply> call(WordSpan words, const CallOptions&) override {
    auto replies = connection_->run({{words.begin(), words.end()}}, false);
    if (!replies) return lost();
    return std::move(replies->front());
  }
  // Completes behind all that was told before the last reply.
  void submit(Batch batch, BatchDone done) override {
    std::vector<std::vector<std::string_view>> commands;
    for (const auto& words : batch.commands) commands.emplace_back(words.begin(), words.end());
    auto replies = connection_->run(commands, true);
    if (!replies) return done(BatchResult(commands.size(), lost()));
    BatchResult outcome;
    for (Reply& reply : *replies) outcome.emplace_back(std::move(reply));
    done(std::move(outcome));
  }
  result<std::unique_ptr<Backend>> dedicated() override { return lost(); }
  void set_push_handler(PushHandler handler) override { connection_->set_handler(std::move(handler)); }
  void close() override { connection_->lose(); }

 private:
  const std::shared_ptr<TrackedConnection> connection_;
};

// A store whose sessions are such connections.
class TrackedStore final : public Backend {
 public:
  using MakeSession = std::function<std::unique_ptr<Backend>()>;
  TrackedStore(const std::shared_ptr<Store>& store, MakeSession make_session)
      : store_(store, OpenOptions(), false), make_session_(std::move(make_session)) {}
  result<Reply> call(WordSpan words, const CallOptions& options) override { return store_.call(words, options); }
  void submit(Batch batch, BatchDone done) override { store_.submit(std::move(batch), std::move(done)); }
  result<std::unique_ptr<Backend>> dedicated() override { return make_session_(); }
  void set_push_handler(PushHandler) override {}
  void close() override {}

 private:
  EmbeddedBackend store_;
  const MakeSession make_session_;
};

class ClientCacheWorld final : public World {
 public:
  explicit ClientCacheWorld(Machine& machine)
      : machine_(machine),
        writer_(std::make_shared<EmbeddedBackend>(machine.store, OpenOptions(), false)),
        client_(std::make_shared<TrackedStore>(machine.store, [this] { return connect(); })),
        broadcasts_(machine.chance(300)) {
    open();
  }
  ~ClientCacheWorld() override {
    is_quiet_ = true;
    cache_.reset();
  }

  void step() override {
    if (connection_->is_lost() && machine_.chance(500)) return open();
    act();
  }

  void finish() override {
    is_quiet_ = true;
    open();
    change(0);
    while (connection_->deliver()) {
    }
    for (size_t i = 0; i < kKeys; ++i) read(i);
    const uint64_t hits = cache_->stats().hits;
    for (size_t i = 0; i < kKeys; ++i) read(i);
    check(cache_->stats().hits == hits + kKeys, "what was just read is not answered from here");
  }

 private:
  using Value = std::optional<std::string>;
  struct Key {
    std::string name;
    std::vector<Value> values = {std::nullopt};  // all that it ever had, the newest last
    size_t told = 0;  // the cache has been told that what stands before this is out of date
    size_t newest() const { return values.size() - 1; }
  };

  static std::array<Key, kKeys> make_keys() {
    std::array<Key, kKeys> keys;
    for (size_t i = 0; i < kKeys; ++i) keys[i].name = "key" + std::to_string(i);
    return keys;
  }
  size_t key_by_chance() { return machine_.random.below(kKeys); }
  void know_all() {
    for (Key& key : keys_) key.told = key.newest();
  }

  std::unique_ptr<Backend> connect() {
    connection_ = std::make_shared<TrackedConnection>(
        machine_.store->executor(),
        TrackedConnection::Hooks{.told = [this] { note_told(); },
                                 .read = [this](const Reply& push) { note_read(push); },
                                 .executed = [this] { interfere(); }});
    known_when_told_.clear();
    return std::make_unique<TrackedBackend>(connection_);
  }
  void open() {
    machine_.note("open");
    const bool was_quiet = std::exchange(is_quiet_, true);
    cache_.reset();
    know_all();
    invalidations_ = 0;
    // By the system's clock so long that nobody looks meanwhile whether the connection lives.
    auto opened = ClientCache::open(client_, {.staleness_max = std::chrono::hours(10), .broadcasts = broadcasts_});
    check(opened.has_value(), "a cache cannot be opened");
    cache_.emplace(std::move(*opened));
    is_quiet_ = was_quiet;
  }

  void act() {
    switch (machine_.random.below(10)) {
      case 0:
      case 1: return change(key_by_chance());
      case 2:
      case 3: return deliver();
      case 4: return forget(key_by_chance());
      case 5: return machine_.chance(100) ? lose() : machine_.chance(200) ? clear() : deliver();
      case 6: return depth_ < 3 ? read_all() : deliver();
      default: return depth_ < 3 ? read(key_by_chance()) : change(key_by_chance());
    }
  }
  // While a reply is on its way.
  void interfere() {
    if (is_quiet_ || !machine_.chance(500)) return;
    ++depth_;
    for (uint64_t i = 1 + machine_.random.below(3); i > 0; --i) act();
    --depth_;
  }

  void change(size_t index) {
    Key& key = keys_[index];
    const bool removes = key.values.back() && machine_.chance(200);
    key.values.push_back(removes ? Value() : Value(std::to_string(++last_value_)));
    machine_.note(key.name + " becomes " + key.values.back().value_or("nothing"));
    const auto done = removes ? writer_.command("DEL", key.name) : writer_.command("SET", key.name, *key.values.back());
    check(done.has_value(), "the store does not answer");
  }
  void deliver() {
    if (connection_->deliver()) machine_.note("deliver");
  }
  void lose() {
    machine_.note("lose the connection");
    connection_->lose();
    know_all();
    check(cache_->stats().entries == 0, "something is kept over a lost connection");
    check(!cache_->is_vouched_for(), "a lost connection vouches for the cache");
  }
  void clear() {
    machine_.note("clear");
    cache_->clear();
    know_all();
  }
  void forget(size_t index) {
    machine_.note("forget " + keys_[index].name);
    cache_->forget(keys_[index].name);
    keys_[index].told = keys_[index].newest();
  }

  // What the store tells now, it tells of the state of now.
  void note_told() {
    std::array<size_t, kKeys> newest;
    for (size_t i = 0; i < kKeys; ++i) newest[i] = keys_[i].newest();
    known_when_told_.push_back(newest);
  }
  void note_read(const Reply& push) {
    const auto newest = known_when_told_.front();
    known_when_told_.pop_front();
    if (push.size() < 2 || push[0].text() != "invalidate") return;
    for (const Reply& name : push[1].elements()) {
      ++invalidations_;
      const auto key = std::ranges::find(keys_, name.text(), &Key::name);
      check(key != keys_.end(), "the store tells of a key that there is not");
      key->told = std::max(key->told, newest[static_cast<size_t>(key - keys_.begin())]);
    }
  }

  void read(size_t index) {
    const Key& key = keys_[index];
    const size_t told = key.told;
    Value value;
    bool is_answered = false;
    if (machine_.chance(500)) {
      const auto got = cache_->get(key.name);
      is_answered = got.has_value();
      if (got) value = *got;
    } else {
      is_answered = cache_->read(key.name, [&](std::optional<std::string_view> found) { value = found; }).has_value();
    }
    machine_.note("read " + key.name + ": " + value.value_or("nothing"));
    check(is_answered, "a read fails, though the store can be asked");
    check_value(key, told, value);
    check(cache_->stats().invalidations >= invalidations_, "an invalidation was not heard");
  }
  void read_all() {
    std::vector<std::string> names;
    std::array<size_t, kKeys> told;
    for (size_t i = 0; i < kKeys; ++i) {
      names.push_back(keys_[i].name);
      told[i] = keys_[i].told;
    }
    const auto values = cache_->mget(names);
    machine_.note(values ? "read all" : "read all: " + values.error().message);
    if (!values) return check(connection_->is_lost(), "a read fails: " + values.error().message);
    for (size_t i = 0; i < kKeys; ++i) check_value(keys_[i], told[i], (*values)[i]);
  }
  // `told`: what the cache had been told of when it was asked.
  static void check_value(const Key& key, size_t told, const Value& value) {
    const auto first = key.values.begin() + static_cast<std::ptrdiff_t>(told);
    const bool is_current = std::find(first, key.values.end(), value) != key.values.end();
    check(is_current, key.name + " is " + value.value_or("nothing") + ", older than what the cache was told of");
  }

  Machine& machine_;
  std::array<Key, kKeys> keys_ = make_keys();
  Client writer_, client_;
  const bool broadcasts_;
  std::shared_ptr<TrackedConnection> connection_;             // the cache's
  std::deque<std::array<size_t, kKeys>> known_when_told_;     // of each push that is not delivered
  std::optional<ClientCache> cache_;
  uint64_t invalidations_ = 0;  // delivered
  bool is_quiet_ = false;       // nothing happens while a reply is on its way
  int depth_ = 0;
  int last_value_ = 0;
};

}  // namespace

std::unique_ptr<World> make_client_cache_world(Machine& machine) { return std::make_unique<ClientCacheWorld>(machine); }

}  // namespace redstart::simulation
