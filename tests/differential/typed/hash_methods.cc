// The typed methods of hashes.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

void add_deadlines(Methods& methods) {
  methods.add_newer("hexpire", [](Draws& d) {
    return [key = d.key('h'), ttl = d.ttl(), fields = d.members(), condition = d.expire_condition()](Client& c) {
      return c.hexpire(key, ttl, fields, condition);
    };
  });
  methods.add_newer("hexpire_at_ms", [](Draws& d) {
    return [key = d.key('h'), at = d.deadline_ms(), fields = d.members(), condition = d.expire_condition()](Client& c) {
      return c.hexpire_at_ms(key, at, fields, condition);
    };
  });
  const auto of_fields = [](auto call) {
    return [=](Draws& d) {
      return [=, key = d.key('h'), fields = d.members()](Client& c) { return call(c, key, fields); };
    };
  };
  methods.add_newer("hpttl", of_fields([](Client& c, auto key, const auto& fields) { return c.hpttl(key, fields); }));
  methods.add_newer("hpexpiretime", of_fields([](Client& c, auto key, const auto& fields) {
    return c.hpexpiretime(key, fields);
  }));
  methods.add_newer("hpersist", of_fields([](Client& c, auto key, const auto& fields) {
    return c.hpersist(key, fields);
  }));
  methods.add_newer("hgetex_persist", of_fields([](Client& c, auto key, const auto& fields) {
    return c.hgetex_persist(key, fields);
  }));
  methods.add_newer("hgetdel", of_fields([](Client& c, auto key, const auto& fields) {
    return c.hgetdel(key, fields);
  }));
  methods.add_newer("hgetex", [](Draws& d) {
    return [key = d.key('h'), ttl = d.ttl(), fields = d.members()](Client& c) { return c.hgetex(key, ttl, fields); };
  });
  methods.add_newer("hsetex", [](Draws& d) {
    const auto condition = d.any_of({SetOptions::If::always, SetOptions::If::missing, SetOptions::If::exists});
    return [key = d.key('h'), ttl = d.ttl(), pairs = d.pairs(), condition](Client& c) {
      return c.hsetex(key, ttl, pairs, condition);
    };
  });
}

}  // namespace

void add_hash_methods(Methods& methods) {
  methods.add("hset", [](Draws& d) {
    return [key = d.key('h'), field = d.member(), value = d.value()](Client& c) { return c.hset(key, field, value); };
  }).weight = 4;
  methods.add("hset_all", [](Draws& d) {
    return [key = d.key('h'), pairs = d.pairs()](Client& c) { return c.hset_all(key, pairs); };
  }).weight = 2;
  methods.add("hsetnx", [](Draws& d) {
    return [key = d.key('h'), field = d.member(), value = d.value()](Client& c) { return c.hsetnx(key, field, value); };
  });
  methods.add("hget", [](Draws& d) {
    return [key = d.key('h'), field = d.member()](Client& c) { return c.hget(key, field); };
  });
  methods.add("hmget", [](Draws& d) {
    return [key = d.key('h'), fields = d.members()](Client& c) { return c.hmget(key, fields); };
  });
  methods.add("hgetall", of_key('h', [](Client& c, auto key) { return in_any_order(c.hgetall(key)); }));
  methods.add("hdel", [](Draws& d) {
    return [key = d.key('h'), field = d.member()](Client& c) { return c.hdel(key, field); };
  });
  methods.add("hdel_all", [](Draws& d) {
    return [key = d.key('h'), fields = d.members()](Client& c) { return c.hdel_all(key, fields); };
  });
  methods.add("hexists", [](Draws& d) {
    return [key = d.key('h'), field = d.member()](Client& c) { return c.hexists(key, field); };
  });
  methods.add("hlen", of_key('h', [](Client& c, auto key) { return c.hlen(key); }));
  methods.add("hstrlen", [](Draws& d) {
    return [key = d.key('h'), field = d.member()](Client& c) { return c.hstrlen(key, field); };
  });
  methods.add("hkeys", of_key('h', [](Client& c, auto key) { return in_any_order(c.hkeys(key)); }));
  methods.add("hvals", of_key('h', [](Client& c, auto key) { return in_any_order(c.hvals(key)); }));
  methods.add("hincrby", [](Draws& d) {
    return [key = d.key('h'), field = d.member(), amount = d.number()](Client& c) {
      return c.hincrby(key, field, amount);
    };
  });
  methods.add("hincrbyfloat", [](Draws& d) {
    return [key = d.key('h'), field = d.member(), amount = d.real()](Client& c) {
      return c.hincrbyfloat(key, field, amount);
    };
  });
  methods.add("hrandfield", [](Draws& d) {
    return [key = d.key('h'), count = d.count()](Client& c) {
      return sampled(c.hkeys(key), c.hrandfield(key, count), count);
    };
  });
  methods.add("hscan", [](Draws& d) {
    return [key = d.key('h'), options = d.scan_options()](Client& c) {
      return scanned([&](const std::string& cursor) { return c.hscan(key, cursor, options); }, 2);
    };
  });
  add_deadlines(methods);
}

}  // namespace redstart::oracle
