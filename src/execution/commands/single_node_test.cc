// What a server by itself says of clusters, replicas and modules.
#include <gtest/gtest.h>

#include "execution/command_tester.h"
#include "execution/config.h"

namespace redstart {
namespace {

struct Case {
  const char* line;
  const char* reply;
};

TEST(SingleNode, refuses_what_needs_other_nodes) {
  constexpr Case kCases[] = {
      {"cluster", "(error) ERR wrong number of arguments for 'cluster' command"},
      {"cluster info", "(error) ERR This instance has cluster support disabled"},
      {"cluster help", "(error) ERR This instance has cluster support disabled"},
      {"cluster keyslot a", "(error) ERR This instance has cluster support disabled"},
      {"cluster keyslot", "(error) ERR wrong number of arguments for 'cluster|keyslot' command"},
      {"cluster myshardid", "(error) ERR This instance has cluster support disabled"},
      {"cluster nope", "(error) ERR unknown subcommand 'nope'. Try CLUSTER HELP."},
      {"readonly", "(error) ERR This instance has cluster support disabled"},
      {"readwrite", "(error) ERR This instance has cluster support disabled"},
      {"asking", "(error) ERR This instance has cluster support disabled"},
      {"replicaof 127.0.0.1 x", "(error) ERR Invalid master port"},
      {"replicaof 127.0.0.1 65536", "(error) ERR Invalid master port"},
      {"slaveof 127.0.0.1 6379",
       "(error) ERR This server follows no master: replication is not supported"},
      {"failover", "(error) ERR FAILOVER requires connected replicas."},
      {"failover abort", "(error) ERR No failover in progress."},
      {"failover abort force", "(error) ERR syntax error"},
      {"failover to 127.0.0.1 x", "(error) ERR value is not an integer or out of range"},
      {"failover timeout 0", "(error) ERR FAILOVER timeout must be greater than 0"},
      {"replconf a", "(error) ERR syntax error"},
      {"sync", "(error) ERR This server takes no replicas: it has no stream of changes to send them"},
      {"waitaof 2 0 0", "(error) ERR value is out of range, value must between 0 and 1"},
      {"waitaof 0 -1 0", "(error) ERR value is out of range, must be positive"},
      {"waitaof 0 0 -1", "(error) ERR timeout is negative"},
      {"waitaof 1 0 0",
       "(error) ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."},
  };
  CommandTester tester;
  for (const Case& c : kCases) EXPECT_EQ(tester(c.line), c.reply) << c.line;
}

TEST(SingleNode, is_a_master_already) {
  CommandTester tester;
  EXPECT_EQ(tester("replicaof no one"), "OK");
  EXPECT_EQ(tester("SLAVEOF No One"), "OK");
  EXPECT_EQ(tester.reply("role")[0].text(), "master");
}

TEST(SingleNode, has_no_modules) {
  CommandTester tester;
  EXPECT_EQ(tester.reply("module list").size(), 0u);
  EXPECT_TRUE(tester("module load /x.so").starts_with("(error) ERR MODULE command not allowed."));
  tester.executor.config().force("enable-module-command", "yes");
  EXPECT_TRUE(tester("module load /x.so").starts_with("(error) ERR Error loading the extension"));
  EXPECT_EQ(tester("module unload x"),
            "(error) ERR Error unloading module: no such module with that name");
}

TEST(SingleNode, waits_for_logs_of_replicas_until_the_time_is_over) {
  CommandTester tester;
  EXPECT_EQ(tester("waitaof 0 0 0"), "1) (integer) 0\n2) (integer) 0");
  EXPECT_EQ(tester("waitaof 0 1 100"), "(no reply)");
  tester.executor.tick();
  EXPECT_FALSE(tester.late_reply());
  tester.clock.advance_ms(101);
  tester.executor.tick();
  EXPECT_EQ(tester.late_reply(), "1) (integer) 0\n2) (integer) 0");
}

}  // namespace
}  // namespace redstart
