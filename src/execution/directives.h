// Directives: every configuration directive of Redis 7.0, and what came until 8.0, a row each: what it is
// called, what values it takes, what it is when nobody sets it. Directives that this store has no use for are
// accepted and kept.
//
// Threads: immutable.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace redstart {

enum class DirectiveKind : uint8_t {
  boolean,           // yes, no
  integer,           // decimal
  memory,            // bytes with units: 100mb
  memory_or_percent, // bytes, or "5%", kept as a negative number
  octal,             // file permissions
  choice,            // one of `choices`
  choices,           // any of `choices`: bits
  text,
  // Directives with a grammar of their own.
  save, output_buffer_limit, oom_score_values, notify_events, bind, replicaof, percentiles, directory,
};

enum DirectiveFlag : uint8_t {
  kImmutable = 1,   // CONFIG SET refuses it
  kProtected = 2,   // CONFIG SET refuses it unless enable-protected-configs allows
  kHiddenName = 4,  // CONFIG GET shows it only by its full name
  kSensitive = 8,   // never shown in logs
  kManyWords = 16,  // a line of a file may give several words
  kFileName = 32,   // a name without a path
  kUnsigned = 64,   // `max` is unsigned 64 bits
};

struct Choice {
  std::string_view name;
  int64_t value;
};

struct Directive {
  std::string_view name;
  std::string_view alias = {};
  DirectiveKind kind = DirectiveKind::boolean;
  uint8_t flags = 0;
  std::string_view fallback = "no";  // the default, as a file would say it
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  std::span<const Choice> choices = {};

  bool has(DirectiveFlag flag) const { return (flags & flag) != 0; }
  bool is_numeric() const { return kind <= DirectiveKind::choices; }
};

namespace directive_tables {

using enum DirectiveKind;
inline constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
inline constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kUintMax = std::numeric_limits<uint32_t>::max();
inline constexpr int64_t kPortMax = 65535;
inline constexpr int64_t kMebibyte = 1024 * 1024;

inline constexpr Choice kPolicies[] = {
    {"volatile-lru", 5}, {"volatile-lfu", 6},    {"volatile-random", 7},     {"volatile-ttl", 9},
    {"allkeys-lru", 1},  {"allkeys-lfu", 2},     {"allkeys-random", 3},      {"noeviction", 0},
    {"allkeys-tinylfu", 4}, {"volatile-tinylfu", 8}};
inline constexpr Choice kLogLevels[] = {{"debug", 0}, {"verbose", 1}, {"notice", 2}, {"warning", 3}};
inline constexpr Choice kFsyncs[] = {{"everysec", 1}, {"always", 2}, {"no", 0}};
inline constexpr Choice kSupervised[] = {{"upstart", 3}, {"systemd", 2}, {"auto", 1}, {"no", 0}};
inline constexpr Choice kFacilities[] = {
    {"user", 8},     {"local0", 128}, {"local1", 136}, {"local2", 144}, {"local3", 152},
    {"local4", 160}, {"local5", 168}, {"local6", 176}, {"local7", 184}};
inline constexpr Choice kDisklessLoads[] = {{"disabled", 0}, {"on-empty-db", 1}, {"swapdb", 2}};
inline constexpr Choice kOomScores[] = {{"no", 0}, {"yes", 1}, {"relative", 1}, {"absolute", 2}};
inline constexpr Choice kPubsubDefaults[] = {{"allchannels", 1}, {"resetchannels", 0}};
inline constexpr Choice kSanitize[] = {{"no", 0}, {"yes", 1}, {"clients", 2}};
inline constexpr Choice kProtectedActions[] = {{"no", 0}, {"yes", 1}, {"local", 2}};
inline constexpr Choice kEndpoints[] = {{"ip", 0}, {"hostname", 1}, {"unknown-endpoint", 2}};
inline constexpr Choice kPropagationErrors[] = {{"ignore", 0}, {"panic", 1}, {"panic-on-replicas", 2}};
inline constexpr Choice kTlsAuths[] = {{"no", 0}, {"yes", 1}, {"optional", 2}};
inline constexpr Choice kShutdowns[] = {
    {"default", 0}, {"save", 1}, {"nosave", 2}, {"now", 4}, {"force", 8}};

}  // namespace directive_tables

namespace directive_rows {

using namespace directive_tables;

inline constexpr Directive kAll[] = {
    // --- Network and clients
    {"bind", "", bind, kManyWords, "127.0.0.1 -::1"},
    {"bind-source-addr", "", text, 0, ""},
    {"port", "", integer, 0, "6379", 0, kPortMax},
    {"unixsocket", "", text, kImmutable, ""},
    {"unixsocketperm", "", octal, kImmutable, "0", 0, 0777},
    {"tcp-backlog", "", integer, kImmutable, "511", 0, kIntMax},
    {"tcp-keepalive", "", integer, 0, "300", 0, kIntMax},
    {"timeout", "", integer, 0, "0", 0, kIntMax},
    {"socket-mark-id", "", integer, kImmutable, "0", 0, kUintMax},
    {"protected-mode", "", boolean, 0, "yes"},
    {"maxclients", "", integer, 0, "10000", 1, kUintMax},
    {"max-new-connections-per-cycle", "", integer, 0, "10", 1, 1000},
    {"max-new-tls-connections-per-cycle", "", integer, 0, "1", 1, 1000},
    {"client-query-buffer-limit", "", memory, 0, "1gb", kMebibyte},
    {"client-output-buffer-limit", "", output_buffer_limit, kManyWords,
     "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60"},
    {"maxmemory-clients", "", memory_or_percent, 0, "0"},
    {"proto-max-bulk-len", "", memory, 0, "512mb", kMebibyte},
    {"tracking-table-max-keys", "", integer, 0, "1000000"},
    {"io-threads", "", integer, kImmutable, "1", 1, 128},
    {"io-threads-do-reads", "", boolean, kImmutable},

    // --- Databases, memory and expiry
    {"databases", "", integer, kImmutable, "16", 1, kIntMax},
    {"maxmemory", "", memory, kUnsigned, "0"},
    {"maxmemory-policy", "", choice, 0, "noeviction", 0, 0, kPolicies},
    {"maxmemory-samples", "", integer, 0, "5", 1, kIntMax},
    {"maxmemory-eviction-tenacity", "", integer, 0, "10", 0, 100},
    {"lfu-log-factor", "", integer, 0, "10", 0, kIntMax},
    {"lfu-decay-time", "", integer, 0, "1", 0, kIntMax},
    {"active-expire-effort", "", integer, 0, "1", 1, 10},
    {"lazyexpire-nested-arbitrary-keys", "", boolean, 0, "yes"},
    {"lazyfree-lazy-eviction"},
    {"lazyfree-lazy-expire"},
    {"lazyfree-lazy-server-del"},
    {"lazyfree-lazy-user-del"},
    {"lazyfree-lazy-user-flush"},
    {"activedefrag"},
    {"active-defrag-cycle-min", "", integer, 0, "1", 1, 99},
    {"active-defrag-cycle-max", "", integer, 0, "25", 1, 99},
    {"active-defrag-threshold-lower", "", integer, 0, "10", 0, 1000},
    {"active-defrag-threshold-upper", "", integer, 0, "100", 0, 1000},
    {"active-defrag-ignore-bytes", "", memory, 0, "100mb", 1},
    {"active-defrag-max-scan-fields", "", integer, 0, "1000", 1},
    {"activerehashing", "", boolean, 0, "yes"},
    {"jemalloc-bg-thread", "", boolean, 0, "yes"},
    {"hz", "", integer, 0, "10", 0, kIntMax},
    {"dynamic-hz", "", boolean, 0, "yes"},

    // --- Encodings
    {"hash-max-listpack-entries", "hash-max-ziplist-entries", integer, 0, "512"},
    {"hash-max-listpack-value", "hash-max-ziplist-value", memory, 0, "64"},
    {"list-max-listpack-size", "list-max-ziplist-size", integer, 0, "-2", kIntMin, kIntMax},
    {"list-compress-depth", "", integer, 0, "0", 0, kIntMax},
    {"set-max-intset-entries", "", integer, 0, "512"},
    {"set-max-listpack-entries", "", integer, 0, "128"},
    {"set-max-listpack-value", "", memory, 0, "64"},
    {"zset-max-listpack-entries", "zset-max-ziplist-entries", integer, 0, "128"},
    {"zset-max-listpack-value", "zset-max-ziplist-value", memory, 0, "64"},
    {"hll-sparse-max-bytes", "", memory, 0, "3000"},
    {"stream-node-max-bytes", "", memory, 0, "4096"},
    {"stream-node-max-entries", "", integer, 0, "100"},

    // --- What is logged and measured
    {"loglevel", "", choice, 0, "notice", 0, 0, kLogLevels},
    {"logfile", "", text, kImmutable, ""},
    {"syslog-enabled", "", boolean, kImmutable},
    {"syslog-ident", "", text, kImmutable, "redis"},
    {"syslog-facility", "", choice, kImmutable, "local0", 0, 0, kFacilities},
    {"slowlog-log-slower-than", "commandlog-execution-slower-than", integer, 0, "10000", -1},
    {"slowlog-max-len", "commandlog-slow-execution-max-len", integer, 0, "128"},
    {"commandlog-request-larger-than", "", integer, 0, "-1", -1},
    {"commandlog-large-request-max-len", "", integer, 0, "128"},
    {"commandlog-reply-larger-than", "", integer, 0, "-1", -1},
    {"commandlog-large-reply-max-len", "", integer, 0, "128"},
    {"latency-monitor-threshold", "", integer, 0, "0"},
    {"latency-tracking", "", boolean, 0, "yes"},
    {"latency-tracking-info-percentiles", "", percentiles, kManyWords, "50 99 99.9"},
    {"notify-keyspace-events", "", notify_events, 0, ""},
    {"acllog-max-len", "", integer, 0, "128"},
    {"hide-user-data-from-log"},
    {"crash-log-enabled", "", boolean, 0, "yes"},
    {"crash-memcheck-enabled", "", boolean, 0, "yes"},
    {"use-exit-on-panic", "", boolean, kHiddenName},
    {"watchdog-period", "", integer, kHiddenName, "0", 0, kIntMax},

    // --- Who may do what
    {"requirepass", "", text, kSensitive, ""},
    {"masterauth", "", text, kSensitive, ""},
    {"masteruser", "", text, 0, ""},
    {"aclfile", "", text, kImmutable, ""},
    {"acl-pubsub-default", "", choice, 0, "resetchannels", 0, 0, kPubsubDefaults},
    {"enable-protected-configs", "", choice, kImmutable, "no", 0, 0, kProtectedActions},
    {"enable-debug-command", "", choice, kImmutable, "no", 0, 0, kProtectedActions},
    {"enable-module-command", "", choice, kImmutable, "no", 0, 0, kProtectedActions},

    // --- The process
    {"dir", "", directory, kProtected, ""},
    {"daemonize", "", boolean, kImmutable},
    {"pidfile", "", text, kImmutable, ""},
    {"supervised", "", choice, kImmutable, "no", 0, 0, kSupervised},
    {"always-show-logo", "", boolean, kImmutable},
    {"set-proc-title", "", boolean, kImmutable, "yes"},
    {"proc-title-template", "", text, 0, "{title} {listen-addr} {server-mode}"},
    {"disable-thp", "", boolean, kImmutable, "yes"},
    {"oom-score-adj", "", choice, 0, "no", 0, 0, kOomScores},
    {"oom-score-adj-values", "", oom_score_values, kManyWords, "0 200 800"},
    {"server-cpulist", "server_cpulist", text, kImmutable, ""},
    {"bio-cpulist", "bio_cpulist", text, kImmutable, ""},
    {"aof-rewrite-cpulist", "aof_rewrite_cpulist", text, kImmutable, ""},
    {"bgsave-cpulist", "bgsave_cpulist", text, kImmutable, ""},
    {"ignore-warnings", "", text, 0, ""},
    {"locale-collate", "", text, 0, ""},
    {"shutdown-timeout", "", integer, 0, "10", 0, kIntMax},
    {"shutdown-on-sigint", "", choices, kManyWords, "default", 0, 0, kShutdowns},
    {"shutdown-on-sigterm", "", choices, kManyWords, "default", 0, 0, kShutdowns},
    {"busy-reply-threshold", "lua-time-limit", integer, 0, "5000"},
    {"key-load-delay", "", integer, kHiddenName, "0", kIntMin, kIntMax},
    {"rdb-key-save-delay", "", integer, kHiddenName, "0", kIntMin, kIntMax},
    {"loading-process-events-interval-bytes", "", memory, kHiddenName, "2mb", 1024, kIntMax},

    // --- Persistence
    {"save", "", save, kManyWords, "3600 1 300 100 60 10000"},
    {"stop-writes-on-bgsave-error", "", boolean, 0, "yes"},
    {"dbfilename", "", text, kProtected | kFileName, "dump.rdb"},
    {"rdbcompression", "", boolean, 0, "yes"},
    {"rdbchecksum", "", boolean, kImmutable, "yes"},
    {"rdb-del-sync-files"},
    {"rdb-save-incremental-fsync", "", boolean, 0, "yes"},
    {"sanitize-dump-payload", "", choice, 0, "no", 0, 0, kSanitize},
    {"appendonly", "", boolean, 0, "no"},
    {"appendfilename", "", text, kImmutable | kFileName, "appendonly.aof"},
    {"appenddirname", "", text, kImmutable | kFileName, "appendonlydir"},
    {"appendfsync", "", choice, 0, "everysec", 0, 0, kFsyncs},
    {"no-appendfsync-on-rewrite"},
    {"auto-aof-rewrite-percentage", "", integer, 0, "100", 0, kIntMax},
    {"auto-aof-rewrite-min-size", "", memory, 0, "64mb"},
    {"aof-load-truncated", "", boolean, 0, "yes"},
    {"aof-use-rdb-preamble", "", boolean, 0, "yes"},
    {"aof-timestamp-enabled"},
    {"aof-rewrite-incremental-fsync", "", boolean, 0, "yes"},
    {"aof-disable-auto-gc"},

    // --- Replication
    {"replicaof", "slaveof", replicaof, kImmutable | kManyWords, ""},
    {"replica-announce-ip", "slave-announce-ip", text, 0, ""},
    {"replica-announce-port", "slave-announce-port", integer, 0, "0", 0, kPortMax},
    {"replica-announced", "", boolean, 0, "yes"},
    {"replica-priority", "slave-priority", integer, 0, "100", 0, kIntMax},
    {"replica-read-only", "slave-read-only", boolean, 0, "yes"},
    {"replica-serve-stale-data", "slave-serve-stale-data", boolean, 0, "yes"},
    {"replica-ignore-maxmemory", "slave-ignore-maxmemory", boolean, 0, "yes"},
    {"replica-ignore-disk-write-errors"},
    {"replica-lazy-flush", "slave-lazy-flush"},
    {"repl-backlog-size", "", memory, 0, "1mb", 1},
    {"repl-backlog-ttl", "", integer, 0, "3600"},
    {"replica-full-sync-buffer-limit", "", memory, 0, "0"},
    {"repl-disable-tcp-nodelay"},
    {"repl-diskless-load", "", choice, 0, "disabled", 0, 0, kDisklessLoads},
    {"repl-diskless-sync", "", boolean, 0, "yes"},
    {"repl-diskless-sync-delay", "", integer, 0, "5", 0, kIntMax},
    {"repl-diskless-sync-max-replicas", "", integer, 0, "0", 0, kIntMax},
    {"repl-ping-replica-period", "repl-ping-slave-period", integer, 0, "10", 1, kIntMax},
    {"repl-timeout", "", integer, 0, "60", 1, kIntMax},
    {"min-replicas-to-write", "min-slaves-to-write", integer, 0, "0", 0, kIntMax},
    {"min-replicas-max-lag", "min-slaves-max-lag", integer, 0, "10", 0, kIntMax},
    {"propagation-error-behavior", "", choice, 0, "ignore", 0, 0, kPropagationErrors},

    // --- Cluster
    {"cluster-enabled", "", boolean, kImmutable},
    {"cluster-config-file", "", text, kImmutable, "nodes.conf"},
    {"cluster-port", "", integer, kImmutable, "0", 0, kPortMax},
    {"cluster-node-timeout", "", integer, 0, "15000"},
    {"cluster-announce-ip", "", text, 0, ""},
    {"cluster-announce-hostname", "", text, 0, ""},
    {"cluster-announce-human-nodename", "", text, 0, ""},
    {"cluster-compatibility-sample-ratio", "", integer, 0, "0", 0, 100},
    {"cluster-announce-port", "", integer, 0, "0", 0, kPortMax},
    {"cluster-announce-bus-port", "", integer, 0, "0", 0, kPortMax},
    {"cluster-announce-tls-port", "", integer, 0, "0", 0, kPortMax},
    {"cluster-preferred-endpoint-type", "", choice, 0, "ip", 0, 0, kEndpoints},
    {"cluster-link-sendbuf-limit", "", memory, kUnsigned, "0"},
    {"cluster-migration-barrier", "", integer, 0, "1", 0, kIntMax},
    {"cluster-allow-replica-migration", "", boolean, 0, "yes"},
    {"cluster-replica-validity-factor", "cluster-slave-validity-factor", integer, 0, "10", 0, kIntMax},
    {"cluster-replica-no-failover", "cluster-slave-no-failover"},
    {"cluster-require-full-coverage", "", boolean, 0, "yes"},
    {"cluster-allow-reads-when-down"},
    {"cluster-allow-pubsubshard-when-down", "", boolean, 0, "yes"},

    // --- TLS
    {"tls-port", "", integer, 0, "0", 0, kPortMax},
    {"tls-cert-file", "", text, 0, ""},
    {"tls-key-file", "", text, 0, ""},
    {"tls-key-file-pass", "", text, kSensitive, ""},
    {"tls-client-cert-file", "", text, 0, ""},
    {"tls-client-key-file", "", text, 0, ""},
    {"tls-client-key-file-pass", "", text, kSensitive, ""},
    {"tls-dh-params-file", "", text, 0, ""},
    {"tls-ca-cert-file", "", text, 0, ""},
    {"tls-ca-cert-dir", "", text, 0, ""},
    {"tls-protocols", "", text, 0, ""},
    {"tls-ciphers", "", text, 0, ""},
    {"tls-ciphersuites", "", text, 0, ""},
    {"tls-auth-clients", "", choice, 0, "yes", 0, 0, kTlsAuths},
    {"tls-cluster"},
    {"tls-replication"},
    {"tls-prefer-server-ciphers"},
    {"tls-session-caching", "", boolean, 0, "yes"},
    {"tls-session-cache-size", "", integer, 0, "20480", 0, kIntMax},
    {"tls-session-cache-timeout", "", integer, 0, "300", 0, kIntMax},
};

}  // namespace directive_rows

inline constexpr std::span<const Directive> kDirectives = directive_rows::kAll;

// The row of a directive, found while compiling.
consteval size_t directive_index(std::string_view name) {
  for (size_t i = 0; i < kDirectives.size(); ++i) {
    if (kDirectives[i].name == name) return i;
  }
  throw "no such directive";
}

}  // namespace redstart
