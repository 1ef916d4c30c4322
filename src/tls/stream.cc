#include "tls/stream.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace redstart {
namespace {

constexpr size_t kRecordBytesMax = 16 * 1024;

// --- A socket as OpenSSL reads and writes it, without SIGPIPE.

int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

int write_to_socket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_from_socket(BIO* bio, char* room, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(socket_of(bio), room, static_cast<size_t>(size), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long control_socket(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return 0;
}

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(made, write_to_socket);
    BIO_meth_set_read(made, read_from_socket);
    BIO_meth_set_ctrl(made, control_socket);
    return made;
  }();
  return method;
}

bool is_address(const std::string& name) {
  std::array<char, sizeof(in6_addr)> address;
  return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

// Puts the next bytes of the parts together, at most a record's, and without a copy when one part has them.
std::span<const char> next_record(std::span<const iovec> parts, size_t part, size_t offset,
                                  std::array<char, kRecordBytesMax>& room) {
  const auto* first = static_cast<const char*>(parts[part].iov_base) + offset;
  const size_t available = parts[part].iov_len - offset;
  if (available >= kRecordBytesMax || part + 1 == parts.size()) {
    return {first, std::min(available, kRecordBytesMax)};
  }
  size_t size = 0;
  for (; part < parts.size() && size < kRecordBytesMax; ++part, offset = 0) {
    const size_t count = std::min(parts[part].iov_len - offset, kRecordBytesMax - size);
    std::memcpy(room.data() + size, static_cast<const char*>(parts[part].iov_base) + offset, count);
    size += count;
  }
  return {room.data(), size};
}

}  // namespace

TlsStream::TlsStream(const TlsContext& context, int socket) : ssl_(SSL_new(context.get())) {
  attach(socket);
  SSL_set_accept_state(ssl_);
}

TlsStream::TlsStream(const TlsContext& context, int socket, const std::string& server_name,
                     bool checks_name)
    : ssl_(SSL_new(context.get())) {
  attach(socket);
  SSL_set_connect_state(ssl_);
  if (is_address(server_name)) {
    if (checks_name) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), server_name.c_str());
    return;
  }
  SSL_set_tlsext_host_name(ssl_, server_name.c_str());
  if (checks_name) SSL_set1_host(ssl_, server_name.c_str());
}

TlsStream::~TlsStream() {
  if (is_established_ && !is_broken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  SSL_free(ssl_);
}

void TlsStream::attach(int socket) {
  BIO* bio = BIO_new(socket_method());
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
}

std::string TlsStream::failure_text(int error) const {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  const long verified = SSL_get_verify_result(ssl_);
  if (verified != X509_V_OK) {
    return std::string("the peer's certificate is not accepted: ") +
           X509_verify_cert_error_string(verified);
  }
  if (reason) return reason;
  if (error == SSL_ERROR_SYSCALL && errno != 0) return std::strerror(errno);
  return "the peer has closed the connection";
}

TlsStream::Progress TlsStream::progress_of(int result) {
  const int error = SSL_get_error(ssl_, result);
  wants_write_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_NONE) return Progress::done;
  if (error == SSL_ERROR_WANT_READ) return Progress::wants_read;
  if (error == SSL_ERROR_WANT_WRITE) return Progress::wants_write;
  failure_ = failure_text(error);
  is_broken_ = true;
  ERR_clear_error();
  return Progress::failed;
}

TlsStream::Progress TlsStream::handshake() {
  ERR_clear_error();
  errno = 0;
  const Progress progress = progress_of(SSL_do_handshake(ssl_));
  if (progress == Progress::done) is_established_ = true;
  return progress;
}

TlsStream::Moved TlsStream::receive(std::span<char> room) {
  Moved moved;
  wants_write_ = has_more_ = false;
  while (moved.bytes < room.size()) {
    ERR_clear_error();
    errno = 0;
    size_t bytes = 0;
    const int result =
        SSL_read_ex(ssl_, room.data() + moved.bytes, room.size() - moved.bytes, &bytes);
    moved.bytes += bytes;
    if (result == 1 && SSL_has_pending(ssl_)) continue;
    if (result == 1) break;  // whatever else comes makes the socket readable
    moved.is_closed = SSL_get_error(ssl_, result) == SSL_ERROR_ZERO_RETURN;
    moved.is_failed = progress_of(result) == Progress::failed;
    return moved;
  }
  has_more_ = moved.bytes == room.size() && SSL_has_pending(ssl_);
  return moved;
}

TlsStream::Moved TlsStream::send(std::span<const iovec> parts) {
  Moved moved;
  wants_write_ = false;
  std::array<char, kRecordBytesMax> room;
  size_t part = 0, offset = 0;
  while (true) {
    while (part < parts.size() && offset == parts[part].iov_len) {
      ++part;
      offset = 0;
    }
    if (part == parts.size()) return moved;
    const auto record = next_record(parts, part, offset, room);
    ERR_clear_error();
    errno = 0;
    size_t sent = 0;
    const int result = SSL_write_ex(ssl_, record.data(), record.size(), &sent);
    if (result != 1) {
      moved.is_failed = progress_of(result) == Progress::failed;
      return moved;
    }
    moved.bytes += sent;
    for (offset += sent; part < parts.size() && offset > parts[part].iov_len; ++part) {
      offset -= parts[part].iov_len;
    }
  }
}

}  // namespace redstart
