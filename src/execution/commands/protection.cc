#include "execution/commands/protection.h"

#include "execution/executor.h"
#include "execution/session.h"

namespace redstart {
namespace {

bool is_local(const Session& session) {
  const Session::TransportInfo transport = session.transport();
  return transport.unix_socket || transport.address.starts_with("127.") ||
         transport.address.starts_with("[::1]");
}

}  // namespace

bool is_allowed_by(CommandContext& c, Config::ProtectedAction directive) {
  if (c.executor().options().embedded) return true;
  switch (directive) {
    case Config::ProtectedAction::yes:
      return true;
    case Config::ProtectedAction::local:
      return is_local(c.session());
    case Config::ProtectedAction::no:
      break;
  }
  return false;
}

}  // namespace redstart
