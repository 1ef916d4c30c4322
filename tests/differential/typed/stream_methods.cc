// The typed methods of streams.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

using std::chrono::milliseconds;

Draws::Pairs fields(Draws& d) {
  return d.some([&] { return std::pair(d.word_of({"f0", "f1", "f2"}), d.value()); });
}

// XREAD's "+" is newer than the oracle.
Draws::Word read_id(Draws& d) {
  Draws::Word id = d.flip() ? d.word_of({"0", "$", ">"}) : d.stream_id();
  while (id == "+" && !d.may_be_newer()) id = d.stream_id();
  return id;
}
// One stream in most cases: one among several that is missing is an error for all.
Draws::Pairs positions(Draws& d) {
  const auto position = [&] { return std::pair(d.key('x'), read_id(d)); };
  return d.chance(0.7) ? Draws::Pairs{position()} : d.some(position);
}
milliseconds idle(Draws& d) { return milliseconds(d.flip() ? 0 : d.below(400'000)); }

void add_entries(Methods& methods) {
  methods.add("xadd", [](Draws& d) {
    return [key = d.key('x'), pairs = fields(d)](Client& c) { return c.xadd(key, pairs); };
  }).weight = 3;
  methods.add("xadd", [](Draws& d) {
    return [key = d.key('x'), value = d.value(), other = d.value()](Client& c) {
      return c.xadd(key, {{"f0", value}, {"f1", other}});
    };
  }).weight = 3;
  methods.add("xadd", [](Draws& d) {
    StreamAddOptions options;
    options.id = d.chance(0.2) ? d.word_of({"*", "5-*", "0-*"}) : d.stream_id();
    options.create = d.chance(0.8);
    if (d.chance(0.3)) options.trim = d.trim();
    return [key = d.key('x'), pairs = fields(d), options](Client& c) { return c.xadd(key, pairs, options); };
  }).weight = 3;
  methods.add("xlen", of_key('x', [](Client& c, auto key) { return c.xlen(key); }));
  methods.add("xrange", [](Draws& d) {
    return [key = d.key('x'), first = d.stream_id(), last = d.stream_id(), count = d.count()](Client& c) {
      return c.xrange(key, first, last, count);
    };
  });
  methods.add("xrevrange", [](Draws& d) {
    return [key = d.key('x'), last = d.stream_id(), first = d.stream_id(), count = d.count()](Client& c) {
      return c.xrevrange(key, last, first, count);
    };
  });
  methods.add("xdel", [](Draws& d) {
    return [key = d.key('x'), ids = d.stream_ids()](Client& c) { return c.xdel(key, ids); };
  });
  methods.add_newer("xdelex", [](Draws& d) {
    return [key = d.key('x'), ids = d.stream_ids(), references = d.references()](Client& c) {
      return c.xdelex(key, ids, references);
    };
  });
  methods.add("xtrim", [](Draws& d) {
    return [key = d.key('x'), options = d.trim()](Client& c) { return c.xtrim(key, options); };
  }).weight = 0.3;
  methods.add("xsetid", [](Draws& d) {
    return [key = d.key('x'), id = d.stream_id()](Client& c) { return c.xsetid(key, id); };
  }).weight = 0.3;
  methods.add_waiting("xread", [](Draws& d) {
    StreamReadOptions options{.count = d.count()};
    if (d.chance(0.2)) options.block = d.patience();
    return [at = positions(d), options](Client& c) { return c.xread(at, options); };
  });
}

void add_reading_groups(Methods& methods) {
  // A consumer is noted with the time, so none waits: the clock moves then.
  methods.add("xreadgroup", [](Draws& d) {
    StreamReadOptions options{.count = d.count()};
    options.no_ack = d.chance(0.2);
    return [group = d.group(), consumer = d.consumer(), at = positions(d), options](Client& c) {
      return c.xreadgroup(group, consumer, at, options);
    };
  }).weight = 4;
  methods.add("xack", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), ids = d.stream_ids()](Client& c) { return c.xack(key, group, ids); };
  });
  methods.add_newer("xackdel", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), ids = d.stream_ids(), references = d.references()](Client& c) {
      return c.xackdel(key, group, ids, references);
    };
  }).weight = 4;
  methods.add("xpending", [](Draws& d) {
    return [key = d.key('x'), group = d.group()](Client& c) { return c.xpending(key, group); };
  });
  methods.add("xpending", [](Draws& d) {
    StreamPendingFilter filter;
    if (d.flip()) filter.first = d.stream_id();
    if (d.flip()) filter.last = d.stream_id();
    filter.count = d.count();
    if (d.flip()) filter.consumer = d.consumer();
    if (d.flip()) filter.min_idle = idle(d);
    return [key = d.key('x'), group = d.group(), filter](Client& c) { return c.xpending(key, group, filter); };
  });
  methods.add("xclaim", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), consumer = d.consumer(), min_idle = idle(d),
            ids = d.stream_ids()](Client& c) { return c.xclaim(key, group, consumer, min_idle, ids); };
  });
  methods.add("xclaim_ids", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), consumer = d.consumer(), min_idle = idle(d),
            ids = d.stream_ids()](Client& c) { return c.xclaim_ids(key, group, consumer, min_idle, ids); };
  });
  methods.add("xautoclaim", [](Draws& d) {
    const Draws::Word start = d.flip() ? "0-0" : d.stream_id();
    return [key = d.key('x'), group = d.group(), consumer = d.consumer(), min_idle = idle(d), start,
            count = d.count()](Client& c) { return c.xautoclaim(key, group, consumer, min_idle, start, count); };
  });
}

void add_groups(Methods& methods) {
  methods.add("xgroup_create", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), id = d.chance(0.8) ? "0" : d.stream_id(),
            make = d.chance(0.8)](Client& c) {
      return c.xgroup_create(key, group, id, make);
    };
  }).weight = 8;
  methods.add("xgroup_setid", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), id = d.stream_id()](Client& c) {
      return c.xgroup_setid(key, group, id);
    };
  });
  methods.add("xgroup_destroy", [](Draws& d) {
    return [key = d.key('x'), group = d.group()](Client& c) { return c.xgroup_destroy(key, group); };
  }).weight = 0.2;
  methods.add("xgroup_createconsumer", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), consumer = d.consumer()](Client& c) {
      return c.xgroup_createconsumer(key, group, consumer);
    };
  });
  methods.add("xgroup_delconsumer", [](Draws& d) {
    return [key = d.key('x'), group = d.group(), consumer = d.consumer()](Client& c) {
      return c.xgroup_delconsumer(key, group, consumer);
    };
  });
  methods.add("xinfo_stream", of_key('x', [](Client& c, auto key) { return c.xinfo_stream(key); }));
  methods.add("xinfo_groups", of_key('x', [](Client& c, auto key) { return c.xinfo_groups(key); }));
  methods.add("xinfo_consumers", [](Draws& d) {
    return [key = d.key('x'), group = d.group()](Client& c) { return c.xinfo_consumers(key, group); };
  });
}

}  // namespace

void add_stream_methods(Methods& methods) {
  add_entries(methods);
  add_reading_groups(methods);
  add_groups(methods);
}

}  // namespace redstart::oracle
