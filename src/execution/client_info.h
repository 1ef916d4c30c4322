// What CLIENT and HELLO know about sessions: names, types, and the line that shows one.
//
// Threads: thread-safe for sessions that are attached.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "execution/command_context.h"

namespace redstart {

enum class ClientType : uint8_t { normal, replica, pubsub, master };
std::optional<ClientType> parse_client_type(std::string_view name);
ClientType type_of(const Session& session);

// No spaces, control characters or other than ASCII.
bool is_client_name(std::string_view name);
// Names the session, or replies the error and returns false.
bool set_client_name(CommandContext& c, std::string_view name);

// "id=3 addr=127.0.0.1:50000 ...", as CLIENT LIST shows a session. `running`: the words of the call that it runs.
std::string client_line(const Session& session, const Executor& executor,
                        std::span<const std::string_view> running = {});

}  // namespace redstart
