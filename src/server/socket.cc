#include "server/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace redstart {
namespace {

void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

std::string with_port(const char* host, int port, bool is_v6) {
  const std::string text = is_v6 ? "[" + std::string(host) + "]" : host;
  return text + ":" + std::to_string(port);
}

std::string name_of(const sockaddr_storage& address) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    return with_port(host, ntohs(v4.sin_port), false);
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
  return with_port(host, ntohs(v6.sin6_port), true);
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

std::string problem_with(const std::string& where, int error) {
  std::string text = "cannot listen on " + where + ": " + std::strerror(error);
  if (error == EADDRINUSE) text += " (is another server running? choose another port with --port)";
  return text;
}

ListenResult listen_at(const addrinfo& info, const std::string& where, int backlog) {
  FileDescriptor listener(
      ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, info.ai_protocol));
  if (!listener) return std::unexpected(problem_with(where, errno));
  set_option(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (info.ai_family == AF_INET6) set_option(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(listener.get(), info.ai_addr, info.ai_addrlen) != 0 ||
      ::listen(listener.get(), backlog) != 0) {
    return std::unexpected(problem_with(where, errno));
  }
  return listener;
}

bool is_served(const sockaddr_un& address) {
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

ListenResult listen_tcp(const std::string& address, int port, int backlog) {
  const std::string where = address + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (address == "*") hints.ai_family = AF_INET;
  if (address == "::*") hints.ai_family = AF_INET6;
  const char* node = hints.ai_family == AF_UNSPEC ? address.c_str() : nullptr;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(node, std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return std::unexpected("cannot listen on " + where + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  return listen_at(*found, where, backlog);
}

ListenResult listen_unix(const std::string& path, int permissions, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return std::unexpected("cannot listen on " + path + ": a socket's path has at most " +
                           std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  path.copy(address.sun_path, path.size());
  if (is_served(address)) return std::unexpected(problem_with(path, EADDRINUSE));
  struct stat status;
  if (::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), backlog) != 0) {
    return std::unexpected(problem_with(path, errno));
  }
  if (permissions != 0) ::chmod(path.c_str(), static_cast<mode_t>(permissions));
  return listener;
}

Accepted accept_next(int listener) {
  Accepted accepted;
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  do {
    accepted.socket = FileDescriptor(::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size,
                                               SOCK_NONBLOCK | SOCK_CLOEXEC));
  } while (!accepted.socket && (errno == EINTR || errno == ECONNABORTED));
  if (!accepted.socket) return accepted;
  if (peer.ss_family == AF_UNIX) {
    sockaddr_un local{};
    size = sizeof local;
    ::getsockname(accepted.socket.get(), reinterpret_cast<sockaddr*>(&local), &size);
    accepted.is_unix = accepted.is_local = true;
    accepted.local_address = accepted.address = std::string(local.sun_path) + ":0";
    return accepted;
  }
  sockaddr_storage local{};
  size = sizeof local;
  ::getsockname(accepted.socket.get(), reinterpret_cast<sockaddr*>(&local), &size);
  accepted.address = name_of(peer);
  accepted.local_address = name_of(local);
  accepted.is_local = is_loopback(peer);
  return accepted;
}

void set_tcp_options(int socket, int keepalive_s) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keepalive_s <= 0) return;
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_s);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, keepalive_s / 3));
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace redstart
