// TlsContext: what the TLS connections of one side have in common: certificate, key, whom to trust, which
// protocols and ciphers.
//
// Threads: immutable, thread-safe. Ownership: streams keep what they need of it.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace redstart {

struct TlsSettings {
  // Files in PEM form; empty: none.
  std::string certificate_file, key_file, key_password;
  std::string ca_file, ca_directory;
  std::string dh_params_file;
  std::string protocols;      // "TLSv1.2 TLSv1.3"; empty: these
  std::string ciphers;        // of TLS 1.2, as OpenSSL names them; empty: OpenSSL's choice
  std::string cipher_suites;  // of TLS 1.3
  bool prefers_server_ciphers = false;
  bool caches_sessions = true;
  int64_t session_cache_size = 20'480;
  int64_t session_cache_timeout_s = 300;
  // Whether the peer must show a certificate that the authorities vouch for.
  enum class Peer : uint8_t { unchecked, checked_if_shown, checked };
  Peer peer = Peer::checked;
};

class TlsContext {
 public:
  using Made = std::expected<std::shared_ptr<const TlsContext>, std::string>;
  // What is wrong with the settings is told for people to read. Reads the files.
  static Made for_server(const TlsSettings& settings);
  // Without authorities of its own it trusts those of the system.
  static Made for_client(const TlsSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* const context_;
};

}  // namespace redstart
