#include "execution/acl/acl.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "base/files.h"
#include "execution/command_tester.h"
#include "execution/config.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

constexpr const char* kNoKey =
    "(error) NOPERM this user has no permissions to access one of the keys used as arguments";
constexpr const char* kNoChannel =
    "(error) NOPERM this user has no permissions to access one of the channels used as arguments";

std::string no_command(const std::string& name) {
  return "(error) NOPERM this user has no permissions to run the '" + name + "' command";
}

struct AclTest : testing::Test {
  Executor executor{Executor::Options{}};
  TestClient admin{executor};
  TestClient client{executor};

  void log_in(const std::string& rules) {
    ASSERT_EQ(admin("ACL SETUSER user on nopass " + rules), "OK");
    ASSERT_EQ(client("AUTH user x"), "OK");
  }
};

TEST_F(AclTest, names_what_a_user_lacks) {
  log_in("+@all -config -client|list ~a* &c");
  EXPECT_EQ(client("CONFIG GET port"), no_command("config|get"));
  EXPECT_EQ(client("CLIENT LIST"), no_command("client|list"));
  EXPECT_EQ(client("GET b"), kNoKey);
  EXPECT_EQ(client("PUBLISH d x"), kNoChannel);
  EXPECT_EQ(client("GET a"), "(nil)");
  EXPECT_EQ(client("PUBLISH c x"), "(integer) 0");
  EXPECT_EQ(client("FOO"), "(error) ERR unknown command 'FOO', with args beginning with: ");
}

TEST_F(AclTest, denies_when_a_command_is_queued) {
  log_in("+@all ~a");
  client("MULTI");
  EXPECT_EQ(client("GET b"), kNoKey);
  EXPECT_EQ(client("EXEC"),
            "(error) EXECABORT Transaction discarded because of previous errors.");
}

TEST_F(AclTest, denies_at_exec_what_was_permitted_before) {
  log_in("+@all ~* &*");
  client.run_all("MULTI|SET a 1|PUBLISH x y|GET b|GET a");
  admin("ACL SETUSER user -set resetchannels resetkeys ~a");
  const std::string reason =
      "(error) NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
      "EXEC call. This command is no longer allowed for the following reason: ";
  EXPECT_EQ(client("EXEC"),
            "1) " + reason + "no permission to execute the command or subcommand\n2) " + reason +
                "no permission to access one of the channels used as arguments\n3) " + reason +
                "no permission to touch the specified keys\n4) (nil)");
}

TEST_F(AclTest, denies_a_blocked_client_what_it_has_lost_meanwhile) {
  log_in("+@all ~*");
  client("BLPOP list 0");
  admin("ACL SETUSER user -blpop");
  EXPECT_EQ(admin("RPUSH list x"), "(integer) 1");
  EXPECT_EQ(client.late, no_command("blpop"));
  EXPECT_EQ(admin("LLEN list"), "(integer) 1");
}

TEST_F(AclTest, follows_a_change_with_the_next_command) {
  log_in("+@all ~*");
  EXPECT_EQ(client("GET a"), "(nil)");
  admin("ACL SETUSER user -get");
  EXPECT_EQ(client("GET a"), no_command("get"));
  admin("ACL SETUSER user +get allchannels");
  EXPECT_EQ(client("GET a"), "(nil)");
}

TEST_F(AclTest, changes_nothing_when_one_rule_is_wrong) {
  const std::string before = admin("ACL LIST");
  EXPECT_EQ(admin("ACL SETUSER new on +foo"),
            "(error) ERR Error in ACL SETUSER modifier '+foo': Unknown command or category name in "
            "ACL");
  EXPECT_EQ(admin("ACL SETUSER default off +foo"),
            "(error) ERR Error in ACL SETUSER modifier '+foo': Unknown command or category name in "
            "ACL");
  EXPECT_EQ(admin("ACL LIST"), before);
}

TEST_F(AclTest, ends_the_sessions_of_a_deleted_user) {
  log_in("+@all ~* &*");
  EXPECT_EQ(admin("ACL DELUSER user nobody"), "(integer) 1");
  EXPECT_TRUE(client.killed);
  EXPECT_EQ(client("GET a"), "(no reply)");
  EXPECT_EQ(admin("ACL DELUSER default"), "(error) ERR The 'default' user cannot be removed");
}

TEST_F(AclTest, ends_the_caller_that_deletes_itself_after_its_reply) {
  log_in("+@all ~* &*");
  EXPECT_EQ(client("ACL DELUSER user"), "(integer) 1");
  EXPECT_TRUE(client.close_after_reply);
}

TEST_F(AclTest, ends_subscribers_that_lose_a_channel) {
  log_in("+@all &a* &b");
  client("SUBSCRIBE a1");
  admin("ACL SETUSER user resetchannels &a1");
  EXPECT_FALSE(client.killed);
  admin("ACL SETUSER user resetchannels &b");
  EXPECT_TRUE(client.killed);
}

TEST_F(AclTest, keeps_patterns_apart_from_channels_that_match_them) {
  log_in("+@all &a* &b");
  client("PSUBSCRIBE a*");
  admin("ACL SETUSER user resetchannels &a*");
  EXPECT_FALSE(client.killed);
  admin("ACL SETUSER user resetchannels &*a*");
  EXPECT_TRUE(client.killed);
}

TEST_F(AclTest, takes_requirepass_for_the_default_users_password) {
  admin("CONFIG SET requirepass secret");
  TestClient other(executor);
  EXPECT_EQ(other("GET a"), "(error) NOAUTH Authentication required.");
  EXPECT_EQ(other("AUTH wrong"),
            "(error) WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(other("AUTH secret"), "OK");
  EXPECT_EQ(admin("GET a"), "(nil)");
  TestClient third(executor);
  admin("CONFIG SET requirepass \"\"");
  EXPECT_EQ(third("GET a"), "(nil)");
}

TEST_F(AclTest, asks_for_a_name_while_the_default_user_is_off) {
  admin("ACL SETUSER user on nopass +@all ~*");
  admin("ACL SETUSER default off");
  TestClient other(executor);
  EXPECT_EQ(other("GET a"), "(error) NOAUTH Authentication required.");
  EXPECT_EQ(other("AUTH user x"), "OK");
  EXPECT_EQ(other("ACL WHOAMI"), "\"user\"");
  EXPECT_EQ(other("RESET"), "RESET");
  EXPECT_EQ(other("GET a"), "(error) NOAUTH Authentication required.");
}

TEST_F(AclTest, lets_sort_use_patterns_only_with_every_key) {
  log_in("+@all ~list");
  EXPECT_EQ(client("SORT list BY nosort"), "(empty array)");
  EXPECT_EQ(client("SORT list BY w*"),
            "(error) ERR BY option of SORT denied due to insufficient ACL permissions.");
  EXPECT_EQ(client("SORT list GET #"),
            "(error) ERR GET option of SORT denied due to insufficient ACL permissions.");
  admin("ACL SETUSER user (+sort %R~*)");
  EXPECT_EQ(client("SORT list BY w* GET #"), "(empty array)");
}

TEST_F(AclTest, logs_what_it_denies_once_a_minute) {
  log_in("+@all ~a");
  client.run_all("GET b|GET b|CONFIG GET x|MULTI|GET b");
  admin("AUTH nobody x");
  const Reply log = admin.reply("ACL LOG");
  ASSERT_EQ(log.size(), 3);
  const auto field = [&](size_t entry, size_t at) { return to_string(log[entry][at]); };
  EXPECT_EQ(field(0, 3), "\"auth\"");
  EXPECT_EQ(field(0, 7), "\"AUTH\"");
  EXPECT_EQ(field(0, 9), "\"nobody\"");
  EXPECT_EQ(field(1, 5), "\"multi\"");
  EXPECT_EQ(field(2, 1), "(integer) 2");
  EXPECT_EQ(field(2, 3), "\"key\"");
  EXPECT_EQ(field(2, 7), "\"b\"");
  EXPECT_EQ(field(2, 14), "\"entry-id\"");
  EXPECT_EQ(field(2, 15), "(integer) 0");
  EXPECT_EQ(field(0, 15), "(integer) 2");
  EXPECT_EQ(admin.reply("ACL LOG 1").size(), 1);
  EXPECT_TRUE(admin("INFO stats").contains("acl_access_denied_key:3"));
  EXPECT_EQ(admin("ACL LOG RESET"), "OK");
  EXPECT_EQ(admin.reply("ACL LOG").size(), 0);
}

TEST_F(AclTest, keeps_no_more_of_the_log_than_is_asked_for) {
  admin("CONFIG SET acllog-max-len 2");
  admin.run_all("AUTH a x|AUTH b x|AUTH c x");
  EXPECT_EQ(admin.reply("ACL LOG").size(), 2);
}

TEST(AclLog, tells_when_an_entry_began_and_when_it_was_last_raised) {
  CommandTester c;
  const int64_t begun_ms = c.clock.unix_time_ms();
  c("AUTH a x");
  c.clock.advance_ms(5000);
  c("AUTH a x");
  const Reply log = c.reply("ACL LOG");
  ASSERT_EQ(log.size(), 1);
  EXPECT_EQ(log[0][16].text(), "timestamp-created");
  EXPECT_EQ(to_string(log[0][17]), "(integer) " + std::to_string(begun_ms));
  EXPECT_EQ(log[0][18].text(), "timestamp-last-updated");
  EXPECT_EQ(to_string(log[0][19]), "(integer) " + std::to_string(begun_ms + 5000));
}

TEST(AclLog, starts_a_new_entry_after_a_minute) {
  CommandTester c;
  c("AUTH a x");
  c.clock.advance_ms(61'000);
  c("AUTH a x");
  EXPECT_EQ(c.reply("ACL LOG").size(), 2);
}

// --- Files

struct AclFileTest : AclTest {
  const std::string path = testing::TempDir() + "redstart_users_" + std::to_string(::getpid());
  ~AclFileTest() override { std::remove(path.c_str()); }
  void write(const std::string& text) const { std::ofstream(path) << text; }
};

TEST_F(AclFileTest, refuses_a_file_with_an_error_as_a_whole) {
  write("user a on +@all\nfoo\nuser b +foo ~ ;; #x\nuser a off\nuser c (+get\n");
  const auto problem = executor.acl().load_file(path, nullptr);
  ASSERT_TRUE(problem);
  for (const char* part : {":2 should start with user keyword",
                           ":3: Error in applying operation '+foo': Unknown command or category name in ACL. ",
                           ":3: Syntax error. ", ":4: Duplicate user 'a' found", ":5: Unmatched parenthesis"}) {
    EXPECT_TRUE(problem->contains(part)) << *problem;
  }
  EXPECT_FALSE(problem->contains("password hash")) << *problem;  // it follows from the error before
  EXPECT_EQ(admin("ACL USERS"), "1) \"default\"");
  EXPECT_TRUE(executor.acl().load_file("/no/such/file", nullptr));
}

TEST_F(AclTest, knows_commands_that_are_not_there) {
  EXPECT_EQ(admin("ACL SETUSER user on nopass ~* +@all -migrate"), "OK");
  client("AUTH user x");
  EXPECT_EQ(client("MIGRATE host 1 k 0 1"), "(error) NOPERM this user has no permissions to run the 'migrate' command");
  EXPECT_EQ(admin("MIGRATE host 1 k 0 1"), "(error) ERR MIGRATE is not supported: use DUMP here and RESTORE there");
}

TEST_F(AclFileTest, ends_sessions_of_users_that_the_file_has_not_or_has_changed) {
  TestClient same(executor), changed(executor), gone(executor);
  for (const char* name : {"same", "changed", "gone"}) {
    admin("ACL SETUSER " + std::string(name) + " on nopass +@all");
  }
  same("AUTH same x");
  changed("AUTH changed x");
  gone("AUTH gone x");
  write("user same on nopass +@all\nuser changed on nopass +get\nuser new on\n");
  EXPECT_FALSE(executor.acl().load_file(path, nullptr));
  EXPECT_FALSE(same.killed);
  EXPECT_TRUE(changed.killed);
  EXPECT_TRUE(gone.killed);
  EXPECT_EQ(admin("ACL USERS"), "1) \"changed\"\n2) \"default\"\n3) \"new\"\n4) \"same\"");
}

TEST_F(AclFileTest, saves_what_it_loads) {
  write("user a on >secret ~x* %R~y &c +@read -get (+set ~z)\nuser default on nopass ~* &* +@all\n");
  ASSERT_FALSE(executor.acl().load_file(path, nullptr));
  const std::string users = admin("ACL LIST");
  ASSERT_FALSE(executor.acl().save_file(path));
  admin("ACL DELUSER a");
  ASSERT_FALSE(executor.acl().load_file(path, nullptr));
  EXPECT_EQ(admin("ACL LIST"), users);
}

TEST_F(AclFileTest, takes_users_from_a_configuration_and_writes_them_back) {
  write("# users\nuser a on +get ~x\nport 7000\nUSER default on >pw ~* &* +@all\n");
  ASSERT_FALSE(executor.config().load_file(path));
  ASSERT_FALSE(executor.acl().load_configured());
  EXPECT_EQ(admin("ACL GETUSER a"),
            "1# \"flags\" => 1~ \"on\"\n2# \"passwords\" => (empty array)\n3# \"commands\" => "
            "\"-@all +get\"\n4# \"keys\" => \"~x\"\n5# \"channels\" => \"\"\n6# \"selectors\" => "
            "(empty array)");
  admin("ACL SETUSER b off");
  ASSERT_FALSE(executor.config().rewrite_file());
  const auto text = *read_whole_file(path);
  EXPECT_TRUE(text.starts_with("# users\nuser a on ~x resetchannels -@all +get\nport 7000\nuser b off "));
  EXPECT_TRUE(text.contains("\n# Generated by CONFIG REWRITE\nuser default on "));
  Executor other{Executor::Options{}};
  ASSERT_FALSE(other.config().load_file(path));
  ASSERT_FALSE(other.acl().load_configured());
  EXPECT_EQ(other.acl().lines(), executor.acl().lines());
}

TEST_F(AclFileTest, names_the_configuration_line_with_a_bad_rule) {
  const auto error = executor.config().load("port 1\nuser a on +foo\n");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->line, 2);
  EXPECT_EQ(error->message,
            "Error in user declaration '+foo': Unknown command or category name in ACL");
  EXPECT_TRUE(executor.config().load("user b on\nuser b off\n"));
}

TEST(Acl, can_be_changed_while_others_run_commands) {
  Executor executor{Executor::Options{}};
  TestClient admin(executor);
  admin("ACL SETUSER user on nopass ~* &* +@all");
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      TestClient client(executor);
      client("AUTH user x");
      while (!stop) {
        const std::string reply = client("GET a");
        EXPECT_TRUE(reply == "(nil)" || reply == no_command("get")) << reply;
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    admin("ACL SETUSER user -get");
    admin("ACL SETUSER user +get");
    admin("ACL LOG RESET");
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace redstart
