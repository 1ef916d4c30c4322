#include "tls/context.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <optional>
#include <sstream>

namespace redstart {
namespace {

constexpr unsigned char kSessionContext[] = "redstart";

using Problem = std::optional<std::string>;

// What the last failed call says.
std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(error);
  return reason ? reason : "no reason is given";
}

int tell_password(char* room, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (static_cast<size_t>(size) < text.size()) return 0;
  text.copy(room, text.size());
  return static_cast<int>(text.size());
}

std::optional<int> version_named(const std::string& name) {
  if (name == "TLSv1.2") return TLS1_2_VERSION;
  if (name == "TLSv1.3") return TLS1_3_VERSION;
  if (name == "TLSv1") return TLS1_VERSION;
  if (name == "TLSv1.1") return TLS1_1_VERSION;
  return std::nullopt;
}

// The versions that are named; those between the lowest and the highest that are not are turned off.
Problem set_protocols(SSL_CTX* context, const std::string& protocols) {
  constexpr struct {
    int version;
    uint64_t off;
  } kVersions[] = {{TLS1_VERSION, SSL_OP_NO_TLSv1},
                   {TLS1_1_VERSION, SSL_OP_NO_TLSv1_1},
                   {TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
                   {TLS1_3_VERSION, SSL_OP_NO_TLSv1_3}};
  if (protocols.empty()) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    return std::nullopt;
  }
  uint64_t off = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3;
  std::istringstream words(protocols);
  for (std::string word; words >> word;) {
    const auto version = version_named(word);
    if (!version) {
      return "tls-protocols: '" + word + "' is unknown; there are TLSv1, TLSv1.1, TLSv1.2, TLSv1.3";
    }
    for (const auto& known : kVersions) {
      if (known.version == *version) off &= ~known.off;
    }
  }
  SSL_CTX_set_min_proto_version(context, 0);
  SSL_CTX_set_options(context, off);
  return std::nullopt;
}

Problem load_identity(SSL_CTX* context, const TlsSettings& settings) {
  const std::string& certificate = settings.certificate_file;
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return "the certificate " + certificate + " cannot be loaded: " + openssl_reason();
  }
  SSL_CTX_set_default_passwd_cb(context, tell_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<std::string*>(&settings.key_password));
  const bool is_loaded =
      SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (!is_loaded) {
    return "the private key " + settings.key_file + " cannot be loaded: " + openssl_reason();
  }
  return std::nullopt;
}

Problem load_authorities(SSL_CTX* context, const TlsSettings& settings) {
  const char* file = settings.ca_file.empty() ? nullptr : settings.ca_file.c_str();
  const char* directory = settings.ca_directory.empty() ? nullptr : settings.ca_directory.c_str();
  if (!file && !directory) return std::nullopt;
  if (SSL_CTX_load_verify_locations(context, file, directory) == 1) return std::nullopt;
  return "the certificate authorities in " +
         (file ? settings.ca_file : settings.ca_directory) + " cannot be loaded: " + openssl_reason();
}

Problem set_ciphers(SSL_CTX* context, const TlsSettings& settings) {
  if (!settings.ciphers.empty() &&
      SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1) {
    return "tls-ciphers names nothing that is known: " + settings.ciphers;
  }
  if (!settings.cipher_suites.empty() &&
      SSL_CTX_set_ciphersuites(context, settings.cipher_suites.c_str()) != 1) {
    return "tls-ciphersuites names what is not known: " + settings.cipher_suites;
  }
  return std::nullopt;
}

Problem load_dh_params(SSL_CTX* context, const std::string& path) {
  if (path.empty()) {
    SSL_CTX_set_dh_auto(context, 1);
    return std::nullopt;
  }
  BIO* file = BIO_new_file(path.c_str(), "r");
  EVP_PKEY* params = nullptr;
  OSSL_DECODER_CTX* decoder = OSSL_DECODER_CTX_new_for_pkey(
      &params, "PEM", nullptr, "DH", OSSL_KEYMGMT_SELECT_ALL_PARAMETERS, nullptr, nullptr);
  const bool is_read = file && decoder && OSSL_DECODER_from_bio(decoder, file) == 1;
  OSSL_DECODER_CTX_free(decoder);
  BIO_free(file);
  if (is_read && SSL_CTX_set0_tmp_dh_pkey(context, params) == 1) return std::nullopt;
  EVP_PKEY_free(params);
  return "the Diffie-Hellman parameters in " + path + " cannot be loaded: " + openssl_reason();
}

void set_common_options(SSL_CTX* context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // A record in one read of the socket.
  SSL_CTX_set_read_ahead(context, 1);
}

void set_session_cache(SSL_CTX* context, const TlsSettings& settings) {
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  if (!settings.caches_sessions) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, settings.session_cache_size);
  SSL_CTX_set_timeout(context, settings.session_cache_timeout_s);
}

int verify_mode(TlsSettings::Peer peer) {
  switch (peer) {
    case TlsSettings::Peer::unchecked:
      return SSL_VERIFY_NONE;
    case TlsSettings::Peer::checked_if_shown:
      return SSL_VERIFY_PEER;
    case TlsSettings::Peer::checked:
      break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

Problem configure_server(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.certificate_file.empty()) return "tls-cert-file is not set";
  if (settings.key_file.empty()) return "tls-key-file is not set";
  const bool has_authorities = !settings.ca_file.empty() || !settings.ca_directory.empty();
  if (settings.peer != TlsSettings::Peer::unchecked && !has_authorities) {
    return "clients are asked for certificates (tls-auth-clients), but neither tls-ca-cert-file nor "
           "tls-ca-cert-dir says whom to trust";
  }
  if (settings.prefers_server_ciphers) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  set_session_cache(context, settings);
  if (auto problem = load_identity(context, settings)) return problem;
  if (auto problem = load_authorities(context, settings)) return problem;
  if (!settings.ca_file.empty()) {
    // Tells clients which certificates are worth showing.
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(settings.ca_file.c_str()));
  }
  return load_dh_params(context, settings.dh_params_file);
}

Problem configure_client(SSL_CTX* context, const TlsSettings& settings) {
  const bool has_authorities = !settings.ca_file.empty() || !settings.ca_directory.empty();
  if (!has_authorities) SSL_CTX_set_default_verify_paths(context);
  if (settings.certificate_file.empty() != settings.key_file.empty()) {
    return "a client's certificate and its private key are given together";
  }
  if (!settings.certificate_file.empty()) {
    if (auto problem = load_identity(context, settings)) return problem;
  }
  return load_authorities(context, settings);
}

}  // namespace

TlsContext::Made TlsContext::for_server(const TlsSettings& settings) {
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (!context) return std::unexpected(openssl_reason());
  std::shared_ptr<const TlsContext> made(new TlsContext(context));
  set_common_options(context);
  SSL_CTX_set_verify(context, verify_mode(settings.peer), nullptr);
  auto problem = set_protocols(context, settings.protocols);
  if (!problem) problem = configure_server(context, settings);
  if (!problem) problem = set_ciphers(context, settings);
  ERR_clear_error();
  if (problem) return std::unexpected(std::move(*problem));
  return made;
}

TlsContext::Made TlsContext::for_client(const TlsSettings& settings) {
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (!context) return std::unexpected(openssl_reason());
  std::shared_ptr<const TlsContext> made(new TlsContext(context));
  set_common_options(context);
  SSL_CTX_set_verify(context, verify_mode(settings.peer), nullptr);
  auto problem = set_protocols(context, settings.protocols);
  if (!problem) problem = configure_client(context, settings);
  if (!problem) problem = set_ciphers(context, settings);
  ERR_clear_error();
  if (problem) return std::unexpected(std::move(*problem));
  return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

}  // namespace redstart
