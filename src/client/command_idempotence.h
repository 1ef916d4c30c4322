// Which write commands may be done twice without harm, by their words.
//
// Threads: thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

// `full_name` is as in the command table ("xgroup|create"); `keys` are the command's. False for what is no write.
bool is_idempotent_write(std::string_view full_name, WordSpan words, std::span<const std::string_view> keys);

// Whether the rules know the command at all; a test asks for every write command of the table.
bool has_idempotence_rule(std::string_view full_name);

}  // namespace redstart
