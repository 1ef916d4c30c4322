#include "execution/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "execution/config_values.h"

namespace redstart {
namespace {

std::string get(const Config& config, std::string_view name) {
  return config.value_of(name).value_or("(none)");
}

std::string set(Config& config, std::initializer_list<Config::Setting> settings) {
  return config.set(std::span(settings.begin(), settings.size())).value_or("OK");
}

std::string related(const std::string& name, const std::string& what) {
  return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + what;
}

// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) { std::ofstream(path_) << text; }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  std::string text() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

 private:
  std::string path_ = testing::TempDir() + "config_test_" + std::to_string(getpid()) + ".conf";
};

TEST(ConfigSet, refuses_unknown_names) {
  Config config;
  EXPECT_EQ(set(config, {{"nope", "1"}}),
            "ERR Unknown option or number of arguments for CONFIG SET - 'nope'");
}

TEST(ConfigSet, refuses_immutable_protected_and_repeated_directives) {
  Config config;
  EXPECT_EQ(set(config, {{"databases", "3"}}), related("databases", "can't set immutable config"));
  EXPECT_EQ(set(config, {{"dir", "/"}}), related("dir", "can't set protected config"));
  EXPECT_EQ(set(config, {{"maxmemory", "1"}, {"maxmemory", "2"}}),
            related("maxmemory", "duplicate parameter"));
  EXPECT_EQ(set(config, {{"maxmemory", "1"}, {"MaxMemory", "2"}}),
            related("MaxMemory", "duplicate parameter"));
}

TEST(ConfigSet, says_what_is_wrong_with_a_value) {
  Config config;
  EXPECT_EQ(set(config, {{"appendonly", "maybe"}}),
            related("appendonly", "argument must be 'yes' or 'no'"));
  EXPECT_EQ(set(config, {{"timeout", "x"}}),
            related("timeout", "argument couldn't be parsed into an integer"));
  EXPECT_EQ(set(config, {{"timeout", "-1"}}),
            related("timeout", "argument must be between 0 and 2147483647 inclusive"));
  EXPECT_EQ(set(config, {{"maxmemory", "1.5gb"}}),
            related("maxmemory", "argument must be a memory value"));
  EXPECT_EQ(
      set(config, {{"appendfsync", "sometimes"}}),
      related("appendfsync", "argument(s) must be one of the following: everysec, always, no"));
  EXPECT_EQ(set(config, {{"save", "900"}}), related("save", "Invalid save parameters"));
  EXPECT_EQ(set(config, {{"save", "900 1 "}}), related("save", "Invalid save parameters"));
  EXPECT_EQ(set(config, {{"client-query-buffer-limit", "99999999999999999999"}}),
            related("client-query-buffer-limit", "argument must be between 1048576 and 9223372036854775807 inclusive"));
  EXPECT_EQ(set(config, {{"client-output-buffer-limit", "normal 0 0 0 "}}),
            related("client-output-buffer-limit", "Wrong number of arguments in buffer limit configuration."));
  for (const char* percentiles : {"nan", "50 99 "}) {
    EXPECT_EQ(
        set(config, {{"latency-tracking-info-percentiles", percentiles}}),
        related("latency-tracking-info-percentiles", "Invalid latency-tracking-info-percentiles parameters"));
  }
  EXPECT_EQ(set(config, {{"cluster-announce-hostname", std::string(256, 'a')}}),
            related("cluster-announce-hostname", "Hostnames must be less than 256 characters"));
  EXPECT_EQ(set(config, {{"cluster-announce-hostname", std::string(255, 'a')}}), "OK");
  EXPECT_EQ(set(config, {{"proc-title-template", " {title}"}}),
            related("proc-title-template", "template format is invalid or contains unknown variables"));
}

TEST(ConfigSet, changes_all_directives_or_none) {
  Config config;
  EXPECT_NE(set(config, {{"timeout", "5"}, {"hz", "20"}, {"tcp-keepalive", "abc"}}), "OK");
  EXPECT_EQ(config.idle_timeout_s(), 0);
  EXPECT_EQ(config.hz(), 10);
  EXPECT_EQ(set(config, {{"timeout", "5"}, {"hz", "20"}}), "OK");
  EXPECT_EQ(config.idle_timeout_s(), 5);
  EXPECT_EQ(config.hz(), 20);
}

TEST(ConfigSet, takes_everything_back_when_a_change_cannot_be_followed) {
  Config config;
  int calls = 0;
  config.on_change("maxclients", [&] { return ++calls, std::nullopt; });
  config.on_change("port", [&]() -> std::optional<std::string> { return "port is taken"; });
  EXPECT_EQ(set(config, {{"maxclients", "7"}, {"port", "7000"}}), related("port", "port is taken"));
  EXPECT_EQ(config.port(), 6379);
  EXPECT_EQ(config.clients_max(), 10000u);
  EXPECT_EQ(calls, 2);  // for the new value and again for the old one
}

TEST(ConfigSet, takes_a_directive_and_its_alias_in_their_order) {
  Config config;
  EXPECT_EQ(set(config, {{"hash-max-ziplist-entries", "1"}, {"hash-max-listpack-entries", "2"}}), "OK");
  EXPECT_EQ(get(config, "hash-max-ziplist-entries"), "2");
  EXPECT_NE(set(config, {{"replica-priority", "1"}, {"slave-priority", "2"}, {"timeout", "x"}}), "OK");
  EXPECT_EQ(get(config, "replica-priority"), "100");
}

TEST(ConfigSet, calls_no_hook_when_the_value_stays_the_same) {
  Config config;
  int calls = 0;
  config.on_change("port", [&] { return ++calls, std::nullopt; });
  EXPECT_EQ(set(config, {{"port", "6379"}}), "OK");
  EXPECT_EQ(calls, 0);
}

TEST(ConfigSet, replaces_save_points_and_merges_buffer_limits) {
  Config config;
  EXPECT_EQ(set(config, {{"save", "60 5"}}), "OK");
  EXPECT_EQ(get(config, "save"), "60 5");
  ASSERT_EQ(config.save_points().size(), 1u);
  EXPECT_EQ(config.save_points()[0].changes, 5);
  EXPECT_EQ(set(config, {{"save", ""}}), "OK");
  EXPECT_TRUE(config.save_points().empty());
  EXPECT_EQ(set(config, {{"client-output-buffer-limit", "replica 512mb 256mb 60"}}), "OK");
  EXPECT_EQ(get(config, "client-output-buffer-limit"),
            "normal 0 0 0 slave 536870912 268435456 60 pubsub 33554432 8388608 60");
  EXPECT_EQ(config.output_buffer_limit(ClientClass::replica).hard_bytes, 536870912u);
  EXPECT_EQ(config.output_buffer_limit(ClientClass::pubsub).soft_seconds, 60);
}

TEST(ConfigSet, changes_encoding_limits_under_old_and_new_names) {
  Config config;
  EXPECT_EQ(set(config, {{"hash-max-ziplist-entries", "9"}}), "OK");
  EXPECT_EQ(config.encoding_limits().hash_max_listpack_entries, 9u);
  EXPECT_EQ(get(config, "hash-max-listpack-entries"), "9");
}

TEST(ConfigGet, takes_several_patterns_and_hides_hidden_names_from_wildcards) {
  Config config;
  const std::string_view patterns[] = {"hash-max-*-entries", "TIMEOUT", "nope", "watchdog*"};
  const auto values = config.get(patterns);
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0].first, "hash-max-listpack-entries");
  EXPECT_EQ(values[1].first, "hash-max-ziplist-entries");
  EXPECT_EQ(values[2].first, "TIMEOUT");
  const std::string_view hidden[] = {"watchdog-period"};
  EXPECT_EQ(config.get(hidden).size(), 1u);
}

TEST(ConfigGet, shows_every_default_so_that_it_can_be_set_again) {
  Config config;
  for (const Directive& directive : kDirectives) {
    if (directive.kind == DirectiveKind::replicaof) continue;  // empty: none
    Config other;
    const std::string line =
        std::string(directive.name) + " \"" + get(config, directive.name) + "\"";
    const bool is_empty_list = directive.has(kManyWords) && get(config, directive.name).empty();
    if (is_empty_list) continue;
    const auto error = other.load(line);
    EXPECT_FALSE(error) << line << ": " << (error ? error->message : "");
    EXPECT_EQ(get(other, directive.name), get(config, directive.name)) << directive.name;
  }
}

TEST(ConfigFile, reports_the_line_that_is_wrong) {
  Config config;
  const auto error = config.load("# a comment\n\n  timeout -5  \nport 1\n");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->line, 3);
  EXPECT_EQ(error->report(),
            "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at "
            "line 3\n>>> 'timeout -5'\nargument must be between 0 and 2147483647 inclusive\n");
}

TEST(ConfigFile, refuses_bad_lines) {
  const std::pair<const char*, const char*> cases[] = {
      {"foo bar", "Bad directive or wrong number of arguments"},
      {"port", "wrong number of arguments"},
      {"port 1 2", "wrong number of arguments"},
      {"requirepass \"a", "Unbalanced quotes in configuration line"},
      {"client-output-buffer-limit foo 1 2 3",
       "Invalid client class specified in buffer limit configuration."},
      {"replicaof host", "wrong number of arguments"},
      {"unixsocketperm 888", "argument couldn't be parsed as an octal number"},
      {"dbfilename a/b", "dbfilename can't be a path, just a filename"},
  };
  for (const auto& [line, message] : cases) {
    Config config;
    const auto error = config.load(line);
    ASSERT_TRUE(error) << line;
    EXPECT_EQ(error->message, message) << line;
  }
}

TEST(ConfigFile, adds_up_save_lines_and_forgets_the_defaults) {
  Config config;
  ASSERT_FALSE(config.load("save 900 1\nSAVE 300 10\nsave \"60 10000\""));
  EXPECT_EQ(get(config, "save"), "900 1 300 10 60 10000");
  Config other;
  ASSERT_FALSE(other.load("save \"\""));
  EXPECT_EQ(get(other, "save"), "");
}

TEST(ConfigFile, reads_units_quotes_and_aliases) {
  Config config;
  ASSERT_FALSE(
      config.load("maxmemory 2gb\nrequirepass \"a b\\x41\"\nslave-lazy-flush yes\n"
                  "maxmemory-clients 10%\nnotify-keyspace-events KEA\n"));
  EXPECT_EQ(config.maxmemory_bytes(), uint64_t{2} << 30);
  EXPECT_EQ(config.required_password(), "a bA");
  EXPECT_EQ(get(config, "replica-lazy-flush"), "yes");
  EXPECT_EQ(get(config, "maxmemory-clients"), "10%");
  EXPECT_EQ(config.notify_events(), kNotifyAll | kNotifyKeyspace | kNotifyKeyevent);
}

TEST(ConfigFile, includes_other_files_and_names_their_errors) {
  const TemporaryFile included("timeout 33\n");
  Config config;
  ASSERT_FALSE(config.load("include " + included.path()));
  EXPECT_EQ(config.idle_timeout_s(), 33);
  EXPECT_TRUE(config.load("include /no/such/file"));
  const TemporaryFile circular("include " + included.path() + "\n");
  EXPECT_TRUE(config.load("include " + circular.path()));
}

TEST(ConfigFile, keeps_comments_when_it_is_rewritten) {
  const TemporaryFile file("# mine\nmaxmemory 1gb\nsave 900 1\n");
  Config config;
  ASSERT_FALSE(config.load_file(file.path()));
  ASSERT_EQ(set(config, {{"maxmemory", "2gb"}, {"timeout", "9"}}), "OK");
  ASSERT_FALSE(config.rewrite_file());
  EXPECT_EQ(file.text(),
            "# mine\nmaxmemory 2gb\nsave 900 1\n\n# Generated by CONFIG REWRITE\ntimeout 9\n");
  Config again;
  ASSERT_FALSE(again.load_file(file.path()));
  EXPECT_EQ(again.idle_timeout_s(), 9);
}

// What redis-server makes of the same file and settings.
TEST(ConfigFile, is_rewritten_as_redis_does) {
  const TemporaryFile file(
      "# mine\nsave 900 1\nsave 300 10\nsave 60 10000\nhz 10\n"
      "rename-command DEBUG \"\"\nclient-output-buffer-limit pubsub 1mb 1mb 5\n"
      "# about timeout\ntimeout 7\nTIMEOUT 8\nslave-priority 50\nrequirepass \"a b\"\n# end\n");
  Config config;
  ASSERT_FALSE(config.load_file(file.path()));
  ASSERT_EQ(set(config, {{"save", "100 1 50 2"},
                         {"timeout", "0"},
                         {"client-output-buffer-limit", "normal 1kb 2k 3"},
                         {"proto-max-bulk-len", "1048577"},
                         {"notify-keyspace-events", "KEA"}}),
            "OK");
  ASSERT_FALSE(config.rewrite_file());
  EXPECT_EQ(file.text(),
            "# mine\nsave 100 1\nsave 50 2\n\nhz 10\n"
            "rename-command DEBUG \"\"\nclient-output-buffer-limit normal 1kb 2000 3\n"
            "# about timeout\ntimeout 0\n\nreplica-priority 50\nrequirepass \"a b\"\n# end\n"
            "\n# Generated by CONFIG REWRITE\nclient-output-buffer-limit pubsub 1mb 1mb 5\n"
            "proto-max-bulk-len 1048577\nnotify-keyspace-events \"AKE\"\n");
}

// The lines of the file are taken class by class, whatever they were about, as in Redis.
TEST(ConfigFile, keeps_the_lines_of_limits_that_are_the_default_ones) {
  const TemporaryFile file("client-output-buffer-limit pubsub 32mb 8mb 60\nclient-output-buffer-limit normal 0 0 0\n");
  Config config;
  ASSERT_FALSE(config.load_file(file.path()));
  ASSERT_FALSE(config.rewrite_file());
  const std::string kept =
      "client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit replica 256mb 64mb 60\n";
  EXPECT_EQ(file.text(), kept);
  ASSERT_EQ(set(config, {{"client-output-buffer-limit", "pubsub 1mb 1mb 1"}}), "OK");
  ASSERT_FALSE(config.rewrite_file());
  EXPECT_EQ(file.text(), kept + "\n# Generated by CONFIG REWRITE\nclient-output-buffer-limit pubsub 1mb 1mb 1\n");
}

TEST(ConfigFile, stays_as_it_is_when_it_is_rewritten_again) {
  const TemporaryFile file("timeout 7\n\n");
  Config config;
  ASSERT_FALSE(config.load_file(file.path()));
  ASSERT_EQ(set(config, {{"hz", "20"}}), "OK");
  ASSERT_FALSE(config.rewrite_file());
  const std::string once = file.text();
  EXPECT_EQ(once, "timeout 7\n\n# Generated by CONFIG REWRITE\nhz 20\n");
  ASSERT_FALSE(config.rewrite_file());
  EXPECT_EQ(file.text(), once);
}

TEST(ConfigFile, refuses_to_rename_what_is_not_there_or_to_what_is) {
  const std::pair<const char*, const char*> cases[] = {
      {"rename-command NOPE x", "No such command in rename-command"},
      {"rename-command GET set", "Target command name already exists"},
      {"rename-command GET", "Bad directive or wrong number of arguments"},
      {"loadmodule /x.so", "'loadmodule' is not supported: Redstart takes no modules"},
  };
  for (const auto& [line, message] : cases) {
    Config config;
    const auto error = config.load(line);
    ASSERT_TRUE(error) << line;
    EXPECT_EQ(error->message, message) << line;
  }
}

TEST(ConfigFile, hands_out_renames_once_and_in_order) {
  Config config;
  ASSERT_FALSE(config.load("rename-command get FETCH\nrename-command fetch TAKE\nrename-command DEBUG \"\""));
  const auto renames = config.take_command_renames();
  ASSERT_EQ(renames.size(), 3u);
  EXPECT_EQ(renames[1], Config::CommandRename("fetch", "TAKE"));
  EXPECT_TRUE(config.take_command_renames().empty());
}

TEST(ConfigFile, takes_the_file_of_a_redis_package) {
  constexpr char kPath[] = "/etc/redis/redis.conf";
  if (::access(kPath, R_OK) != 0) GTEST_SKIP() << "there is no " << kPath << " to read";
  Config config;
  const auto error = config.load_file(kPath);
  EXPECT_FALSE(error) << error->report();
  EXPECT_EQ(config.port(), 6379);
}

// The comments, and the names of the directives: values may be written in another way ("4kb", quotes), and of several
// blank lines one stays.
std::vector<std::string> without_values(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    const bool is_comment = line.starts_with('#');
    line.resize(std::min(is_comment ? line.find_last_not_of(' ') + 1 : line.find(' '), line.size()));
    if (!line.empty() || lines.empty() || !lines.back().empty()) lines.push_back(line);
  }
  return lines;
}

TEST(ConfigFile, of_a_redis_package_keeps_every_line_when_it_is_rewritten) {
  constexpr char kPath[] = "/etc/redis/redis.conf";
  std::ifstream original(kPath);
  if (!original) GTEST_SKIP() << "there is no " << kPath << " to read";
  const std::string before{std::istreambuf_iterator<char>(original), {}};
  const TemporaryFile file(before);
  Config config;
  ASSERT_FALSE(config.load_file(file.path()));
  ASSERT_EQ(set(config, {{"timeout", "9"}, {"maxmemory", "1gb"}}), "OK");
  ASSERT_FALSE(config.rewrite_file());
  EXPECT_EQ(without_values(file.text()),
            without_values(before + "\n# Generated by CONFIG REWRITE\nmaxmemory 1gb\n"));
}

// What the file of Redis 7.2 sets, in its order, with comments between.
constexpr std::string_view kRedis72 = R"(# Redis configuration file example.
#
# ./redis-server /path/to/redis.conf

################################## NETWORK #####################################

# bind 192.168.1.100 10.0.0.1
bind 127.0.0.1 -::1
protected-mode yes
port 6379
tcp-backlog 511
timeout 0
tcp-keepalive 300
################################# GENERAL #####################################
daemonize no
pidfile /var/run/redis_6379.pid
loglevel notice
logfile ""
databases 16
always-show-logo no
set-proc-title yes
proc-title-template "{title} {listen-addr} {server-mode}"
locale-collate ""

################################ SNAPSHOTTING  ################################
# save 3600 1 300 100 60 10000
stop-writes-on-bgsave-error yes
rdbcompression yes
rdbchecksum yes
dbfilename dump.rdb
rdb-del-sync-files no
dir ./
replica-serve-stale-data yes
replica-read-only yes
repl-diskless-sync yes
repl-diskless-sync-delay 5
repl-diskless-sync-max-replicas 0
repl-diskless-load disabled
repl-disable-tcp-nodelay no
replica-priority 100
acllog-max-len 128
# requirepass foobared
############################## MEMORY MANAGEMENT ################################
# maxmemory <bytes>
lazyfree-lazy-eviction no
lazyfree-lazy-expire no
lazyfree-lazy-server-del no
replica-lazy-flush no
lazyfree-lazy-user-del no
lazyfree-lazy-user-flush no
oom-score-adj no
oom-score-adj-values 0 200 800
disable-thp yes
############################## APPEND ONLY MODE ###############################
appendonly no
appendfilename "appendonly.aof"
appenddirname "appendonlydir"
# appendfsync always
appendfsync everysec
# appendfsync no
no-appendfsync-on-rewrite no
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
aof-load-truncated yes
aof-use-rdb-preamble yes
aof-timestamp-enabled no
slowlog-log-slower-than 10000
slowlog-max-len 128
latency-monitor-threshold 0
notify-keyspace-events ""
############################### ADVANCED CONFIG ###############################
hash-max-listpack-entries 512
hash-max-listpack-value 64
list-max-listpack-size -2
list-compress-depth 0
set-max-intset-entries 512
set-max-listpack-entries 128
set-max-listpack-value 64
zset-max-listpack-entries 128
zset-max-listpack-value 64
hll-sparse-max-bytes 3000
stream-node-max-bytes 4096
stream-node-max-entries 100
activerehashing yes
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit replica 256mb 64mb 60
client-output-buffer-limit pubsub 32mb 8mb 60
hz 10
dynamic-hz yes
aof-rewrite-incremental-fsync yes
rdb-save-incremental-fsync yes
########################### ACTIVE DEFRAGMENTATION #######################
# activedefrag no
jemalloc-bg-thread yes
# server_cpulist 0-7:2
)";

TEST(ConfigFile, of_redis_7_2_loads_as_it_is_and_keeps_comments_and_order_when_it_is_rewritten) {
  const TemporaryFile file{std::string(kRedis72)};
  Config config;
  const auto error = config.load_file(file.path());
  ASSERT_FALSE(error) << error->report();
  ASSERT_FALSE(config.rewrite_file());
  EXPECT_EQ(without_values(file.text()), without_values(kRedis72));
  ASSERT_EQ(set(config, {{"timeout", "9"}, {"maxmemory", "1gb"}}), "OK");
  ASSERT_FALSE(config.rewrite_file());
  std::string expected(kRedis72);
  expected.replace(expected.find("timeout 0"), 9, "timeout 9");
  EXPECT_EQ(without_values(file.text()),
            without_values(expected + "\n# Generated by CONFIG REWRITE\nmaxmemory 1gb\n"));
  EXPECT_NE(file.text().find("\ntimeout 9\n"), std::string::npos);
  Config again;
  ASSERT_FALSE(again.load_file(file.path()));
  EXPECT_EQ(again.idle_timeout_s(), 9);
  EXPECT_EQ(again.maxmemory_bytes(), uint64_t{1} << 30);
}

TEST(ConfigFile, takes_directives_of_newer_versions) {
  constexpr const char* kLines[] = {
      // 7.2
      "locale-collate \"\"", "set-max-listpack-entries 128", "set-max-listpack-value 64",
      "cluster-announce-human-nodename \"\"",
      // 7.4
      "max-new-connections-per-cycle 10", "max-new-tls-connections-per-cycle 1", "hide-user-data-from-log yes",
      "lazyexpire-nested-arbitrary-keys yes", "server-cpulist 0-1", "server_cpulist 0-1", "bio-cpulist 1",
      "aof-rewrite-cpulist 1", "bgsave-cpulist 1",
      // 8.0
      "replica-full-sync-buffer-limit 1gb", "cluster-compatibility-sample-ratio 0",
  };
  for (const char* line : kLines) {
    Config config;
    const auto error = config.load(line);
    EXPECT_FALSE(error) << line << ": " << (error ? error->message : "");
  }
}

TEST(ConfigArguments, become_lines) {
  const auto lines = [](std::vector<std::string> arguments) {
    return Config::lines_of_arguments(arguments);
  };
  EXPECT_EQ(lines({"--port", "7000", "--bind", "a", "b"}), "port \"7000\" \nbind \"a\" \"b\" ");
  EXPECT_EQ(lines({"--save", "--port", "1"}), "save \"\"\nport \"1\" ");
  EXPECT_EQ(lines({"--port 7000", "--save"}), "port 7000 \nsave \"\"");
  EXPECT_EQ(lines({"--requirepass", "--odd"}), "requirepass \"--odd\" ");
}

TEST(MemoryUnits, are_those_of_redis) {
  EXPECT_EQ(parse_memory("100"), 100u);
  EXPECT_EQ(parse_memory("1k"), 1000u);
  EXPECT_EQ(parse_memory("1KB"), 1024u);
  EXPECT_EQ(parse_memory("2m"), 2'000'000u);
  EXPECT_EQ(parse_memory("2mb"), 2u << 20);
  EXPECT_EQ(parse_memory("3gb"), uint64_t{3} << 30);
  EXPECT_EQ(parse_memory("99999999999999999999"), UINT64_MAX);
  for (const char* bad : {"", "k", "-1", "1x", "1 kb", "99999999999gb"}) {
    EXPECT_FALSE(parse_memory(bad)) << bad;
  }
}

}  // namespace
}  // namespace redstart
