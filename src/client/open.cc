// open(): from a URL to a Client.
#include "client/embedded.h"
#include "client/remote/remote_backend.h"
#include "client/url.h"

namespace redstart {

result<Client> open(std::string_view text, OpenOptions options) {
  auto url = parse_url(text, options);
  if (!url) return std::unexpected(std::move(url.error()));
  if (url->kind == StoreUrl::Kind::memory) {
    return Client(
        std::make_shared<EmbeddedBackend>(open_memory_store(url->name), std::move(options), false));
  }
  auto backend = remote::RemoteBackend::open(
      {{std::move(url->host), url->port, std::move(url->path)}, std::move(options)});
  if (!backend) return std::unexpected(std::move(backend.error()));
  return Client(std::shared_ptr<Backend>(std::move(*backend)));
}

}  // namespace redstart
