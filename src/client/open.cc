// open(): from a URL to a Client.
#include "client/cluster/cluster_router.h"
#include "client/embedded.h"
#include "client/routing/routed_backend.h"
#include "client/routing/single_router.h"
#include "client/sentinel/sentinel_router.h"
#include "client/url.h"
#include "store/registry.h"
#include "tls/context.h"

namespace redstart {
namespace {

result<Client> open_embedded(std::shared_ptr<Store> store, OpenOptions options) {
  const int databases = store->executor().keyspace().database_count();
  if (options.db < 0 || options.db >= databases) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                 "there is no database " + std::to_string(options.db) +
                                     ": databases are 0 to " + std::to_string(databases - 1)});
  }
  return Client(std::make_shared<EmbeddedBackend>(std::move(store), std::move(options), false));
}

result<Client> open_file(const std::string& directory, OpenOptions options) {
  auto store = open_file_store(directory);
  if (!store) return std::unexpected(Error{ErrorCode::cannot_open, Outcome::not_done, std::move(store.error())});
  return open_embedded(std::move(*store), std::move(options));
}

TlsSettings tls_settings(const OpenOptions& options) {
  TlsSettings settings;
  settings.certificate_file = options.tls_certificate_file;
  settings.key_file = options.tls_key_file;
  settings.key_password = options.tls_key_password;
  settings.ca_file = options.tls_ca_file;
  settings.ca_directory = options.tls_ca_directory;
  settings.peer = options.tls_verify ? TlsSettings::Peer::checked : TlsSettings::Peer::unchecked;
  return settings;
}

std::vector<remote::Endpoint> endpoints_of(const StoreUrl& url) {
  std::vector<remote::Endpoint> endpoints;
  for (const auto& address : url.addresses) endpoints.push_back({address.host, address.port, {}});
  return endpoints;
}

using Tls = std::shared_ptr<const TlsContext>;

result<std::shared_ptr<Router>> open_router(StoreUrl url, OpenOptions options, Tls tls) {
  if (url.kind == StoreUrl::Kind::cluster) {
    return ClusterRouter::open({.seeds = endpoints_of(url), .options = std::move(options), .tls = std::move(tls)});
  }
  if (url.kind == StoreUrl::Kind::sentinel) {
    return SentinelRouter::open({.sentinels = endpoints_of(url),
                                 .service = std::move(url.name),
                                 .options = std::move(options),
                                 .tls = std::move(tls)});
  }
  remote::Endpoint endpoint;
  endpoint.path = std::move(url.path);
  if (!url.addresses.empty()) endpoint = endpoints_of(url).front();
  return SingleRouter::open({.endpoint = std::move(endpoint), .options = std::move(options), .tls = std::move(tls)});
}

result<Client> open_remote(StoreUrl url, OpenOptions options) {
  Tls tls;
  if (url.is_tls) {
    auto made = TlsContext::for_client(tls_settings(options));
    if (!made) {
      return std::unexpected(
          Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(made.error())});
    }
    tls = std::move(*made);
  }
  auto router = open_router(std::move(url), std::move(options), std::move(tls));
  if (!router) return std::unexpected(std::move(router.error()));
  return Client(std::make_shared<RoutedBackend>(std::move(*router)));
}

}  // namespace

result<Client> open(std::string_view text, OpenOptions options) {
  auto url = parse_url(text, options);
  if (!url) return std::unexpected(std::move(url.error()));
  if (url->kind == StoreUrl::Kind::memory) return open_embedded(open_memory_store(url->name), std::move(options));
  if (url->kind == StoreUrl::Kind::file) return open_file(url->path, std::move(options));
  return open_remote(std::move(*url), std::move(options));
}

}  // namespace redstart
