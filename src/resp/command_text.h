// A command as the bytes that a server reads: "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".
//
// Threads: thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

void append_command(std::string& bytes, std::span<const std::string_view> words);
void append_command(std::string& bytes, std::span<const std::string> words);

// One command within bytes that append_command() wrote.
struct CommandPlace {
  std::string_view name;
  size_t end = 0;  // offset behind its last byte
};
std::vector<CommandPlace> commands_in(std::string_view bytes);
// The words of all of them.
std::vector<std::vector<std::string>> words_of_commands(std::string_view bytes);

}  // namespace redstart
