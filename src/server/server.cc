#include "server/server.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

#include "execution/acl/acl.h"
#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/persistence.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

constexpr size_t kReservedFiles = 32;  // beside those of connections

// As many open files as clients are allowed, if the system lets us. Returns how many clients there is room for.
size_t raise_file_limit(size_t clients_max) {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients_max;
  const rlim_t wanted = clients_max + kReservedFiles;
  if (limit.rlim_cur < wanted) {
    const rlimit most = {.rlim_cur = wanted, .rlim_max = std::max(limit.rlim_max, wanted)};
    const rlimit permitted = {.rlim_cur = std::min(limit.rlim_max, wanted), .rlim_max = limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &most) != 0) ::setrlimit(RLIMIT_NOFILE, &permitted);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur <= kReservedFiles) return 1;
  return std::min<rlim_t>(clients_max, limit.rlim_cur - kReservedFiles);
}

}  // namespace

Server::Server(Store& store) : store_(store), executor_(store.executor()) {}

Server::~Server() { stop(); }

std::optional<std::string> Server::start() {
  auto problem = open();
  if (!problem) serve();
  return problem;
}

std::optional<std::string> Server::open() {
  Config& config = executor_.config();
  if (auto problem = executor_.acl().load_configured()) return problem;
  fit_clients_to_files();
  const size_t count = config.io_threads_is_set()
                           ? static_cast<size_t>(config.io_threads())
                           : std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 0; i < count; ++i) {
    threads_.push_back(std::make_unique<IoThread>(
        executor_, static_cast<int>(i), [this](Accepted accepted) { admit(std::move(accepted)); }));
  }
  auto problem = load_tls();
  if (!problem) problem = listen();
  if (problem) {
    threads_.clear();
    return problem;
  }
  follow_configuration();
  executor_.persistence().on_log_progress([this] {
    for (const auto& thread : threads_) thread->on_log_progress();
  });
  return std::nullopt;
}

void Server::serve() {
  for (const auto& thread : threads_) thread->start();
}

void Server::fit_clients_to_files() {
  Config& config = executor_.config();
  const size_t possible = raise_file_limit(config.clients_max());
  if (possible >= config.clients_max()) return;
  executor_.state().log("maxclients is " + std::to_string(possible) + " in place of " +
                        std::to_string(config.clients_max()) + ": the system allows no more open files (ulimit -n)");
  config.load("maxclients " + std::to_string(possible));
}

void Server::follow_configuration() {
  Config& config = executor_.config();
  config.on_change("maxclients", [&config]() -> std::optional<std::string> {
    const size_t possible = raise_file_limit(config.clients_max());
    if (possible >= config.clients_max()) return std::nullopt;
    return "The operating system is not able to handle the specified number of clients, try with " +
           std::to_string(possible);
  });
  const auto on_tls_change = [this]() -> std::optional<std::string> {
    auto problem = load_tls();
    if (problem) return "Unable to update TLS configuration: " + *problem;
    return std::nullopt;
  };
  for (const std::string_view directive : config.tls_directives()) {
    config.on_change(directive, on_tls_change);
  }
  for (const char* directive : {"port", "tls-port", "bind"}) {
    const bool is_bind = directive == std::string_view("bind");
    config.on_change(directive, [this, is_bind]() -> std::optional<std::string> {
      auto problem = listen();
      if (!problem) return std::nullopt;
      executor_.state().log(*problem);
      return is_bind ? "Failed to bind to specified addresses." : "Unable to listen on this port. Check server logs.";
    });
  }
}

std::optional<std::string> Server::load_tls() {
  const Config& config = executor_.config();
  if (config.tls_port() == 0) return std::nullopt;
  auto made = TlsContext::for_server(config.tls_settings());
  if (!made) return made.error();
  const std::lock_guard lock(tls_mutex_);
  tls_ = std::move(*made);
  return std::nullopt;
}

void Server::stop() {
  executor_.persistence().on_log_progress(nullptr);
  for (const auto& thread : threads_) thread->stop();
  threads_.clear();
  listening_.clear();
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  unix_path_.clear();
}

std::optional<std::string> Server::listen() {
  const Config& config = executor_.config();
  Opened opened;
  if (auto problem = open_port(config.port(), false, opened)) return problem;
  if (auto problem = open_port(config.tls_port(), true, opened)) return problem;
  if (auto problem = open_unix_socket(opened)) return problem;
  if (opened.listeners.empty()) {
    return opened.problem ? opened.problem
                          : "there is nothing to listen on: set a port or a unixsocket";
  }
  listening_ = std::move(opened.listening);
  threads_.front()->post(
      {.kind = IoThread::Message::Kind::listen, .listeners = std::move(opened.listeners)});
  return std::nullopt;
}

ListenResult Server::listener_at(const std::string& address, int port) {
  const auto found = listening_.find(address + ":" + std::to_string(port));
  if (found != listening_.end()) return FileDescriptor(::dup(found->second.get()));
  return listen_tcp(address, port, executor_.config().tcp_backlog());
}

std::optional<std::string> Server::open_port(int port, bool is_tls, Opened& opened) {
  if (port == 0) return std::nullopt;
  for (std::string address : executor_.config().bind_addresses()) {
    const bool is_optional = address.starts_with('-');
    if (is_optional) address.erase(0, 1);
    auto listener = listener_at(address, port);
    if (listener) {
      opened.listening.emplace(address + ":" + std::to_string(port),
                               FileDescriptor(::dup(listener->get())));
      opened.listeners.push_back({std::move(*listener), is_tls});
    } else if (!is_optional) {
      return listener.error();
    } else {
      opened.problem = listener.error();
    }
  }
  return std::nullopt;
}

std::optional<std::string> Server::open_unix_socket(Opened& opened) {
  const Config& config = executor_.config();
  const std::string path = config.unix_socket();
  if (path.empty()) return std::nullopt;
  ListenResult listener =
      listening_.contains(path)
          ? ListenResult(FileDescriptor(::dup(listening_[path].get())))
          : listen_unix(path, config.unix_socket_permissions(), config.tcp_backlog());
  if (!listener) return listener.error();
  opened.listening.emplace(path, FileDescriptor(::dup(listener->get())));
  opened.listeners.push_back({std::move(*listener)});
  unix_path_ = path;
  return std::nullopt;
}

std::string Server::addresses() const {
  const Config& config = executor_.config();
  std::string text;
  const auto add = [&](const std::string& address) {
    if (!text.empty()) text += ", ";
    text += address;
  };
  for (const int port : {config.port(), config.tls_port()}) {
    if (port == 0) continue;
    for (const std::string& address : config.bind_addresses()) {
      if (address.starts_with('-')) continue;
      add(address + ":" + std::to_string(port) + (port == config.tls_port() ? " (TLS)" : ""));
    }
  }
  if (!unix_path_.empty()) add(unix_path_);
  return text;
}

std::optional<std::string> Server::refusal(const Accepted& accepted) {
  const Config& config = executor_.config();
  if (executor_.clients().count() + arriving_ >= config.clients_max()) {
    return std::string(kTooManyClients);
  }
  if (config.protected_mode() && !accepted.is_local &&
      executor_.acl().default_user_has_no_password()) {
    return "-DENIED Redis is running in protected mode because protected mode is enabled and no "
           "password is set. Connect from this machine, set a password (requirepass), or turn "
           "protected-mode off where only clients that are trusted can connect.\r\n";
  }
  return std::nullopt;
}

void Server::admit(Accepted accepted) {
  if (const auto text = refusal(accepted)) {
    executor_.clients().connections_rejected.fetch_add(1);
    if (accepted.is_tls) return;  // it could not read that
    [[maybe_unused]] const auto sent =
        ::send(accepted.socket.get(), text->data(), text->size(), MSG_NOSIGNAL);
    return;
  }
  if (accepted.is_tls) {
    const std::lock_guard lock(tls_mutex_);
    accepted.tls = std::make_unique<TlsStream>(*tls_, accepted.socket.get());
  }
  ++arriving_;
  accepted.arrival = std::shared_ptr<void>(nullptr, [this](void*) { --arriving_; });
  threads_[next_thread_++ % threads_.size()]->post(
      {.kind = IoThread::Message::Kind::adopt,
       .accepted = std::make_unique<Accepted>(std::move(accepted))});
}

}  // namespace redstart
