// The typed methods of sorted sets.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

using Rank = SortedSetMethods<Client>::Rank;
Rank rank(Draws& d) { return d.any_of({Rank::lowest, Rank::highest}); }

// The words of ZRANGE behind its key, and where ranges are defined by what they go by.
struct Range {
  std::string_view key;
  Draws::Words words;
};
Range range(Draws& d) {
  const auto index = [&] { return d.keep(std::to_string(d.index())); };
  Range range;
  switch (d.below(3)) {
    case 0:
      range = {d.key('z'), {index(), index()}};
      break;
    case 1:
      range = {d.key('z'), {d.score_bound(), d.score_bound(), "BYSCORE"}};
      break;
    default:
      range = {d.lex_key(), {d.lex_bound(), d.lex_bound(), "BYLEX"}};
      break;
  }
  if (d.chance(0.3)) range.words.push_back("REV");
  if (d.chance(0.3)) range.words.insert(range.words.end(), {"LIMIT", index(), index()});
  return range;
}

void add_changes(Methods& methods) {
  methods.add("zadd", [](Draws& d) {
    const bool is_lex = d.chance(0.3);
    return [key = is_lex ? d.lex_key() : d.key('z'), score = is_lex ? 0 : d.real(), member = d.member()](Client& c) {
      return c.zadd(key, score, member);
    };
  }).weight = 5;
  methods.add("zadd_all", [](Draws& d) {
    Draws::Words options;
    for (const char* option : {"NX", "XX", "GT", "LT", "CH"}) {
      if (d.chance(0.15)) options.push_back(option);
    }
    return [key = d.key('z'), members = d.scored_members(), options](Client& c) {
      return spread(options, [&](std::initializer_list<std::string_view> list) {
        return c.zadd_all(key, members, list);
      });
    };
  }).weight = 2;
  methods.add("zincrby", [](Draws& d) {
    return [key = d.key('z'), amount = d.real(), member = d.member()](Client& c) {
      return c.zincrby(key, amount, member);
    };
  });
  methods.add("zrem", [](Draws& d) {
    return [key = d.chance(0.2) ? d.lex_key() : d.key('z'), member = d.member()](Client& c) {
      return c.zrem(key, member);
    };
  });
  methods.add("zrem_all", [](Draws& d) {
    return [key = d.key('z'), members = d.members()](Client& c) { return c.zrem_all(key, members); };
  });
  methods.add("zrangestore", [](Draws& d) {
    return [to = d.key('z'), drawn = range(d)](Client& c) {
      return spread(drawn.words, [&](std::initializer_list<std::string_view> list) {
        return c.zrangestore(to, drawn.key, list);
      });
    };
  });
  methods.add("zremrangebyrank", [](Draws& d) {
    return [key = d.key('z'), first = d.index(), last = d.index()](Client& c) {
      return c.zremrangebyrank(key, first, last);
    };
  }).weight = 0.3;
  methods.add("zremrangebyscore", [](Draws& d) {
    return [key = d.key('z'), min = d.score_bound(), max = d.score_bound()](Client& c) {
      return c.zremrangebyscore(key, min, max);
    };
  }).weight = 0.3;
  methods.add("zremrangebylex", [](Draws& d) {
    return [key = d.lex_key(), min = d.lex_bound(), max = d.lex_bound()](Client& c) {
      return c.zremrangebylex(key, min, max);
    };
  }).weight = 0.3;
  methods.add("zpopmin", [](Draws& d) {
    return [key = d.key('z'), count = d.count()](Client& c) { return c.zpopmin(key, count); };
  }).weight = 0.5;
  methods.add("zpopmax", [](Draws& d) {
    return [key = d.key('z'), count = d.count()](Client& c) { return c.zpopmax(key, count); };
  }).weight = 0.5;
  methods.add("zmpop", [](Draws& d) {
    return [keys = d.keys('z'), at = rank(d), count = d.count()](Client& c) { return c.zmpop(keys, at, count); };
  }).weight = 0.5;
  methods.add_waiting("bzmpop", [](Draws& d) {
    return [keys = d.keys('z'), at = rank(d), patience = d.patience(), count = d.count()](Client& c) {
      return c.bzmpop(keys, at, patience, count);
    };
  }).weight = 0.3;
  methods.add_waiting("bzpopmin", [](Draws& d) {
    return [keys = d.keys('z'), patience = d.patience()](Client& c) { return c.bzpopmin(keys, patience); };
  }).weight = 0.3;
  methods.add_waiting("bzpopmax", [](Draws& d) {
    return [keys = d.keys('z'), patience = d.patience()](Client& c) { return c.bzpopmax(keys, patience); };
  }).weight = 0.3;
}

void add_reads(Methods& methods) {
  methods.add("zscore", [](Draws& d) {
    return [key = d.key('z'), member = d.member()](Client& c) { return c.zscore(key, member); };
  });
  methods.add("zmscore", [](Draws& d) {
    return [key = d.key('z'), members = d.members()](Client& c) { return c.zmscore(key, members); };
  });
  methods.add("zrank", [](Draws& d) {
    return [key = d.key('z'), member = d.member()](Client& c) { return c.zrank(key, member); };
  });
  methods.add("zrevrank", [](Draws& d) {
    return [key = d.key('z'), member = d.member()](Client& c) { return c.zrevrank(key, member); };
  });
  methods.add("zcard", of_key('z', [](Client& c, auto key) { return c.zcard(key); }));
  methods.add("zcount", [](Draws& d) {
    return [key = d.key('z'), min = d.score_bound(), max = d.score_bound()](Client& c) {
      return c.zcount(key, min, max);
    };
  });
  methods.add("zlexcount", [](Draws& d) {
    return [key = d.lex_key(), min = d.lex_bound(), max = d.lex_bound()](Client& c) {
      return c.zlexcount(key, min, max);
    };
  });
  const auto by_rank = [](auto call) {
    return [=](Draws& d) {
      return [=, key = d.key('z'), first = d.index(), last = d.index()](Client& c) {
        return call(c, key, first, last);
      };
    };
  };
  methods.add("zrange", by_rank([](Client& c, auto key, auto first, auto last) { return c.zrange(key, first, last); }));
  methods.add("zrange_with_scores", by_rank([](Client& c, auto key, auto first, auto last) {
    return c.zrange_with_scores(key, first, last);
  }));
  methods.add("zrevrange_with_scores", by_rank([](Client& c, auto key, auto first, auto last) {
    return c.zrevrange_with_scores(key, first, last);
  }));
  methods.add("zrange_by", [](Draws& d) {
    return [drawn = range(d)](Client& c) {
      return spread(drawn.words, [&](std::initializer_list<std::string_view> list) {
        return c.zrange_by(drawn.key, list);
      });
    };
  }).weight = 2;
  methods.add("zrandmember", [](Draws& d) {
    return [key = d.key('z'), count = d.count()](Client& c) {
      return sampled(c.zrange(key, 0, -1), c.zrandmember(key, count), count);
    };
  });
  methods.add("zscan", [](Draws& d) {
    return [key = d.key('z'), options = d.scan_options()](Client& c) {
      return scanned([&](const std::string& cursor) { return c.zscan(key, cursor, options); }, 2);
    };
  });
}

void add_algebra(Methods& methods) {
  methods.add("zinterstore", [](Draws& d) {
    return [to = d.key('z'), keys = d.keys('z')](Client& c) { return c.zinterstore(to, keys); };
  });
  methods.add("zunionstore", [](Draws& d) {
    return [to = d.key('z'), keys = d.keys('z')](Client& c) { return c.zunionstore(to, keys); };
  });
  methods.add("zdiffstore", [](Draws& d) {
    return [to = d.key('z'), keys = d.keys('z')](Client& c) { return c.zdiffstore(to, keys); };
  });
  methods.add("zdiff", of_keys('z', [](Client& c, const auto& keys) { return c.zdiff(keys); }));
  methods.add("zinter", of_keys('z', [](Client& c, const auto& keys) { return c.zinter(keys); }));
  methods.add("zunion", of_keys('z', [](Client& c, const auto& keys) { return c.zunion(keys); }));
  methods.add("zdiff_with_scores", of_keys('z', [](Client& c, const auto& keys) { return c.zdiff_with_scores(keys); }));
  methods.add("zinter_with_scores", of_keys('z', [](Client& c, const auto& keys) {
    return c.zinter_with_scores(keys);
  }));
  methods.add("zunion_with_scores", of_keys('z', [](Client& c, const auto& keys) {
    return c.zunion_with_scores(keys);
  }));
  methods.add("zintercard", [](Draws& d) {
    return [keys = d.keys('z'), limit = d.count()](Client& c) { return c.zintercard(keys, limit); };
  });
}

}  // namespace

void add_sorted_set_methods(Methods& methods) {
  add_changes(methods);
  add_reads(methods);
  add_algebra(methods);
}

}  // namespace redstart::oracle
