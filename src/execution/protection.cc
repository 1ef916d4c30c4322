#include "execution/protection.h"

#include <string>

#include "command/table.h"
#include "execution/config.h"

namespace redstart {
namespace {

constexpr std::string_view kNoDebug =
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
    "local connection, otherwise you need to set this option in the configuration file, and then restart the server.";
constexpr std::string_view kNoModule =
    "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a "
    "local connection, otherwise you need to set this option in the configuration file, and then restart the server.";

bool is_local(const Session& session) {
  const Session::TransportInfo transport = session.transport();
  return transport.unix_socket || transport.address.starts_with("127.") ||
         transport.address.starts_with("[::1]");
}

bool is_allowed(const Session& session, Config::ProtectedAction directive) {
  return directive == Config::ProtectedAction::yes ||
         (directive == Config::ProtectedAction::local && is_local(session));
}

}  // namespace

std::optional<std::string_view> protection_refusal(Executor& executor, const Session& session,
                                                   const CommandSpec& spec) {
  if (executor.options().embedded) return std::nullopt;
  const Config& config = executor.config();
  const std::string name = executor.commands().full_name(spec);
  if (name == "debug" && !is_allowed(session, config.debug_command_allowed())) return kNoDebug;
  const bool changes_modules = name == "module|load" || name == "module|loadex" || name == "module|unload";
  if (changes_modules && !is_allowed(session, config.module_command_allowed())) return kNoModule;
  return std::nullopt;
}

}  // namespace redstart
