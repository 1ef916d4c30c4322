// The typed methods of lists.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

End end(Draws& d) { return d.any_of({End::left, End::right}); }

void add_waiting_methods(Methods& methods) {
  methods.add_waiting("blmove", [](Draws& d) {
    return [from = d.key('l'), to = d.key('l'), first = end(d), last = end(d), patience = d.patience()](Client& c) {
      return c.blmove(from, to, first, last, patience);
    };
  }).weight = 0.3;
  methods.add_waiting("blpop", [](Draws& d) {
    return [keys = d.keys('l'), patience = d.patience()](Client& c) { return c.blpop(keys, patience); };
  }).weight = 0.3;
  methods.add_waiting("brpop", [](Draws& d) {
    return [keys = d.keys('l'), patience = d.patience()](Client& c) { return c.brpop(keys, patience); };
  }).weight = 0.3;
  methods.add_waiting("blmpop", [](Draws& d) {
    return [keys = d.keys('l'), at = end(d), patience = d.patience(), count = d.count()](Client& c) {
      return c.blmpop(keys, at, patience, count);
    };
  }).weight = 0.3;
}

}  // namespace

void add_list_methods(Methods& methods) {
  const auto of_value = [](auto call) {
    return [=](Draws& d) {
      return [=, key = d.key('l'), value = d.member()](Client& c) { return call(c, key, value); };
    };
  };
  methods.add("lpush", of_value([](Client& c, auto key, auto value) { return c.lpush(key, value); })).weight = 3;
  methods.add("rpush", of_value([](Client& c, auto key, auto value) { return c.rpush(key, value); })).weight = 3;
  methods.add("lpushx", of_value([](Client& c, auto key, auto value) { return c.lpushx(key, value); }));
  methods.add("rpushx", of_value([](Client& c, auto key, auto value) { return c.rpushx(key, value); }));
  methods.add("lpos", of_value([](Client& c, auto key, auto value) { return c.lpos(key, value); }));
  methods.add("lpush_all", [](Draws& d) {
    return [key = d.key('l'), values = d.values()](Client& c) { return c.lpush_all(key, values); };
  });
  methods.add("rpush_all", [](Draws& d) {
    return [key = d.key('l'), values = d.values()](Client& c) { return c.rpush_all(key, values); };
  });
  methods.add("lpop", of_key('l', [](Client& c, auto key) { return c.lpop(key); }));
  methods.add("rpop", of_key('l', [](Client& c, auto key) { return c.rpop(key); }));
  methods.add("lpop", [](Draws& d) {
    return [key = d.key('l'), count = d.count()](Client& c) { return c.lpop(key, count); };
  });
  methods.add("rpop", [](Draws& d) {
    return [key = d.key('l'), count = d.count()](Client& c) { return c.rpop(key, count); };
  });
  methods.add("lrange", [](Draws& d) {
    return [key = d.key('l'), first = d.index(), last = d.index()](Client& c) { return c.lrange(key, first, last); };
  });
  methods.add("llen", of_key('l', [](Client& c, auto key) { return c.llen(key); }));
  methods.add("lindex", [](Draws& d) {
    return [key = d.key('l'), index = d.index()](Client& c) { return c.lindex(key, index); };
  });
  methods.add("lset", [](Draws& d) {
    return [key = d.key('l'), index = d.index(), value = d.value()](Client& c) { return c.lset(key, index, value); };
  });
  methods.add("linsert", [](Draws& d) {
    const Side side = d.any_of({Side::before, Side::after});
    return [key = d.key('l'), side, pivot = d.member(), value = d.value()](Client& c) {
      return c.linsert(key, side, pivot, value);
    };
  });
  methods.add("lrem", [](Draws& d) {
    return [key = d.key('l'), count = d.index(), value = d.member()](Client& c) { return c.lrem(key, count, value); };
  });
  methods.add("ltrim", [](Draws& d) {
    return [key = d.key('l'), first = d.index(), last = d.index()](Client& c) { return c.ltrim(key, first, last); };
  }).weight = 0.5;
  methods.add("lmove", [](Draws& d) {
    return [from = d.key('l'), to = d.key('l'), first = end(d), last = end(d)](Client& c) {
      return c.lmove(from, to, first, last);
    };
  });
  methods.add("lmpop", [](Draws& d) {
    return [keys = d.keys('l'), at = end(d), count = d.count()](Client& c) { return c.lmpop(keys, at, count); };
  });
  add_waiting_methods(methods);
}

}  // namespace redstart::oracle
