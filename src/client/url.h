// A store's URL taken apart.
//
// Threads: thread-safe. Ownership: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct StoreUrl {
  enum class Kind : unsigned char { memory, file, tcp, unix_socket, cluster, sentinel };
  struct Address {
    std::string host;
    uint16_t port = 6379;
    bool operator==(const Address&) const = default;
  };
  Kind kind = Kind::memory;
  std::string name;  // memory: the engine's name, empty for one of its own; sentinel: the service's
  std::vector<Address> addresses;  // tcp: one; cluster, sentinel: at least one
  bool is_tls = false;  // tcp, cluster, sentinel
  std::string path;  // unix_socket; file: the directory
};

// The names that options have as parameters of URLs, in the order of OpenOptions' members.
std::vector<std::string_view> url_parameters();

// Reads `url`; what it says about user, password, database and options (query parameters, by the
// names of OpenOptions' members) goes into `options`. Errors: bad_url, with what is wrong and what
// would be right. No message repeats a password.
result<StoreUrl> parse_url(std::string_view url, OpenOptions& options);

}  // namespace redstart
