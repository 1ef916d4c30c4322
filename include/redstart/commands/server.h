// ServerMethods: the commands of the server and of connections, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

// An entry of SLOWLOG GET.
struct SlowCommand {
  int64_t id = 0;
  int64_t unix_time_s = 0;
  int64_t duration_us = 0;
  std::vector<std::string> words;  // long ones and many are cut; secrets are "(redacted)"
  std::string address;
  std::string client_name;
};

// An event of LATENCY LATEST.
struct LatencyEvent {
  std::string name;
  int64_t unix_time_s = 0;  // of the latest sample
  int64_t latest_ms = 0;
  int64_t worst_ms = 0;
};

// A sample of LATENCY HISTORY.
struct LatencySample {
  int64_t unix_time_s = 0;
  int64_t latency_ms = 0;
};

// What WAITAOF counted: logs that have the client's writes on disk.
struct LogAcknowledgements {
  int64_t local = 0;
  int64_t replicas = 0;
};

// What TIME says.
struct ServerTime {
  int64_t unix_time_us = 0;
};

result<ServerTime> decode(Reply reply, ServerTime*);
result<SlowCommand> decode(Reply reply, SlowCommand*);
result<LatencyEvent> decode(Reply reply, LatencyEvent*);
result<LatencySample> decode(Reply reply, LatencySample*);
result<LogAcknowledgements> decode(Reply reply, LogAcknowledgements*);

template <class Self>
class ServerMethods {
 public:
  // PING.
  auto ping() { return self().run(detail::typed<std::string>(WordList("PING"))); }
  // ECHO.
  auto echo(std::string_view text) {
    return self().run(detail::typed<std::string>(WordList("ECHO", text)));
  }
  // DBSIZE.
  auto dbsize() { return self().run(detail::typed<int64_t>(WordList("DBSIZE"))); }
  // FLUSHDB.
  auto flushdb() { return self().run(detail::typed<Done>(WordList("FLUSHDB"))); }
  // FLUSHALL.
  auto flushall() { return self().run(detail::typed<Done>(WordList("FLUSHALL"))); }
  // INFO, of one section or all default ones.
  auto info(std::string_view section = "default") {
    return self().run(detail::typed<std::string>(WordList("INFO", section)));
  }
  // CONFIG GET.
  auto config_get(std::string_view pattern) {
    return self().run(detail::typed<StringPairs>(WordList("CONFIG", "GET", pattern)));
  }
  // CONFIG SET.
  auto config_set(std::string_view name, std::string_view value) {
    return self().run(detail::typed<Done>(WordList("CONFIG", "SET", name, value)));
  }
  // ACL WHOAMI.
  auto acl_whoami() { return self().run(detail::typed<std::string>(WordList("ACL", "WHOAMI"))); }
  // ACL SETUSER: creates a user or changes it, all rules or none: {"on", ">secret", "~app:*", "+@read"}.
  template <class Range = std::initializer_list<std::string_view>>
  auto acl_setuser(std::string_view name, const Range& rules) {
    WordList words("ACL", "SETUSER", name);
    for (const auto& rule : rules) words.add(rule);
    return self().run(detail::typed<Done>(std::move(words)));
  }
  // ACL DELUSER: how many of the users there were.
  template <class Range = std::initializer_list<std::string_view>>
  auto acl_deluser(const Range& names) {
    WordList words("ACL", "DELUSER");
    for (const auto& name : names) words.add(name);
    return self().run(detail::typed<int64_t>(std::move(words)));
  }
  // ACL LIST: the users as lines of a configuration file.
  auto acl_list() {
    return self().run(detail::typed<std::vector<std::string>>(WordList("ACL", "LIST")));
  }
  // ACL USERS: their names.
  auto acl_users() {
    return self().run(detail::typed<std::vector<std::string>>(WordList("ACL", "USERS")));
  }
  // ACL GENPASS: a password of that many bits in hexadecimal digits.
  auto acl_genpass(int64_t bits = 256) {
    return self().run(detail::typed<std::string>(WordList("ACL", "GENPASS", bits)));
  }
  // CONFIG RESETSTAT.
  auto config_resetstat() { return self().run(detail::typed<Done>(WordList("CONFIG", "RESETSTAT"))); }
  // CONFIG REWRITE.
  auto config_rewrite() { return self().run(detail::typed<Done>(WordList("CONFIG", "REWRITE"))); }
  // SWAPDB.
  auto swapdb(int64_t first, int64_t second) {
    return self().run(detail::typed<Done>(WordList("SWAPDB", first, second)));
  }
  // SLOWLOG GET: the newest first.
  auto slowlog_get(int64_t count) {
    return self().run(detail::typed<std::vector<SlowCommand>>(WordList("SLOWLOG", "GET", count)));
  }
  // SLOWLOG LEN.
  auto slowlog_len() { return self().run(detail::typed<int64_t>(WordList("SLOWLOG", "LEN"))); }
  // SLOWLOG RESET.
  auto slowlog_reset() { return self().run(detail::typed<Done>(WordList("SLOWLOG", "RESET"))); }
  // LATENCY LATEST.
  auto latency_latest() {
    return self().run(detail::typed<std::vector<LatencyEvent>>(WordList("LATENCY", "LATEST")));
  }
  // LATENCY HISTORY: the oldest first.
  auto latency_history(std::string_view event) {
    return self().run(detail::typed<std::vector<LatencySample>>(WordList("LATENCY", "HISTORY", event)));
  }
  // LATENCY RESET of all events: how many there were.
  auto latency_reset() { return self().run(detail::typed<int64_t>(WordList("LATENCY", "RESET"))); }
  // WAIT: how many replicas have this client's writes, after `timeout` (zero: none) at most.
  auto wait(int64_t replicas, std::chrono::milliseconds timeout) {
    return self().run(
        detail::typed<int64_t>(WordList("WAIT", replicas, static_cast<int64_t>(timeout.count()))));
  }
  // WAITAOF: the same of logs on disk.
  auto waitaof(int64_t local, int64_t replicas, std::chrono::milliseconds timeout) {
    return self().run(detail::typed<LogAcknowledgements>(
        WordList("WAITAOF", local, replicas, static_cast<int64_t>(timeout.count()))));
  }
  // PUBLISH: how many received it.
  auto publish(std::string_view channel, std::string_view message) {
    return self().run(detail::typed<int64_t>(WordList("PUBLISH", channel, message)));
  }

  // SPUBLISH: to those who have subscribed to the channel with ssubscribe; how many they are.
  auto spublish(std::string_view channel, std::string_view message) {
    return self().run(detail::typed<int64_t>(WordList("SPUBLISH", channel, message)));
  }
  // PUBSUB CHANNELS and SHARDCHANNELS: those that somebody has subscribed to.
  auto pubsub_channels(std::string_view pattern = "*") {
    return self().run(detail::typed<std::vector<std::string>>(WordList("PUBSUB", "CHANNELS", pattern)));
  }
  auto pubsub_shardchannels(std::string_view pattern = "*") {
    return self().run(detail::typed<std::vector<std::string>>(WordList("PUBSUB", "SHARDCHANNELS", pattern)));
  }
  // PUBSUB NUMSUB and SHARDNUMSUB: channels with the numbers of their subscribers, in turn.
  template <class Range>
  auto pubsub_numsub(const Range& channels) {
    return self().run(detail::typed<Reply>(WordList("PUBSUB", "NUMSUB").add_all(channels)));
  }
  template <class Range>
  auto pubsub_shardnumsub(const Range& channels) {
    return self().run(detail::typed<Reply>(WordList("PUBSUB", "SHARDNUMSUB").add_all(channels)));
  }
  // PUBSUB NUMPAT: how many patterns are subscribed to.
  auto pubsub_numpat() { return self().run(detail::typed<int64_t>(WordList("PUBSUB", "NUMPAT"))); }
  // TIME: Unix time in microseconds.
  auto time() { return self().run(detail::typed<ServerTime>(WordList("TIME"))); }
  // LASTSAVE: Unix time of the last snapshot.
  auto lastsave() { return self().run(detail::typed<int64_t>(WordList("LASTSAVE"))); }
  // SAVE, BGSAVE and BGREWRITEAOF: a snapshot now, one in the background, the log anew; what the server says of it.
  auto save() { return self().run(detail::typed<Done>(WordList("SAVE"))); }
  auto bgsave() { return self().run(detail::typed<std::string>(WordList("BGSAVE"))); }
  auto bgrewriteaof() { return self().run(detail::typed<std::string>(WordList("BGREWRITEAOF"))); }
  // ROLE, as the server puts it: "master", offset, replicas ...; "slave", host, port ...
  auto role() { return self().run(detail::typed<Reply>(WordList("ROLE"))); }
  // COMMAND COUNT, LIST and GETKEYS.
  auto command_count() { return self().run(detail::typed<int64_t>(WordList("COMMAND", "COUNT"))); }
  auto command_list() { return self().run(detail::typed<std::vector<std::string>>(WordList("COMMAND", "LIST"))); }
  template <class Range>
  auto command_getkeys(const Range& words) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("COMMAND", "GETKEYS").add_all(words)));
  }
  // CLUSTER INFO, KEYSLOT, COUNTKEYSINSLOT, MYID.
  auto cluster_info() { return self().run(detail::typed<std::string>(WordList("CLUSTER", "INFO"))); }
  auto cluster_keyslot(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("CLUSTER", "KEYSLOT", key)));
  }
  auto cluster_countkeysinslot(int64_t slot) {
    return self().run(detail::typed<int64_t>(WordList("CLUSTER", "COUNTKEYSINSLOT", slot)));
  }
  auto cluster_myid() { return self().run(detail::typed<std::string>(WordList("CLUSTER", "MYID"))); }

  // CLUSTER NODES, SLOTS, SHARDS and GETKEYSINSLOT.
  auto cluster_nodes() { return self().run(detail::typed<std::string>(WordList("CLUSTER", "NODES"))); }
  auto cluster_slots() { return self().run(detail::typed<Reply>(WordList("CLUSTER", "SLOTS"))); }
  auto cluster_shards() { return self().run(detail::typed<Reply>(WordList("CLUSTER", "SHARDS"))); }
  auto cluster_getkeysinslot(int64_t slot, int64_t count) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("CLUSTER", "GETKEYSINSLOT", slot, count)));
  }
  // ACL GETUSER, LOG: as the server puts them.
  auto acl_getuser(std::string_view name) { return self().run(detail::typed<Reply>(WordList("ACL", "GETUSER", name))); }
  auto acl_log() { return self().run(detail::typed<Reply>(WordList("ACL", "LOG"))); }
  // ACL CAT: the categories, or the commands of one.
  auto acl_cat() { return self().run(detail::typed<std::vector<std::string>>(WordList("ACL", "CAT"))); }
  auto acl_cat(std::string_view category) {
    return self().run(detail::typed<std::vector<std::string>>(WordList("ACL", "CAT", category)));
  }
  // ACL DRYRUN: "OK", or why the user may not.
  template <class Range>
  auto acl_dryrun(std::string_view name, const Range& words) {
    return self().run(detail::typed<std::string>(WordList("ACL", "DRYRUN", name).add_all(words)));
  }
  // ACL LOAD and SAVE: from and into the server's file of users.
  auto acl_load() { return self().run(detail::typed<Done>(WordList("ACL", "LOAD"))); }
  auto acl_save() { return self().run(detail::typed<Done>(WordList("ACL", "SAVE"))); }
  // MEMORY DOCTOR, PURGE and STATS; LATENCY DOCTOR and HISTOGRAM.
  auto memory_doctor() { return self().run(detail::typed<std::string>(WordList("MEMORY", "DOCTOR"))); }
  auto memory_purge() { return self().run(detail::typed<Done>(WordList("MEMORY", "PURGE"))); }
  auto memory_stats() { return self().run(detail::typed<Reply>(WordList("MEMORY", "STATS"))); }
  auto latency_doctor() { return self().run(detail::typed<std::string>(WordList("LATENCY", "DOCTOR"))); }
  auto latency_histogram() { return self().run(detail::typed<Reply>(WordList("LATENCY", "HISTOGRAM"))); }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
