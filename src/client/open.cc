// open(): from a URL to a Client.
#include "client/embedded.h"
#include "client/routing/routed_backend.h"
#include "client/routing/single_router.h"
#include "client/url.h"
#include "store/store.h"
#include "tls/context.h"

namespace redstart {
namespace {

result<Client> open_embedded(const std::string& name, OpenOptions options) {
  auto store = open_memory_store(name);
  const int databases = store->executor().keyspace().database_count();
  if (options.db < 0 || options.db >= databases) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                 "there is no database " + std::to_string(options.db) +
                                     ": databases are 0 to " + std::to_string(databases - 1)});
  }
  return Client(std::make_shared<EmbeddedBackend>(std::move(store), std::move(options), false));
}

TlsSettings tls_settings(const OpenOptions& options) {
  return {.certificate_file = options.tls_certificate_file,
          .key_file = options.tls_key_file,
          .key_password = options.tls_key_password,
          .ca_file = options.tls_ca_file,
          .ca_directory = options.tls_ca_directory,
          .peer = options.tls_verify ? TlsSettings::Peer::checked : TlsSettings::Peer::unchecked};
}

result<Client> open_remote(StoreUrl url, OpenOptions options) {
  remote::RemoteSettings settings{
      .endpoint = {std::move(url.host), url.port, std::move(url.path)},
      .options = std::move(options)};
  if (url.is_tls) {
    auto tls = TlsContext::for_client(tls_settings(settings.options));
    if (!tls) {
      return std::unexpected(
          Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(tls.error())});
    }
    settings.tls = std::move(*tls);
  }
  auto router = SingleRouter::open(std::move(settings));
  if (!router) return std::unexpected(std::move(router.error()));
  return Client(std::make_shared<RoutedBackend>(std::move(*router)));
}

}  // namespace

result<Client> open(std::string_view text, OpenOptions options) {
  auto url = parse_url(text, options);
  if (!url) return std::unexpected(std::move(url.error()));
  if (url->kind == StoreUrl::Kind::memory) return open_embedded(url->name, std::move(options));
  return open_remote(std::move(*url), std::move(options));
}

}  // namespace redstart
