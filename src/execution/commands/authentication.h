// Authentication, as AUTH and HELLO do it.
//
// Threads: as CommandContext.
#pragma once

#include <string_view>

#include "execution/command_context.h"

namespace redstart {

// The version of Redis whose behaviour this is.
inline constexpr std::string_view kRedisVersion = "7.0.15";

// Marks the session as the user's, or replies WRONGPASS and returns false.
bool authenticate(CommandContext& c, std::string_view user, std::string_view password);

}  // namespace redstart
