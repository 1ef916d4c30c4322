#include "client/sentinel/sentinel_router.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "client/session_commands.h"

namespace redstart {
namespace {

OpenOptions options_for_sentinels(const OpenOptions& options) {
  OpenOptions changed = options;
  changed.user = options.sentinel_user;
  changed.password = options.sentinel_password;
  changed.db = 0;
  changed.connections = 1;
  changed.durability.reset();  // they have no log
  return changed;
}

std::optional<remote::Endpoint> endpoint_from(const std::string& host, const std::string& port) {
  remote::Endpoint endpoint{host, 0, {}};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (host.empty() || error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return endpoint;
}

// A server as SENTINEL REPLICAS shows it, names and values in turn; nothing when it is down.
std::optional<remote::Endpoint> replica_from(const Reply& fields) {
  std::string host, port;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string &name = fields[i].text(), &value = fields[i + 1].text();
    if (name == "ip") host = value;
    if (name == "port") port = value;
    if (name == "flags" && (value.contains("down") || value.contains("disconnected")))
      return std::nullopt;
    if (name == "master-link-status" && value != "ok") return std::nullopt;
  }
  return endpoint_from(host, port);
}

// Of a service, as SENTINEL MASTER shows it.
std::optional<int64_t> config_epoch_in(const Reply& fields) {
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text() != "config-epoch") continue;
    const std::string& text = fields[i + 1].text();
    int64_t epoch = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
    if (error == std::errc() && end == text.data() + text.size()) return epoch;
  }
  return std::nullopt;
}

Error no_master_error(const remote::Endpoint& endpoint) {
  return {ErrorCode::connection_lost, Outcome::not_done, endpoint.text() + " is not the master any more"};
}

}  // namespace

struct SentinelRouter::Search {
  std::vector<remote::Endpoint> sentinels;
  size_t current = 0;
  Answer answer;
  std::optional<Answer> older;  // the newest of those that are older than what is known
  bool have_all_answered = true;
  std::optional<bool> has_master;  // whether the master known is one still, once it was asked
};

result<std::shared_ptr<SentinelRouter>> SentinelRouter::open(SentinelSettings settings) {
  auto io = remote::IoThread::start();
  if (!io) return std::unexpected(std::move(io.error()));
  std::shared_ptr<SentinelRouter> router(
      new SentinelRouter(std::make_shared<remote::IoLease>(std::move(*io)), std::move(settings)));
  if (auto found = router->find_servers(); !found) {
    router->close();
    return std::unexpected(std::move(found.error()));
  }
  router->watch();
  return router;
}

SentinelRouter::SentinelRouter(std::shared_ptr<remote::IoLease> io, SentinelSettings settings)
    : RefreshingRouter(std::move(io), settings.options, std::move(settings.tls)),
      sentinels_(std::move(settings.sentinels)),
      service_(std::move(settings.service)),
      sentinel_options_(options_for_sentinels(settings.options)) {}

// --- Where commands go

Router::Node SentinelRouter::node_of(int, bool reads, size_t retry) const {
  const auto known = servers();
  if (!reads || options().read_from == ReadFrom::master) return known->master;
  const size_t choices = known->replicas.size() + (options().read_from == ReadFrom::any);
  if (choices == 0 || retry > choices) return known->master;
  const size_t choice = (next_turn() + retry) % choices;
  return choice < known->replicas.size() ? known->replicas[choice] : known->master;
}

Router::Node SentinelRouter::only_node() const {
  return options().read_from == ReadFrom::master ? servers()->master : nullptr;
}

Router::Node SentinelRouter::direct(WordSpan words) const {
  const bool reads = options().read_from != ReadFrom::master && is_read_only(words[0]);
  return node_of(RoutePart::kAnySlot, reads, 0);
}

result<Route> SentinelRouter::route(WordSpan) const {
  Route route;
  route.parts.emplace_back();
  return route;
}

result<std::unique_ptr<Backend>> SentinelRouter::dedicated() {
  if (is_closed()) return std::unexpected(closed_error());
  const Node master = servers()->master;
  auto session = connected_session(master->endpoint(), remote::ServerRole::master);
  if (!session) {
    refresh();
    return session;
  }
  const std::lock_guard lock(sessions_mutex_);
  // Whoever leaves this master from now on finds the session.
  if (servers()->master != master) return std::unexpected(no_master_error(master->endpoint()));
  std::erase_if(sessions_, [](const auto& one) { return one.expired(); });
  sessions_.push_back((*session)->session_connection());
  return session;
}

void SentinelRouter::end_sessions(const Error& reason) {
  std::vector<std::weak_ptr<remote::Connection>> left;
  {
    const std::lock_guard lock(sessions_mutex_);
    left.swap(sessions_);
  }
  for (const auto& one : left) {
    if (const auto connection = one.lock()) connection->give_up(reason);
  }
}

void SentinelRouter::close() {
  RefreshingRouter::close();
  std::map<std::string, Node> askers;
  Node listener;
  {
    const std::lock_guard lock(listener_mutex_);
    askers.swap(askers_);
    listener = std::exchange(listener_, nullptr);
  }
  for (const auto& [endpoint, asker] : askers) asker->close();
  if (listener) listener->close();
}

// --- Who is the master

void SentinelRouter::watch() {
  io().post_at(remote::SteadyClock::now() + kWatchInterval, [weak = std::weak_ptr(self())] {
    const auto router = weak.lock();
    if (!router || router->is_closed()) return;
    router->refresh();
    router->watch();
  });
}

void SentinelRouter::begin_refresh() {
  const auto search = std::make_shared<Search>();
  search->sentinels = sentinels_;
  std::ranges::shuffle(search->sentinels, std::minstd_rand(std::random_device{}()));
  ask_sentinel(search);
}

Router::Node SentinelRouter::asker_at(const remote::Endpoint& endpoint, const OpenOptions& options) {
  const std::lock_guard lock(listener_mutex_);
  if (is_closed()) return make_asker(endpoint, options, remote::RemoteBackend::Kind::shared);
  Node& asker = askers_[endpoint.text()];
  if (!asker) asker = make_asker(endpoint, options, remote::RemoteBackend::Kind::shared);
  return asker;
}

// The next question goes over a new connection: nothing may come over this one any more.
void SentinelRouter::forget_asker(const remote::Endpoint& endpoint) {
  const std::lock_guard lock(listener_mutex_);
  askers_.erase(endpoint.text());
}

// Those of servers that are not asked any more go.
void SentinelRouter::keep_askers(const remote::Endpoint& master) {
  const std::lock_guard lock(listener_mutex_);
  std::erase_if(askers_, [&](const auto& asker) {
    return asker.first != master.text() && std::ranges::none_of(sentinels_, [&](const auto& sentinel) {
      return sentinel.text() == asker.first;
    });
  });
}

void SentinelRouter::ask_sentinel(std::shared_ptr<Search> search) {
  const Node sentinel = asker_at(search->sentinels[search->current], sentinel_options_);
  sentinel->submit({.commands = {{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", service_},
                                 {"SENTINEL", "MASTER", service_},
                                 {"SENTINEL", "REPLICAS", service_}},
                    .options = {.timeout = patience()}},
                   [self = self(), search, sentinel](BatchResult outcome) {
                     self->take_answer(search, std::move(outcome));
                   });
}

void SentinelRouter::take_answer(std::shared_ptr<Search> search, BatchResult outcome) {
  const remote::Endpoint& sentinel = search->sentinels[search->current];
  auto address = std::move(outcome[0]);
  if (!address) forget_asker(sentinel);
  if (address) address = checked(std::move(*address));
  const auto master =
      address && address->size() == 2 ? endpoint_from((*address)[0].text(), (*address)[1].text()) : std::nullopt;
  if (!master) {
    search->have_all_answered = false;
    return ask_next(search, address ? Error{ErrorCode::invalid_argument, Outcome::not_done,
                                            "the sentinels know no service '" + service_ + "'"}
                                    : address.error());
  }
  Answer answer{.sentinel = sentinel, .master = *master, .replicas = {}, .epoch = {}};
  if (outcome[1]) answer.epoch = config_epoch_in(*outcome[1]);
  if (outcome[2]) {
    for (const Reply& fields : outcome[2]->elements()) {
      if (auto replica = replica_from(fields)) answer.replicas.push_back(std::move(*replica));
    }
  }
  if (answer.epoch.value_or(epoch_) >= epoch_) {
    search->answer = std::move(answer);
    return ask_role(search);
  }
  if (!search->older || search->older->epoch < answer.epoch) search->older = std::move(answer);
  ask_next(search, Error{ErrorCode::cluster_down, Outcome::not_done,
                         "the sentinel " + sentinel.text() + " has missed a failover"});
}

// Whether a server says that it is a master. Errors: it says nothing.
void SentinelRouter::role_of(const remote::Endpoint& endpoint, RoleDone done) {
  const Node server = asker_at(endpoint, options());
  server->submit({.commands = {{"ROLE"}}, .options = {.timeout = patience()}},
                 [self = self(), server, done = std::move(done)](BatchResult outcome) {
                   auto role = std::move(outcome.front());
                   if (!role) self->forget_asker(server->endpoint());
                   if (role) role = checked(std::move(*role));
                   if (!role) return done(std::unexpected(role.error()));
                   done(role->size() > 0 && (*role)[0].text() == "master");
                 });
}

void SentinelRouter::ask_role(std::shared_ptr<Search> search) {
  role_of(search->answer.master, [self = self(), search](result<bool> is_master) {
    const remote::Endpoint& endpoint = search->answer.master;
    if (is_master && *is_master) return self->take_servers(search->answer);
    const auto known = self->servers();
    if (known && known->master->endpoint().text() == endpoint.text()) {
      search->has_master = false;
      if (is_master) self->leave_master();
    }
    self->ask_next(search, is_master ? Error{ErrorCode::read_only, Outcome::not_done,
                                             endpoint.text() + " is not the master that a sentinel takes it for"}
                                     : is_master.error());
  });
}

void SentinelRouter::ask_next(std::shared_ptr<Search> search, Error failure) {
  if (is_closed()) return end_refresh(std::move(failure));
  if (++search->current < search->sentinels.size()) return ask_sentinel(search);
  conclude(search, std::move(failure));
}

// No sentinel has named a master that is one, or those that did have missed a failover.
void SentinelRouter::conclude(std::shared_ptr<Search> search, Error failure) {
  const auto known = servers();
  if (known && !search->has_master) {
    return role_of(known->master->endpoint(), [self = self(), search, failure](result<bool> is_master) {
      search->has_master = is_master.value_or(false);
      if (is_master && !*is_master) self->leave_master();
      self->conclude(search, failure);
    });
  }
  const bool is_older_believed = search->have_all_answered || !search->has_master.value_or(false);
  if (!search->older || !is_older_believed) return end_refresh(std::move(failure));
  search->answer = *std::exchange(search->older, std::nullopt);
  ask_role(search);
}

void SentinelRouter::take_servers(const Answer& answer) {
  auto found = std::make_shared<Servers>();
  Pool kept;
  const auto keep = [&](const remote::Endpoint& endpoint, remote::ServerRole role) {
    Node node = pooled(endpoint, role);
    kept.emplace(PoolKey{endpoint.text(), role}, node);
    return node;
  };
  found->master = keep(answer.master, remote::ServerRole::master);
  for (const auto& endpoint : answer.replicas) found->replicas.push_back(keep(endpoint, remote::ServerRole::any));
  epoch_ = answer.epoch.value_or(epoch_);
  const auto known = servers();
  const Node left = known && known->master != found->master ? known->master : nullptr;
  servers_.store(std::move(found));
  keep_only(kept);
  keep_askers(answer.master);
  if (left) {
    ++session_epoch_;
    const Error reason = no_master_error(left->endpoint());
    left->close(reason);
    end_sessions(reason);
  }
  listen_to(answer.sentinel);
  end_refresh(std::nullopt);
}

// The master known says that it is none, and nobody names another yet.
void SentinelRouter::leave_master() {
  const auto known = servers();
  if (known->is_left) return;
  auto left = std::make_shared<Servers>(*known);
  left->is_left = true;
  left->master = renewed(known->master->endpoint(), remote::ServerRole::master);
  servers_.store(std::move(left));
  ++session_epoch_;
  const Error reason = no_master_error(known->master->endpoint());
  known->master->close(reason);
  end_sessions(reason);
}

void SentinelRouter::listen_to(const remote::Endpoint& sentinel) {
  const std::lock_guard lock(listener_mutex_);
  if (is_listening_ || is_closed()) return;
  is_listening_ = true;
  listener_ = make_asker(sentinel, sentinel_options_, remote::RemoteBackend::Kind::session);
  std::weak_ptr<SentinelRouter> weak = self();
  listener_->set_push_handler([weak](const Reply& push) {
    const auto router = weak.lock();
    if (!router) return;
    if (push.size() > 0 && push[0].text() == "connection_lost") {
      const std::lock_guard inner(router->listener_mutex_);
      router->is_listening_ = false;
    }
    router->refresh();
  });
  listener_->submit({.commands = {{"SUBSCRIBE", "+switch-master"}}, .options = {.timeout = patience()}},
                    [weak](BatchResult outcome) {
                      const auto router = weak.lock();
                      if (!router || outcome.front()) return;
                      const std::lock_guard inner(router->listener_mutex_);
                      router->is_listening_ = false;  // the next refresh tries another
                    });
}

}  // namespace redstart
