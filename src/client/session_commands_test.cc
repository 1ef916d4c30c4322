#include "client/session_commands.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "command/table.h"

namespace redstart {
namespace {

CommandKind kind(const std::vector<std::string_view>& words) { return kind_of(words); }

TEST(CommandKind, is_blocking_for_every_command_that_may_wait) {
  const CommandTable table(command_specs());
  for (size_t i = 0; i < table.size(); ++i) {
    const CommandSpec& spec = table.at(i);
    if (!spec.subcommands.empty()) continue;
    // Of these the flag says nothing, as in Redis 7.0.
    const bool waits = spec.has(kBlocking) || spec.name == "wait" || spec.name == "waitaof";
    const std::string upper = upper_case(spec.name);
    for (const std::string_view name : {std::string_view(spec.name), std::string_view(upper)}) {
      EXPECT_EQ(kind({name, "BLOCK", "0"}) == CommandKind::blocking, waits) << name;
    }
  }
  EXPECT_EQ(kind({"XREAD", "STREAMS", "s", "0"}), CommandKind::ordinary);
  EXPECT_EQ(kind({"XREADGROUP", "GROUP", "g", "c", "bLock", "0"}), CommandKind::blocking);
}

TEST(CommandKind, is_session_for_what_changes_the_state_of_a_connection) {
  for (const std::string_view name : {"SELECT", "multi", "Exec", "discard", "WATCH", "unwatch", "subscribe",
                                      "PSUBSCRIBE", "sunsubscribe", "hello", "auth", "reset", "monitor", "quit"}) {
    EXPECT_EQ(kind({name, "x"}), CommandKind::session) << name;
  }
}

TEST(CommandKind, is_ordinary_for_all_else) {
  for (const std::string_view name : {"", "GET", "set", "mget", "xrange", "bitcount", "publish", "eval", "select_",
                                      "selec", "no-such-command-at-all"}) {
    EXPECT_EQ(kind({name, "x"}), CommandKind::ordinary) << name;
  }
  EXPECT_EQ(kind({}), CommandKind::ordinary);
}

bool changes(const std::vector<std::string_view>& words) { return changes_session(words); }

TEST(ChangesSession, holds_for_what_a_session_remembers_and_for_what_nobody_knows) {
  for (const std::string_view name : {"SELECT", "watch", "MULTI", "subscribe", "HELLO", "reset", "asking", "READONLY",
                                      "readwrite", "sync", "a-modules-command"}) {
    EXPECT_TRUE(changes({name, "x"})) << name;
  }
  for (const std::string_view name : {"SETNAME", "TRACKING", "NO-EVICT", "reply"}) {
    EXPECT_TRUE(changes({"client", name, "on"})) << name;
  }
  EXPECT_TRUE(changes({"script", "debug", "yes"}));
}

TEST(ChangesSession, does_not_hold_for_reads_writes_and_scripts) {
  for (const std::string_view name : {"GET", "set", "ping", "publish", "evalsha", "fcall", "blpop", "info", "wait"}) {
    EXPECT_FALSE(changes({name, "x"})) << name;
  }
  EXPECT_FALSE(changes({"SCRIPT", "LOAD", "return 1"}));
  EXPECT_FALSE(changes({}));
}

}  // namespace
}  // namespace redstart
