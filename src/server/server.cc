#include "server/server.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

#include "execution/acl/acl.h"
#include "execution/client_registry.h"
#include "execution/config.h"

namespace redstart {
namespace {

constexpr size_t kReservedFiles = 32;  // beside those of connections

// As many open files as clients are allowed, if the system lets us.
void raise_file_limit(size_t clients_max) {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = clients_max + kReservedFiles;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max(limit.rlim_max, wanted);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Server::Server(Store& store) : store_(store), executor_(store.executor()) {}

Server::~Server() { stop(); }

std::optional<std::string> Server::start() {
  Config& config = executor_.config();
  if (auto problem = executor_.acl().load_configured()) return problem;
  raise_file_limit(config.clients_max());
  const size_t count = config.io_threads_is_set()
                           ? static_cast<size_t>(config.io_threads())
                           : std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 0; i < count; ++i) {
    threads_.push_back(std::make_unique<IoThread>(
        executor_, static_cast<int>(i), [this](Accepted accepted) { admit(std::move(accepted)); }));
  }
  if (auto problem = listen()) {
    threads_.clear();
    return problem;
  }
  for (const char* directive : {"port", "bind"}) {
    config.on_change(directive, [this]() -> std::optional<std::string> {
      return listen()
                 ? std::optional<std::string>("Unable to listen on this port. Check server logs.")
                 : std::nullopt;
    });
  }
  for (const auto& thread : threads_) thread->start();
  return std::nullopt;
}

void Server::stop() {
  for (const auto& thread : threads_) thread->stop();
  threads_.clear();
  listening_.clear();
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  unix_path_.clear();
}

std::optional<std::string> Server::listen() {
  std::vector<FileDescriptor> listeners;
  if (auto problem = open_listeners(listeners)) return problem;
  threads_.front()->post(
      {.kind = IoThread::Message::Kind::listen, .listeners = std::move(listeners)});
  return std::nullopt;
}

ListenResult Server::listener_at(const std::string& address, int port) {
  const auto found = listening_.find(address + ":" + std::to_string(port));
  if (found != listening_.end()) return FileDescriptor(::dup(found->second.get()));
  return listen_tcp(address, port, executor_.config().tcp_backlog());
}

std::optional<std::string> Server::open_listeners(std::vector<FileDescriptor>& listeners) {
  const Config& config = executor_.config();
  std::map<std::string, FileDescriptor> listening;
  std::optional<std::string> problem;
  if (config.port() != 0) {
    for (std::string address : config.bind_addresses()) {
      const bool is_optional = address.starts_with('-');
      if (is_optional) address.erase(0, 1);
      auto listener = listener_at(address, config.port());
      if (listener) {
        listening.emplace(address + ":" + std::to_string(config.port()),
                          FileDescriptor(::dup(listener->get())));
        listeners.push_back(std::move(*listener));
      } else if (!is_optional) {
        return listener.error();
      } else {
        problem = listener.error();
      }
    }
  }
  const std::string path = config.unix_socket();
  if (!path.empty()) {
    ListenResult listener =
        listening_.contains(path)
            ? ListenResult(FileDescriptor(::dup(listening_[path].get())))
            : listen_unix(path, config.unix_socket_permissions(), config.tcp_backlog());
    if (!listener) return listener.error();
    listening.emplace(path, FileDescriptor(::dup(listener->get())));
    listeners.push_back(std::move(*listener));
    unix_path_ = path;
  }
  if (listeners.empty()) {
    return problem ? problem : "there is nothing to listen on: set a port or a unixsocket";
  }
  listening_ = std::move(listening);
  return std::nullopt;
}

std::string Server::addresses() const {
  const Config& config = executor_.config();
  std::string text;
  const auto add = [&](const std::string& address) {
    if (!text.empty()) text += ", ";
    text += address;
  };
  if (config.port() != 0) {
    for (const std::string& address : config.bind_addresses()) {
      if (!address.starts_with('-')) add(address + ":" + std::to_string(config.port()));
    }
  }
  if (!unix_path_.empty()) add(unix_path_);
  return text;
}

std::optional<std::string> Server::refusal(const Accepted& accepted) {
  const Config& config = executor_.config();
  if (executor_.clients().count() + arriving_ >= config.clients_max()) {
    return "-ERR max number of clients reached\r\n";
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
    [[maybe_unused]] const auto sent =
        ::send(accepted.socket.get(), text->data(), text->size(), MSG_NOSIGNAL);
    return;
  }
  ++arriving_;
  accepted.arrival = std::shared_ptr<void>(nullptr, [this](void*) { --arriving_; });
  threads_[next_thread_++ % threads_.size()]->post(
      {.kind = IoThread::Message::Kind::adopt,
       .accepted = std::make_unique<Accepted>(std::move(accepted))});
}

}  // namespace redstart
