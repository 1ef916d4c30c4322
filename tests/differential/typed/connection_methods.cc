// The typed methods about the clients of a store.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

using std::chrono::milliseconds;

// Who asks is among them.
template <class Clients>
Outcome who_asks(const Clients& clients) {
  return told(clients, [](const std::vector<ClientInfo>& listed) {
    const auto self = std::ranges::find(listed, "client|list", &ClientInfo::command);
    return self == listed.end() ? "nobody" : Text::of(*self);
  });
}

// Such that nobody is meant who must stay.
ClientFilter filter_of_nobody(Draws& d) {
  ClientFilter filter;
  if (d.flip()) filter.id = uint64_t{1} << 40;
  filter.user = d.word_of({"default", "nobody"});
  filter.address = d.word_of({"127.0.0.1:1", "nowhere"});
  if (d.flip()) filter.local_address = "127.0.0.1:2";
  if (d.flip()) filter.type = d.word_of({"normal", "pubsub", "replica", "nope"});
  filter.skip_me = d.flip();
  return filter;
}

}  // namespace

void add_connection_methods(Methods& methods) {
  methods.add("client_list", of_nothing([](Client& c) { return who_asks(c.client_list()); }));
  methods.add("client_list", [](Draws& d) {
    return [type = d.word_of({"normal", "pubsub", "master", "nope"})](Client& c) {
      return who_asks(c.client_list(type));
    };
  });
  methods.add("client_info", of_nothing([](Client& c) { return c.client_info(); }));
  methods.add("client_kill", [](Draws& d) {
    return [filter = filter_of_nobody(d)](Client& c) { return c.client_kill(filter); };
  });
  methods.add("client_unblock", [](Draws& d) {
    return [id = uint64_t{1} << 40, as = d.any_of({UnblockAs::timeout, UnblockAs::error})](Client& c) {
      return c.client_unblock(id, as);
    };
  });
  // Who has stopped everything for a while that stands still could not go on: reads may.
  methods.add("client_pause", [](Draws& d) {
    const auto kind = d.any_of({PauseKind::all, PauseKind::write});
    const auto duration = milliseconds(kind == PauseKind::all ? -1 : static_cast<int64_t>(d.below(5)) - 1);
    return [duration, kind](Client& c) {
      const auto paused = c.client_pause(duration, kind);
      static_cast<void>(c.client_unpause());
      return paused;
    };
  });
  methods.add("client_unpause", of_nothing([](Client& c) { return c.client_unpause(); }));
  methods.add("client_getname", of_nothing([](Client& c) { return c.client_getname(); }));
  methods.add("client_id", of_nothing([](Client& c) { return own(c.client_id()); }));
}

}  // namespace redstart::oracle
