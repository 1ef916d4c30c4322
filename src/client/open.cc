// open(): from a URL to a Client.
#include "client/embedded.h"
#include "client/remote/remote_backend.h"
#include "client/url.h"
#include "store/store.h"

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

}  // namespace

result<Client> open(std::string_view text, OpenOptions options) {
  auto url = parse_url(text, options);
  if (!url) return std::unexpected(std::move(url.error()));
  if (url->kind == StoreUrl::Kind::memory) return open_embedded(url->name, std::move(options));
  auto backend = remote::RemoteBackend::open(
      {{std::move(url->host), url->port, std::move(url->path)}, std::move(options)});
  if (!backend) return std::unexpected(std::move(backend.error()));
  return Client(std::shared_ptr<Backend>(std::move(*backend)));
}

}  // namespace redstart
