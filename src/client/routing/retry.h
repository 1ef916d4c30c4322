// What a failed command means to a client that knows more than one server: whether it may be tried
// again, and when.
//
// Threads: thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "client/remote/socket.h"
#include "redstart/client.h"

namespace redstart {

// Whether the text of an error reply says that the command was not executed, and may be elsewhere
// or later.
bool is_temporary_reply(std::string_view text);

// -MOVED and -ASK: which server has the slot. An empty host: the one that said so.
struct Redirection {
  bool is_ask = false;
  int slot = 0;
  remote::Endpoint endpoint;
};
std::optional<Redirection> redirection_in(std::string_view text);

// Exponential, with jitter of a half: the pause before retry number `retry` (from 0).
std::chrono::milliseconds retry_delay(const OpenOptions& options, size_t retry);

}  // namespace redstart
