// The typed methods of strings, bits and sketches.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

constexpr std::string_view kRightDigest = "";  // stands for the value's own

void add_reads_and_writes(Methods& methods) {
  methods.add("get", of_key('s', [](Client& c, auto key) { return c.get(key); }));
  // One of the sorted sets' keys is a string at times.
  methods.add("set", [](Draws& d) {
    return [key = d.chance(0.01) ? d.lex_key() : d.key('s'), value = d.value(), options = d.set_options()](Client& c) {
      return c.set(key, value, options);
    };
  }).weight = 5;
  methods.add("set_and_get", [](Draws& d) {
    return [key = d.key('s'), value = d.value(), options = d.set_options()](Client& c) {
      return c.set_and_get(key, value, options);
    };
  });
  methods.add("set_for", [](Draws& d) {
    return [key = d.key('s'), value = d.value(), ttl = d.ttl()](Client& c) { return c.set_for(key, value, ttl); };
  });
  methods.add("setnx", [](Draws& d) {
    return [key = d.key('s'), value = d.value()](Client& c) { return c.setnx(key, value); };
  });
  methods.add("getset", [](Draws& d) {
    return [key = d.key('s'), value = d.value()](Client& c) { return c.getset(key, value); };
  });
  methods.add("getdel", of_key('s', [](Client& c, auto key) { return c.getdel(key); }));
  methods.add("getex", [](Draws& d) {
    return [key = d.key('s'), ttl = d.ttl()](Client& c) { return c.getex(key, ttl); };
  });
  methods.add("getex_persist", of_key('s', [](Client& c, auto key) { return c.getex_persist(key); }));
  methods.add("mget", of_keys('s', [](Client& c, const auto& keys) { return c.mget(keys); }));
  methods.add("mset", [](Draws& d) {
    return [pairs = d.keyed_values('s')](Client& c) { return c.mset(pairs); };
  });
  methods.add("msetnx", [](Draws& d) {
    return [pairs = d.keyed_values('s')](Client& c) { return c.msetnx(pairs); };
  });
  methods.add("append", [](Draws& d) {
    return [key = d.key('s'), tail = d.value()](Client& c) { return c.append(key, tail); };
  });
  methods.add("strlen", of_key('s', [](Client& c, auto key) { return c.strlen(key); }));
  methods.add("getrange", [](Draws& d) {
    return [key = d.key('s'), first = d.index(), last = d.index()](Client& c) { return c.getrange(key, first, last); };
  });
  methods.add("setrange", [](Draws& d) {
    const int64_t offset = d.chance(0.95) ? static_cast<int64_t>(d.below(200)) : d.any_of<int64_t>({-1, 1 << 30});
    return [key = d.key('s'), offset, bytes = d.value()](Client& c) { return c.setrange(key, offset, bytes); };
  });
  methods.add("lcs", [](Draws& d) {
    return [first = d.key('s'), second = d.key('s')](Client& c) { return c.lcs(first, second); };
  });
  methods.add("lcs_length", [](Draws& d) {
    return [first = d.key('s'), second = d.key('s')](Client& c) { return c.lcs_length(first, second); };
  });
}

void add_numbers(Methods& methods) {
  methods.add("incr", of_key('s', [](Client& c, auto key) { return c.incr(key); }));
  methods.add("decr", of_key('s', [](Client& c, auto key) { return c.decr(key); }));
  methods.add("incrby", [](Draws& d) {
    return [key = d.key('s'), amount = d.number()](Client& c) { return c.incrby(key, amount); };
  });
  methods.add("decrby", [](Draws& d) {
    return [key = d.key('s'), amount = d.number()](Client& c) { return c.decrby(key, amount); };
  });
  methods.add("incrbyfloat", [](Draws& d) {
    return [key = d.key('s'), amount = d.real()](Client& c) { return c.incrbyfloat(key, amount); };
  });
  methods.add_newer("increx", [](Draws& d) {
    IncrementOptions options;
    if (d.flip()) options.lower_bound = d.number();
    if (d.flip()) options.upper_bound = d.number();
    options.saturate = d.flip();
    if (d.chance(0.3)) options.ttl = d.ttl();
    options.only_without_ttl = d.chance(0.3);
    return [key = d.key('s'), amount = d.number(), options](Client& c) { return c.increx(key, amount, options); };
  }).weight = 4;
}

// The digest that the store itself gives, or one that is none.
std::string digest_for(Client& c, std::string_view key, std::string_view drawn) {
  if (drawn != kRightDigest) return std::string(drawn);
  const auto digest = c.digest(key);
  return digest && *digest ? **digest : "0123456789abcdef";
}
std::string_view drawn_digest(Draws& d) { return d.word_of({kRightDigest, kRightDigest, "0123456789abcdef", "x"}); }

void add_comparing(Methods& methods) {
  methods.add_newer("set_if_equal", [](Draws& d) {
    return [key = d.key('s'), value = d.value(), expected = d.value(), options = d.set_options()](Client& c) {
      return c.set_if_equal(key, value, expected, options);
    };
  });
  methods.add_newer("set_unless_equal", [](Draws& d) {
    return [key = d.key('s'), value = d.value(), unexpected = d.value(), options = d.set_options()](Client& c) {
      return c.set_unless_equal(key, value, unexpected, options);
    };
  });
  methods.add_newer("set_if_digest", [](Draws& d) {
    return [key = d.key('s'), value = d.value(), drawn = drawn_digest(d), options = d.set_options()](Client& c) {
      return c.set_if_digest(key, value, digest_for(c, key, drawn), options);
    };
  });
  methods.add_newer("delete_if_equal", [](Draws& d) {
    return [key = d.key('s'), expected = d.value()](Client& c) { return c.delete_if_equal(key, expected); };
  });
  methods.add_newer("delete_if_digest", [](Draws& d) {
    return [key = d.key('s'), drawn = drawn_digest(d)](Client& c) {
      return c.delete_if_digest(key, digest_for(c, key, drawn));
    };
  });
  methods.add_newer("digest", of_key('s', [](Client& c, auto key) { return c.digest(key); }));
  methods.add_newer("msetex", [](Draws& d) {
    return [pairs = d.keyed_values('s'), options = d.set_options()](Client& c) { return c.msetex(pairs, options); };
  });
  methods.add_newer("delifeq", [](Draws& d) {
    return [key = d.key('s'), expected = d.value()](Client& c) { return c.delifeq(key, expected); };
  });
}

Draws::Words field_operations(Draws& d, bool only_reads) {
  Draws::Words words;
  const uint64_t count = 1 + d.below(2);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view what = only_reads ? "GET" : d.word_of({"GET", "SET", "INCRBY", "OVERFLOW"});
    words.push_back(what);
    if (what == "OVERFLOW") {
      words.push_back(d.word_of({"WRAP", "SAT", "FAIL", "nope"}));
      continue;
    }
    words.push_back(d.word_of({"u8", "i8", "u1", "i64", "u63", "i5", "u64", "u16"}));
    words.push_back(d.keep((d.flip() ? "#" : "") + std::to_string(d.below(60))));
    if (what != "GET") words.push_back(d.keep(std::to_string(d.number())));
  }
  return words;
}

BitUnit unit(Draws& d) { return d.any_of({BitUnit::byte, BitUnit::bit}); }

}  // namespace

void add_string_methods(Methods& methods) {
  add_reads_and_writes(methods);
  add_numbers(methods);
  add_comparing(methods);
}

void add_bitmap_methods(Methods& methods) {
  methods.add("setbit", [](Draws& d) {
    return [key = d.key('s'), offset = d.bit_offset(), on = d.flip()](Client& c) { return c.setbit(key, offset, on); };
  });
  methods.add("getbit", [](Draws& d) {
    return [key = d.key('s'), offset = d.bit_offset()](Client& c) { return c.getbit(key, offset); };
  });
  methods.add("bitcount", of_key('s', [](Client& c, auto key) { return c.bitcount(key); }));
  methods.add("bitcount", [](Draws& d) {
    return [key = d.key('s'), first = d.index(), last = d.index(), by = unit(d)](Client& c) {
      return c.bitcount(key, first, last, by);
    };
  });
  methods.add("bitpos", [](Draws& d) {
    return [key = d.key('s'), bit = d.flip()](Client& c) { return c.bitpos(key, bit); };
  });
  methods.add("bitpos", [](Draws& d) {
    return [key = d.key('s'), bit = d.flip(), first = d.index(), last = d.index(), by = unit(d)](Client& c) {
      return c.bitpos(key, bit, first, last, by);
    };
  });
  methods.add("bitop", [](Draws& d) {
    using enum BitOperation;
    const BitOperation operation = d.may_be_newer() ? d.any_of({and_, or_, xor_, not_, diff, diff1, andor, one})
                                                    : d.any_of({and_, or_, xor_, not_});
    return [operation, to = d.key('s'), keys = d.keys('s')](Client& c) { return c.bitop(operation, to, keys); };
  });
  methods.add("bitfield", [](Draws& d) {
    return [key = d.key('s'), words = field_operations(d, false)](Client& c) {
      return spread(words, [&](std::initializer_list<std::string_view> list) { return c.bitfield(key, list); });
    };
  });
  methods.add("bitfield_ro", [](Draws& d) {
    return [key = d.key('s'), words = field_operations(d, true)](Client& c) {
      return spread(words, [&](std::initializer_list<std::string_view> list) { return c.bitfield_ro(key, list); });
    };
  });
}

void add_hyperloglog_methods(Methods& methods) {
  methods.add("pfadd", [](Draws& d) {
    return [key = d.key('p'), element = d.member()](Client& c) { return c.pfadd(key, element); };
  }).weight = 3;
  methods.add("pfadd_all", [](Draws& d) {
    return [key = d.key('p'), elements = d.members()](Client& c) { return c.pfadd_all(key, elements); };
  });
  methods.add("pfcount", of_key('p', [](Client& c, auto key) { return c.pfcount(key); }));
  methods.add("pfcount_all", of_keys('p', [](Client& c, const auto& keys) { return c.pfcount_all(keys); }));
  methods.add("pfmerge", [](Draws& d) {
    return [to = d.key('p'), keys = d.keys('p')](Client& c) { return c.pfmerge(to, keys); };
  });
}

}  // namespace redstart::oracle
