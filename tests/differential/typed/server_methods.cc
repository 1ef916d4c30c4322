// The typed methods of the server, its users, channels and logs.
#include <thread>

#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

using Directive = std::pair<std::string_view, std::string_view>;

Draws::Word user(Draws& d) { return d.word_of({"u0", "u1", "u2", "nobody"}); }
Draws::Word channel(Draws& d) { return d.word_of({"news", "news.a", "shard", "none"}); }

// Whole commands, for those that only speak of them.
Draws::Words command_words(Draws& d) {
  return d.any_of<Draws::Words>({{"GET", "s1"}, {"MSET", "a", "1", "b", "2"}, {"EVAL", "return 1", "1", "k"}, {"PING"},
                                 {"GET"}, {"nope", "k"}, {"CONFIG", "GET", "save"}, {"ZUNIONSTORE", "a", "2", "b", "c"},
                                 {"PUBLISH", "news", "x"}, {"XREAD", "STREAMS", "a", "b", "0", "0"}});
}

// What goes on in the background has come to its end.
Outcome ended(Client& c, const Outcome& outcome) {
  const auto goes_on = [](const std::string& info) {
    return info.find("rdb_bgsave_in_progress:1") != std::string::npos ||
           info.find("aof_rewrite_in_progress:1") != std::string::npos;
  };
  for (auto info = c.info("persistence"); info && goes_on(*info); info = c.info("persistence")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return outcome;
}

void add_whole_store(Methods& methods) {
  methods.add("ping", of_nothing([](Client& c) { return c.ping(); }));
  methods.add("echo", [](Draws& d) { return [text = d.value()](Client& c) { return c.echo(text); }; });
  // Keys that have expired count until somebody has met them, as a scan does.
  methods.add("dbsize", of_nothing([](Client& c) {
    static_cast<void>(scanned([&](const std::string& cursor) { return c.scan(cursor); }, 1));
    return c.dbsize();
  }));
  methods.add("flushdb", of_nothing([](Client& c) { return c.flushdb(); })).weight = 0.05;
  methods.add("flushall", of_nothing([](Client& c) { return c.flushall(); })).weight = 0.05;
  methods.add("swapdb", [](Draws& d) {
    return [first = d.any_of<int64_t>({0, 1, 2, 99}), second = d.any_of<int64_t>({0, 1, -1})](Client& c) {
      return c.swapdb(first, second);
    };
  }).weight = 0.2;
  methods.add("time", of_nothing([](Client& c) { return c.time(); }));
  methods.add("lastsave", of_nothing([](Client& c) { return own(c.lastsave()); }));
  methods.add("role", of_nothing([](Client& c) { return c.role(); }));
  methods.add_waiting("wait", [](Draws& d) {
    return [replicas = d.any_of<int64_t>({0, 1, -1}), patience = d.patience()](Client& c) {
      return c.wait(replicas, patience);
    };
  }).weight = 0.3;
  Method& waitaof = methods.add_newer("waitaof", [](Draws& d) {
    return [local = d.any_of<int64_t>({0, 0, 0, 1}), replicas = d.any_of<int64_t>({0, 0, 1, -1}),
            patience = d.patience()](Client& c) { return c.waitaof(local, replicas, patience); };
  });
  waitaof.may_wait = true;
  waitaof.weight = 3;
  const auto on_disk = [](Method& method) {
    method.weight = 0.05;
    method.needs_disk = true;
  };
  on_disk(methods.add("save", of_nothing([](Client& c) { return c.save(); })));
  on_disk(methods.add("bgsave", of_nothing([](Client& c) { return ended(c, c.bgsave()); })));
  on_disk(methods.add("bgrewriteaof", of_nothing([](Client& c) { return ended(c, c.bgrewriteaof()); })));
}

void add_settings(Methods& methods) {
  methods.add("config_get", [](Draws& d) {
    const Draws::Word pattern = d.word_of({"hash-max-listpack-entries", "zset-max-*", "maxmemory-policy", "lfu-*",
                                           "databases", "appendonly", "nope*", ""});
    return [pattern](Client& c) { return in_any_order(c.config_get(pattern)); };
  });
  methods.add("config_set", [](Draws& d) {
    const auto [name, value] = d.any_of<Directive>(
        {{"hash-max-listpack-entries", "8"}, {"hash-max-listpack-entries", "512"}, {"zset-max-listpack-entries", "8"},
         {"set-max-intset-entries", "8"}, {"stream-node-max-entries", "5"}, {"list-max-listpack-size", "4"},
         {"maxmemory-policy", "allkeys-lfu"}, {"maxmemory-policy", "allkeys-lru"}, {"appendfsync", "nope"},
         {"lfu-log-factor", "x"}, {"databases", "3"}, {"nope", "1"}, {"appendonly", "maybe"}});
    return [name, value](Client& c) { return c.config_set(name, value); };
  }).weight = 0.3;
  methods.add("config_resetstat", of_nothing([](Client& c) { return c.config_resetstat(); }));
  methods.add("config_rewrite", of_nothing([](Client& c) { return c.config_rewrite(); })).is_ever_refused = true;
  methods.add("info", [](Draws& d) {
    return [section = d.word_of({"server", "clients", "memory", "persistence", "keyspace", "nope"})](Client& c) {
      return told(c.info(section), [](const std::string& text) { return text.substr(0, text.find('\r')); });
    };
  });
  methods.add("command_count", of_nothing([](Client& c) { return own(c.command_count()); }));
  methods.add("command_list", of_nothing([](Client& c) {
    return told(c.command_list(), [](const auto& names) { return std::ranges::count(names, "zadd"); });
  }));
  methods.add("command_getkeys", [](Draws& d) {
    return [words = command_words(d)](Client& c) { return c.command_getkeys(words); };
  });
}

void add_users(Methods& methods) {
  methods.add("acl_whoami", of_nothing([](Client& c) { return c.acl_whoami(); }));
  // Of the commands all or none: single ones are told in other words.
  methods.add("acl_setuser", [](Draws& d) {
    const auto rules = d.some([&] {
      return d.word_of({"on", "off", "nopass", ">p1", "<p1", "resetpass", "~app:*", "%R~s*", "allkeys", "resetkeys",
                        "&news", "allchannels", "resetchannels", "+@all", "-@all", "reset", "nope", "~*"});
    });
    return [name = d.word_of({"u0", "u1", "u2", "a b"}), rules](Client& c) { return c.acl_setuser(name, rules); };
  });
  methods.add("acl_deluser", [](Draws& d) {
    return [names = d.some([&] { return user(d); })](Client& c) { return c.acl_deluser(names); };
  }).weight = 0.3;
  methods.add("acl_list", of_nothing([](Client& c) { return in_any_order(c.acl_list()); }));
  methods.add("acl_users", of_nothing([](Client& c) { return in_any_order(c.acl_users()); }));
  methods.add("acl_getuser", [](Draws& d) { return [name = user(d)](Client& c) { return c.acl_getuser(name); }; });
  methods.add("acl_genpass", [](Draws& d) {
    return [bits = d.any_of<int64_t>({1, 4, 5, 256, 4096, 4097, 0, -1})](Client& c) {
      return told(c.acl_genpass(bits), [](const std::string& password) { return int64_t(password.size()); });
    };
  });
  methods.add("acl_log", of_nothing([](Client& c) { return c.acl_log(); }));
  methods.add("acl_cat", of_nothing([](Client& c) { return in_any_order(c.acl_cat()); }));
  methods.add("acl_cat", [](Draws& d) {
    return [category = d.word_of({"transaction", "LIST", "set", "pubsub", "nope"})](Client& c) {
      return in_any_order(c.acl_cat(category));
    };
  });
  methods.add("acl_dryrun", [](Draws& d) {
    return [name = user(d), words = command_words(d)](Client& c) { return c.acl_dryrun(name, words); };
  });
  methods.add("acl_load", of_nothing([](Client& c) { return c.acl_load(); })).is_ever_refused = true;
  methods.add("acl_save", of_nothing([](Client& c) { return c.acl_save(); })).is_ever_refused = true;
}

void add_channels(Methods& methods) {
  methods.add("publish", [](Draws& d) {
    return [to = channel(d), message = d.value()](Client& c) { return c.publish(to, message); };
  });
  methods.add("spublish", [](Draws& d) {
    return [to = channel(d), message = d.value()](Client& c) { return c.spublish(to, message); };
  });
  methods.add("pubsub_channels", [](Draws& d) {
    return [pattern = d.word_of({"*", "n*", "x"})](Client& c) { return in_any_order(c.pubsub_channels(pattern)); };
  });
  methods.add("pubsub_shardchannels", [](Draws& d) {
    return [pattern = d.word_of({"*", "s*", "x"})](Client& c) { return in_any_order(c.pubsub_shardchannels(pattern)); };
  });
  methods.add("pubsub_numsub", [](Draws& d) {
    return [channels = d.some([&] { return channel(d); })](Client& c) { return c.pubsub_numsub(channels); };
  });
  methods.add("pubsub_shardnumsub", [](Draws& d) {
    return [channels = d.some([&] { return channel(d); })](Client& c) { return c.pubsub_shardnumsub(channels); };
  });
  methods.add("pubsub_numpat", of_nothing([](Client& c) { return c.pubsub_numpat(); }));
}

void add_logs(Methods& methods) {
  // What is slow is any command for a moment.
  methods.add("slowlog_get", [](Draws& d) {
    return [text = d.value(), count = d.any_of<int64_t>({0, 1, 3, -1, -2})](Client& c) {
      static_cast<void>(c.slowlog_reset());
      static_cast<void>(c.config_set("slowlog-log-slower-than", "0"));
      static_cast<void>(c.echo(text));
      static_cast<void>(c.config_set("slowlog-log-slower-than", "-1"));
      return c.slowlog_get(count);
    };
  });
  methods.add("slowlog_len", of_nothing([](Client& c) { return c.slowlog_len(); }));
  methods.add("slowlog_reset", of_nothing([](Client& c) { return c.slowlog_reset(); }));
  methods.add("latency_latest", of_nothing([](Client& c) { return c.latency_latest(); }));
  methods.add("latency_history", [](Draws& d) {
    return [event = d.word_of({"command", "nope"})](Client& c) { return c.latency_history(event); };
  });
  methods.add("latency_reset", of_nothing([](Client& c) { return c.latency_reset(); }));
  // Texts for people, and numbers of each store's memory and time.
  methods.add("latency_doctor", of_nothing([](Client& c) { return own(c.latency_doctor()); }));
  methods.add("latency_histogram", of_nothing([](Client& c) { return own(c.latency_histogram()); }));
  methods.add("memory_doctor", of_nothing([](Client& c) { return own(c.memory_doctor()); }));
  methods.add("memory_stats", of_nothing([](Client& c) { return own(c.memory_stats()); }));
  methods.add("memory_purge", of_nothing([](Client& c) { return c.memory_purge(); }));
}

// None of the stores is a node of a cluster, and each says so.
void add_cluster(Methods& methods) {
  const auto refused = [&](std::string_view name, auto draw) { methods.add(name, draw).is_ever_refused = true; };
  refused("cluster_info", of_nothing([](Client& c) { return c.cluster_info(); }));
  refused("cluster_keyslot", [](Draws& d) {
    return [key = d.any_key()](Client& c) { return c.cluster_keyslot(key); };
  });
  refused("cluster_countkeysinslot", [](Draws& d) {
    return [slot = d.number()](Client& c) { return c.cluster_countkeysinslot(slot); };
  });
  refused("cluster_myid", of_nothing([](Client& c) { return c.cluster_myid(); }));
  refused("cluster_nodes", of_nothing([](Client& c) { return c.cluster_nodes(); }));
  refused("cluster_slots", of_nothing([](Client& c) { return c.cluster_slots(); }));
  refused("cluster_shards", of_nothing([](Client& c) { return c.cluster_shards(); }));
  refused("cluster_getkeysinslot", [](Draws& d) {
    return [slot = d.number(), count = d.count()](Client& c) { return c.cluster_getkeysinslot(slot, count); };
  });
}

}  // namespace

void add_server_methods(Methods& methods) {
  add_whole_store(methods);
  add_settings(methods);
  add_users(methods);
  add_channels(methods);
  add_logs(methods);
  add_cluster(methods);
}

}  // namespace redstart::oracle
