#include "execution/commands/subscription.h"

#include <set>
#include <string>

#include "execution/client_registry.h"
#include "execution/executor.h"
#include "execution/session.h"

namespace redstart {
namespace {

size_t count_of(const Session& session, PubSub::Kind kind) {
  if (kind == PubSub::Kind::shard_channel) return session.shard_channels.size();
  return session.channels.size() + session.patterns.size();
}

std::set<std::string, std::less<>> names_of(const Session& session, PubSub::Kind kind) {
  switch (kind) {
    case PubSub::Kind::channel:
      return session.channels;
    case PubSub::Kind::pattern:
      return session.patterns;
    case PubSub::Kind::shard_channel:
      break;
  }
  return session.shard_channels;
}

// `name` null: there was nothing to unsubscribe from.
void push(CommandContext& c, PubSub::Kind kind, const std::string_view* name) {
  c.reply().push(3);
  c.reply().bulk(c.spec().name);
  name ? c.reply().bulk(*name) : c.reply().null();
  c.reply().integer(static_cast<int64_t>(count_of(c.session(), kind)));
}

}  // namespace

void subscribe(CommandContext& c, PubSub::Kind kind, std::string_view name) {
  Session& session = c.session();
  c.executor().pubsub().subscribe(session, kind, name);
  push(c, kind, &name);
  // Whoever took the permission away since it was checked did not find this subscription yet.
  AclIdentity& identity = session.identity;
  const bool is_pattern = kind == PubSub::Kind::pattern;
  if (!identity.is_unrestricted() && !identity.rights().permits_channel(name, is_pattern)) {
    c.executor().clients().kill(session);
  }
}

void unsubscribe(CommandContext& c, PubSub::Kind kind) {
  const auto one = [&](std::string_view name) {
    c.executor().pubsub().unsubscribe(c.session(), kind, name);
    push(c, kind, &name);
  };
  if (c.arg_count() > 1) {
    for (const std::string_view name : c.args().subspan(1)) one(name);
    return;
  }
  const auto names = names_of(c.session(), kind);
  for (const std::string& name : names) one(name);
  if (names.empty()) push(c, kind, nullptr);
}

}  // namespace redstart
