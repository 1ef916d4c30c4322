// The typed methods of sets.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

// SPOP is judged by what it leaves; then the set goes, since each store took other members.
Outcome popped(Client& c, std::string_view key, const result<std::vector<std::string>>& before,
               const result<std::vector<std::string>>& drawn, int64_t count) {
  const Outcome outcome = sampled(before, drawn, count);
  if (!outcome.is_value || outcome.text.starts_with(kWrong)) return outcome;
  const auto left = c.scard(key);
  static_cast<void>(c.del(key));
  return told(left, [&](int64_t size) { return Text::listed(outcome.text, size); });
}

}  // namespace

void add_set_methods(Methods& methods) {
  methods.add("sadd", [](Draws& d) {
    return [key = d.key('t'), member = d.member()](Client& c) { return c.sadd(key, member); };
  }).weight = 4;
  methods.add("sadd_all", [](Draws& d) {
    return [key = d.key('t'), members = d.members()](Client& c) { return c.sadd_all(key, members); };
  }).weight = 2;
  methods.add("srem", [](Draws& d) {
    return [key = d.key('t'), member = d.member()](Client& c) { return c.srem(key, member); };
  });
  methods.add("srem_all", [](Draws& d) {
    return [key = d.key('t'), members = d.members()](Client& c) { return c.srem_all(key, members); };
  });
  methods.add("sismember", [](Draws& d) {
    return [key = d.key('t'), member = d.member()](Client& c) { return c.sismember(key, member); };
  });
  methods.add("smismember", [](Draws& d) {
    return [key = d.key('t'), members = d.members()](Client& c) { return c.smismember(key, members); };
  });
  methods.add("smembers", of_key('t', [](Client& c, auto key) { return in_any_order(c.smembers(key)); }));
  methods.add("scard", of_key('t', [](Client& c, auto key) { return c.scard(key); }));
  methods.add("spop", of_key('t', [](Client& c, auto key) {
    const auto before = c.smembers(key);
    return popped(c, key, before, elements_of(c.spop(key)), 1);
  })).weight = 0.3;
  methods.add("spop", [](Draws& d) {
    return [key = d.key('t'), count = d.count()](Client& c) {
      const auto before = c.smembers(key);
      return popped(c, key, before, c.spop(key, count), count);
    };
  }).weight = 0.3;
  methods.add("srandmember", of_key('t', [](Client& c, auto key) {
    return sampled(c.smembers(key), elements_of(c.srandmember(key)), 1);
  }));
  methods.add("srandmember", [](Draws& d) {
    return [key = d.key('t'), count = d.count()](Client& c) {
      return sampled(c.smembers(key), c.srandmember(key, count), count);
    };
  });
  methods.add("smove", [](Draws& d) {
    return [from = d.key('t'), to = d.key('t'), member = d.member()](Client& c) { return c.smove(from, to, member); };
  });
  methods.add("sinter", of_keys('t', [](Client& c, const auto& keys) { return in_any_order(c.sinter(keys)); }));
  methods.add("sunion", of_keys('t', [](Client& c, const auto& keys) { return in_any_order(c.sunion(keys)); }));
  methods.add("sdiff", of_keys('t', [](Client& c, const auto& keys) { return in_any_order(c.sdiff(keys)); }));
  methods.add("sinterstore", [](Draws& d) {
    return [to = d.key('t'), keys = d.keys('t')](Client& c) { return c.sinterstore(to, keys); };
  });
  methods.add("sunionstore", [](Draws& d) {
    return [to = d.key('t'), keys = d.keys('t')](Client& c) { return c.sunionstore(to, keys); };
  });
  methods.add("sdiffstore", [](Draws& d) {
    return [to = d.key('t'), keys = d.keys('t')](Client& c) { return c.sdiffstore(to, keys); };
  });
  methods.add("sintercard", [](Draws& d) {
    return [keys = d.keys('t'), limit = d.count()](Client& c) { return c.sintercard(keys, limit); };
  });
  methods.add("sscan", [](Draws& d) {
    return [key = d.key('t'), options = d.scan_options()](Client& c) {
      return scanned([&](const std::string& cursor) { return c.sscan(key, cursor, options); }, 1);
    };
  });
}

}  // namespace redstart::oracle
