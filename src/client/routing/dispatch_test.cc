// What becomes of the commands of a batch of which a server puts some off.
#include "client/routing/dispatch.h"

#include <gtest/gtest.h>

#include "client/remote/scripted_server.h"
#include "client/routing/routed_backend.h"
#include "client/routing/single_router.h"

namespace redstart {
namespace {

// Says once for each put-off value that it cannot run the command now.
class ForgetfulServer {
 public:
  explicit ForgetfulServer(std::vector<std::string> put_off) : put_off_(std::move(put_off)) {}

  BatchResult run(std::vector<std::vector<std::string>> commands) {
    return remote::submit_and_wait(backend_, std::move(commands));
  }
  // The last words of what it has executed, in order.
  std::vector<std::string> executed() {
    const std::lock_guard lock(mutex_);
    return executed_;
  }

 private:
  std::string answer(std::span<const std::string_view> words) {
    if (words[0] == "HELLO") return "%0\r\n";
    if (words[0] == "PING") return "+PONG\r\n";
    const std::lock_guard lock(mutex_);
    if (std::erase(put_off_, words.back()) > 0) return "-CLUSTERDOWN not now\r\n";
    executed_.emplace_back(words.back());
    return "+OK\r\n";
  }

  std::mutex mutex_;
  std::vector<std::string> put_off_, executed_;
  remote::ScriptedServer server_{[this](std::span<const std::string_view> words) { return answer(words); }};
  RoutedBackend backend_{SingleRouter::open({.endpoint = {"127.0.0.1", server_.port(), {}}, .options = {}}).value()};
};

using Words = std::vector<std::string>;

TEST(Dispatch, tries_again_what_was_put_off) {
  ForgetfulServer server({"1", "3"});
  const BatchResult outcome = server.run({{"SET", "a", "1"}, {"SET", "b", "2"}, {"SET", "c", "3"}});
  for (const auto& one : outcome) EXPECT_EQ(one->text(), "OK");
  EXPECT_EQ(server.executed(), (Words{"2", "1", "3"}));
}

TEST(Dispatch, does_not_execute_a_write_behind_a_later_one_of_its_key) {
  ForgetfulServer server({"1", "2"});
  const BatchResult outcome =
      server.run({{"RPUSH", "l", "1"}, {"RPUSH", "m", "2"}, {"RPUSH", "l", "3"}, {"RPUSH", "n", "4"}});
  ASSERT_FALSE(outcome[0]);
  EXPECT_EQ(outcome[0].error().code, ErrorCode::cluster_down);
  EXPECT_EQ(outcome[0].error().outcome, Outcome::not_done);
  EXPECT_EQ(outcome[0].error().message,
            "CLUSTERDOWN not now (not tried again: a later command of the batch with the same key was executed)");
  for (const size_t i : {1, 2, 3}) EXPECT_EQ(outcome[i]->text(), "OK");
  EXPECT_EQ(server.executed(), (Words{"3", "4", "2"}));
}

TEST(Dispatch, does_not_read_behind_a_later_write) {
  ForgetfulServer server({"k"});
  const BatchResult outcome = server.run({{"GET", "k"}, {"SET", "k", "1"}});
  EXPECT_FALSE(outcome[0]);
  EXPECT_EQ(server.executed(), Words{"1"});
}

TEST(Dispatch, reads_in_any_order) {
  ForgetfulServer server({"k"});
  const BatchResult outcome = server.run({{"GET", "k"}, {"MGET", "l", "k"}, {"STRLEN", "k"}});
  for (const auto& one : outcome) EXPECT_EQ(one->text(), "OK");
}

TEST(Dispatch, keeps_the_order_of_all_that_was_put_off) {
  ForgetfulServer server({"1", "2"});
  const BatchResult outcome = server.run({{"RPUSH", "l", "1"}, {"RPUSH", "l", "2"}, {"PUBLISH", "c", "3"}});
  for (const auto& one : outcome) EXPECT_EQ(one->text(), "OK");
  EXPECT_EQ(server.executed(), (Words{"3", "1", "2"}));
}

}  // namespace
}  // namespace redstart
