// AclCatalog: what the rules of users name, with numbers in place of names: commands, their categories,
// which of them take channels.
//
// Threads: immutable, thread-safe. Ownership: borrows the command table.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "command/table.h"

namespace redstart {

class AclCatalog {
 public:
  explicit AclCatalog(const CommandTable& table);

  // How a command names channels: not at all; one; all its arguments; all, as patterns.
  enum class Channels : uint8_t { none, first, all, patterns };

  const CommandTable& table() const { return table_; }
  // Commands and subcommands together; their numbers are those of the table.
  size_t command_count() const { return commands_.size(); }
  Channels channels_of(size_t command) const { return commands_[command].channels; }
  bool is_in_category(size_t command, size_t category) const {
    return (commands_[command].categories >> category & 1) != 0;
  }
  // The category's number, its name in any letter case.
  std::optional<size_t> find_category(std::string_view name) const;
  // A command "get", or a subcommand "config|get", in any letter case; null: there is none.
  const CommandSpec* find(std::string_view full_name) const;

 private:
  struct Command {
    uint32_t categories = 0;  // a bit for each
    Channels channels = Channels::none;
  };
  const CommandTable& table_;
  std::vector<Command> commands_;
};

}  // namespace redstart
