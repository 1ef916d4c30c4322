// The typed methods of keys of any type.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

template <class Call>
auto of_any_key(Call call) {
  return [=](Draws& d) { return [=, key = d.any_key()](Client& c) { return call(c, key); }; };
}
template <class Call>
auto of_any_keys(Call call) {
  return [=](Draws& d) { return [=, keys = d.some([&] { return d.any_key(); })](Client& c) { return call(c, keys); }; };
}

// Without a pattern texts are compared up to a zero byte only, and what is equal then stands in any order.
struct Sort {
  std::string_view key;
  Draws::Words options;
  bool is_by_text = false;

  Outcome run(const result<std::vector<std::optional<std::string>>>& returned) const {
    return is_by_text ? in_any_order(returned) : Outcome(returned);
  }
};
Sort sort_of(Draws& d) {
  Sort sort{.key = d.flip() ? d.key('l') : d.key('t'), .options = {}, .is_by_text = d.flip()};
  if (sort.is_by_text) sort.options.push_back("ALPHA");
  if (d.flip()) sort.options.push_back("DESC");
  if (d.chance(0.3)) sort.options.insert(sort.options.end(), {"GET", "#"});
  if (!sort.is_by_text && d.chance(0.3)) sort.options.insert(sort.options.end(), {"LIMIT", "1", "3"});
  if (!sort.is_by_text && d.chance(0.1)) sort.options.insert(sort.options.end(), {"BY", "s*"});
  if (d.chance(0.03)) sort.options.push_back("nope");
  return sort;
}

void add_deadlines(Methods& methods) {
  methods.add("expire", [](Draws& d) {
    return [key = d.any_key(), ttl = d.ttl(), condition = d.expire_condition()](Client& c) {
      return c.expire(key, ttl, condition);
    };
  });
  methods.add("expire_at_ms", [](Draws& d) {
    return [key = d.any_key(), at = d.deadline_ms(), condition = d.expire_condition()](Client& c) {
      return c.expire_at_ms(key, at, condition);
    };
  });
  methods.add("pttl", of_any_key([](Client& c, auto key) { return c.pttl(key); }));
  methods.add("ttl", of_any_key([](Client& c, auto key) { return c.ttl(key); }));
  methods.add("pexpiretime", of_any_key([](Client& c, auto key) { return c.pexpiretime(key); }));
  methods.add("persist", of_any_key([](Client& c, auto key) { return c.persist(key); }));
}

void add_whole_values(Methods& methods) {
  methods.add("rename", [](Draws& d) {
    return [from = d.any_key(), to = d.any_key()](Client& c) { return c.rename(from, to); };
  }).weight = 0.5;
  methods.add("renamenx", [](Draws& d) {
    return [from = d.any_key(), to = d.any_key()](Client& c) { return c.renamenx(from, to); };
  });
  methods.add("copy", [](Draws& d) {
    return [from = d.any_key(), to = d.any_key(), replace = d.flip()](Client& c) { return c.copy(from, to, replace); };
  }).weight = 0.5;
  methods.add("move", [](Draws& d) {
    return [key = d.any_key(), db = d.any_of({0, 1, 1, 2, 16, -1})](Client& c) { return c.move(key, db); };
  }).weight = 0.5;
  methods.add("dump", of_any_key([](Client& c, auto key) {
    return told(c.dump(key), [](const auto& payload) { return payload.has_value(); });
  }));
  // What another value of the same store was dumped as: a payload says how that store keeps the value.
  methods.add("restore", [](Draws& d) {
    return [from = d.any_key(), to = d.any_key(), ttl = d.ttl(), replace = d.flip(),
            is_damaged = d.chance(0.1)](Client& c) {
      const auto payload = c.dump(from);
      const bool is_there = payload && *payload && !is_damaged;
      return c.restore(to, is_there ? **payload : "no payload", ttl, replace);
    };
  }).weight = 0.5;
}

// Small sorted sets and sets may be kept differently, on purpose: see allowed_differences.txt.
std::string comparable_encoding(const std::optional<std::string>& encoding) {
  if (encoding == "skiplist") return "listpack";
  return encoding == "intset" ? "hashtable" : encoding.value_or("none");
}

void add_questions(Methods& methods) {
  methods.add("exists", of_any_key([](Client& c, auto key) { return c.exists(key); }));
  methods.add("exists_all", of_any_keys([](Client& c, const auto& keys) { return c.exists_all(keys); }));
  methods.add("type", of_any_key([](Client& c, auto key) { return c.type(key); }));
  methods.add("touch", of_any_keys([](Client& c, const auto& keys) { return c.touch(keys); }));
  methods.add("keys", [](Draws& d) {
    return [pattern = d.pattern()](Client& c) { return in_any_order(c.keys(pattern)); };
  });
  methods.add("scan", [](Draws& d) {
    ScanOptions options = d.scan_options();
    if (d.chance(0.3)) options.type = d.word_of({"string", "hash", "zset", "STREAM", "nope"});
    return [options](Client& c) {
      return scanned([&](const std::string& cursor) { return c.scan(cursor, options); }, 1);
    };
  });
  methods.add("randomkey", of_nothing([](Client& c) { return sampled(c.keys("*"), elements_of(c.randomkey()), 1); }));
  methods.add("object_encoding", of_any_key([](Client& c, auto key) {
    return told(c.object_encoding(key), comparable_encoding);
  }));
  // The oracle also tells the size of a key that has expired and was not met since.
  methods.add("memory_usage", of_any_key([](Client& c, auto key) { return own(c.memory_usage(key)); }));
  // Whether there is a number: what it is goes by each store's objects and chance.
  const auto is_there = [](const auto& number) { return number.has_value(); };
  methods.add("object_refcount", of_any_key([=](Client& c, auto key) {
    return told(c.object_refcount(key), is_there);
  }));
  methods.add("object_idletime", of_any_key([=](Client& c, auto key) {
    return told(c.object_idletime(key), is_there);
  }));
  methods.add("object_freq", of_any_key([=](Client& c, auto key) { return told(c.object_freq(key), is_there); }));
  methods.add("sort", [](Draws& d) {
    return [sort = sort_of(d)](Client& c) { return sort.run(c.sort(sort.key, sort.options)); };
  });
  methods.add("sort_ro", [](Draws& d) {
    return [sort = sort_of(d)](Client& c) { return sort.run(c.sort_ro(sort.key, sort.options)); };
  });
}

}  // namespace

void add_key_methods(Methods& methods) {
  methods.add("del", [](Draws& d) {
    return [key = d.chance(0.1) ? d.lex_key() : d.any_key()](Client& c) { return c.del(key); };
  });
  methods.add("del_all", of_any_keys([](Client& c, const auto& keys) { return c.del_all(keys); })).weight = 0.3;
  methods.add("unlink", of_any_keys([](Client& c, const auto& keys) { return c.unlink(keys); })).weight = 0.3;
  add_deadlines(methods);
  add_whole_values(methods);
  add_questions(methods);
}

}  // namespace redstart::oracle
