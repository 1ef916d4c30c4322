// The usage of commands, from their argument trees.
//
// Threads: thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace redstart {

// "key [NX | XX] [EX seconds | PX milliseconds] value [value ...]".
std::string syntax_of(std::span<const Argument> arguments);

// What a container command's HELP says: a line of usage and one of summary for each subcommand.
std::vector<std::string> help_lines(const CommandSpec& container);
// The same for a command whose subcommands are words of its own.
struct HelpEntry {
  std::string_view usage;
  std::string_view summary;
};
std::vector<std::string> help_lines(std::string_view name, std::span<const HelpEntry> entries);

}  // namespace redstart
