// A store's URL taken apart.
//
// Threads: thread-safe. Ownership: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

struct StoreUrl {
  enum class Kind : unsigned char { memory, tcp, unix_socket };
  Kind kind = Kind::memory;
  std::string name;  // memory: the engine's name, empty for one of its own
  std::string host;
  uint16_t port = 6379;
  bool is_tls = false;  // tcp
  std::string path;  // unix_socket
};

// Reads `url`; what it says about user, password, database and options (query parameters, by the
// names of OpenOptions' members) goes into `options`. Errors: bad_url, with what is wrong and what
// would be right. No message repeats a password.
result<StoreUrl> parse_url(std::string_view url, OpenOptions& options);

}  // namespace redstart
