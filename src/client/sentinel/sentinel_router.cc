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

}  // namespace

struct SentinelRouter::Search {
  std::vector<remote::Endpoint> sentinels;
  size_t current = 0;
  Node sentinel, master;
  std::vector<remote::Endpoint> replicas;
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
  auto session = connected_session(servers()->master->endpoint());
  if (session) return session;
  refresh();
  return session;
}

void SentinelRouter::close() {
  RefreshingRouter::close();
  Node listener;
  {
    const std::lock_guard lock(listener_mutex_);
    listener = std::exchange(listener_, nullptr);
  }
  if (listener) listener->close();
}

// --- Who is the master

void SentinelRouter::begin_refresh() {
  const auto search = std::make_shared<Search>();
  search->sentinels = sentinels_;
  std::ranges::shuffle(search->sentinels, std::minstd_rand(std::random_device{}()));
  ask_sentinel(search);
}

void SentinelRouter::ask_sentinel(std::shared_ptr<Search> search) {
  search->sentinel = make_asker(search->sentinels[search->current], sentinel_options_,
                                remote::RemoteBackend::Kind::shared);
  search->sentinel->submit(
      {.commands = {{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", service_}, {"SENTINEL", "REPLICAS", service_}},
       .options = {.timeout = patience()}},
      [self = self(), search](BatchResult outcome) { self->take_answer(search, std::move(outcome)); });
}

void SentinelRouter::take_answer(std::shared_ptr<Search> search, BatchResult outcome) {
  auto answer = std::move(outcome.front());
  if (answer) answer = checked(std::move(*answer));
  if (!answer) return ask_next(search, answer.error());
  const auto endpoint =
      answer->size() == 2 ? endpoint_from((*answer)[0].text(), (*answer)[1].text()) : std::nullopt;
  if (!endpoint) {
    return ask_next(search, Error{ErrorCode::invalid_argument, Outcome::not_done,
                                  "the sentinels know no service '" + service_ + "'"});
  }
  search->master = make_asker(*endpoint, options(), remote::RemoteBackend::Kind::shared);
  search->replicas.clear();
  if (outcome.back()) {
    for (const Reply& fields : outcome.back()->elements()) {
      if (auto replica = replica_from(fields)) search->replicas.push_back(std::move(*replica));
    }
  }
  ask_role(search);
}

void SentinelRouter::ask_role(std::shared_ptr<Search> search) {
  search->master->submit(
      {.commands = {{"ROLE"}}, .options = {.timeout = patience()}},
      [self = self(), search](BatchResult outcome) {
        auto role = std::move(outcome.front());
        if (role) role = checked(std::move(*role));
        if (!role) return self->ask_next(search, role.error());
        if (role->size() > 0 && (*role)[0].text() == "master") return self->take_servers(*search);
        self->ask_next(search, Error{ErrorCode::read_only, Outcome::not_done,
                                     search->master->endpoint().text() +
                                         " is not the master that a sentinel takes it for"});
      });
}

void SentinelRouter::ask_next(std::shared_ptr<Search> search, Error failure) {
  if (++search->current < search->sentinels.size() && !is_closed()) return ask_sentinel(search);
  end_refresh(std::move(failure));
}

void SentinelRouter::take_servers(const Search& search) {
  auto found = std::make_shared<Servers>();
  Pool kept;
  const auto keep = [&](const remote::Endpoint& endpoint) {
    Node node = pooled(endpoint, false);
    kept.emplace(PoolKey{endpoint.text(), false}, node);
    return node;
  };
  found->master = keep(search.master->endpoint());
  for (const auto& endpoint : search.replicas) found->replicas.push_back(keep(endpoint));
  const auto known = servers();
  const bool is_another = known && known->master->endpoint().text() != found->master->endpoint().text();
  servers_.store(std::move(found));
  if (is_another) ++session_epoch_;
  keep_only(kept);
  listen_to(search.sentinel->endpoint());
  end_refresh(std::nullopt);
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
