#include "socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace load {
namespace {

[[noreturn]] void fail_by_tls(const std::string& what) {
  char text[256] = "the server closed the connection";
  if (const unsigned long error = ERR_get_error()) ERR_error_string_n(error, text, sizeof text);
  fail(what + ": " + text);
}

// What all connections share, made by the first.
SSL_CTX* tls_context(const Options& options) {
  static SSL_CTX* const context = [&] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    if (made == nullptr || SSL_CTX_load_verify_locations(made, options.tls_ca.c_str(), nullptr) != 1) {
      fail_by_tls("cannot use the certificates in " + options.tls_ca);
    }
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nullptr);
    // As few calls of the system as without TLS: a record is read in one, with its head.
    SSL_CTX_set_read_ahead(made, 1);
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
  }();
  return context;
}

}  // namespace

void Socket::Close::operator()(ssl_st* tls) const { SSL_free(tls); }

Socket::Socket(const Options& options) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(options.port));
  if (inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) fail("bad address " + options.host);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect to " + options.host + ":" + std::to_string(options.port) + ": " + std::strerror(errno));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!options.tls_ca.empty()) begin_tls(options);
}

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), tls_(std::move(other.tls_)) {}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

void Socket::begin_tls(const Options& options) {
  tls_.reset(SSL_new(tls_context(options)));
  SSL_set_fd(tls_.get(), fd_);
  if (SSL_connect(tls_.get()) != 1) fail_by_tls("TLS");
}

void Socket::stop_blocking() { fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK); }

size_t Socket::send(std::string_view bytes) {
  if (tls_) {
    size_t sent = 0;
    if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) == 1) return sent;
    if (SSL_get_error(tls_.get(), 0) != SSL_ERROR_WANT_WRITE) fail_by_tls("send");
    return 0;
  }
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno != EAGAIN) fail(std::string("send: ") + std::strerror(errno));
  return 0;
}

std::optional<size_t> Socket::receive(std::span<char> buffer) {
  if (tls_) {
    size_t received = 0;
    if (SSL_read_ex(tls_.get(), buffer.data(), buffer.size(), &received) == 1) return received;
    if (SSL_get_error(tls_.get(), 0) != SSL_ERROR_WANT_READ) fail_by_tls("receive");
    return std::nullopt;
  }
  const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (received > 0) return static_cast<size_t>(received);
  if (received == 0) fail("the server closed a connection");
  if (errno != EAGAIN) fail(std::string("receive: ") + std::strerror(errno));
  return std::nullopt;
}

void Socket::set_up(const std::string& command) {
  const std::string line = command + "\r\n";
  std::string reply(512, '\0');
  send(line);
  receive(reply);
  if (reply[0] != '+') fail("refused: " + command);
}

}  // namespace load
