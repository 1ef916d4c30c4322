// Writes that wait for a disk, beside others, to a server whose disk the test holds in its hand.
#include "client/remote/synced_writes.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <thread>

#include "client/remote/remote_backend.h"
#include "client/remote/scripted_server.h"

namespace redstart::remote {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr CallOptions kSynced{.timeout = 10s, .durability = Durability::synced};

// Answers "+OK" to commands and notes them; WAITAOF waits until the disk is let go.
struct DiskRig {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_disk_slow = true;
  std::string disk_answer = "*2\r\n:1\r\n:0\r\n";
  Names executed;
  int waits = 0, syncs = 0;
  std::vector<std::string> timeouts;  // of WAITAOF

  ScriptedServer server{[this](std::span<const std::string_view> words) { return answer(words); }, "WAITAOF"};
  std::shared_ptr<IoLease> io = std::make_shared<IoLease>(IoThread::start().value());
  RemoteBackend backend{io,
                        std::make_shared<const RemoteSettings>(
                            RemoteSettings{.endpoint = {"127.0.0.1", server.port(), {}}, .options = {}}),
                        std::make_shared<CommandBudget>(1000), RemoteBackend::Kind::shared};

  ~DiskRig() {
    backend.close();
    free_disk();
  }
  std::string answer(std::span<const std::string_view> words) {
    if (words[0] == "HELLO") return "%0\r\n";
    std::unique_lock lock(mutex);
    if (words[0] == "WAITAOF") {
      ++waits;
      timeouts.emplace_back(words[3]);
      changed.notify_all();
      changed.wait(lock, [&] { return !is_disk_slow; });
      ++syncs;
      return disk_answer;
    }
    if (words[0] == "EXEC") return "*2\r\n+OK\r\n+OK\r\n";
    if (words[0] != "PING" && words[0] != "MULTI") executed.emplace_back(words.back());
    return words[0] == "BAD" ? "-ERR bad\r\n" : "+OK\r\n";
  }
  void free_disk() {
    const std::lock_guard lock(mutex);
    is_disk_slow = false;
    changed.notify_all();
  }
  void await_waits(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waits >= count; });
  }
  Names seen() {
    const std::lock_guard lock(mutex);
    return executed;
  }
  result<Reply> call(std::string_view value, const CallOptions& options) {
    const std::string_view words[] = {"SET", "key", value};
    return backend.call(words, options);
  }
  std::future<BatchResult> submit(const std::string& value, const CallOptions& options) {
    return submit_all({{"SET", "key", value}}, options);
  }
  std::future<BatchResult> submit_all(std::vector<std::vector<std::string>> commands, const CallOptions& options) {
    auto promise = std::make_shared<std::promise<BatchResult>>();
    backend.submit({.commands = std::move(commands), .options = options},
                   [promise](BatchResult outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }
};

bool is_ready(const std::future<BatchResult>& future) { return future.wait_for(0s) == std::future_status::ready; }

TEST(SyncedWrites, fail_when_the_disk_is_late_and_leave_the_connection_usable) {
  DiskRig rig;
  const auto call_within = [&](std::chrono::milliseconds timeout) {
    return rig.call("1", {.timeout = timeout, .durability = Durability::synced});
  };
  auto timeout = 50ms;
  result<Reply> late = call_within(timeout);
  // On a busy machine it is not even executed in time.
  while (!late && !late.error().message.contains("was executed")) late = call_within(timeout *= 2);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::timed_out);
  EXPECT_EQ(late.error().outcome, Outcome::unknown);
  EXPECT_EQ(late.error().message, "the write was executed, but was not on disk in time");
  EXPECT_EQ(rig.seen().back(), "1");
  const int timeout_ms = std::stoi(rig.timeouts.back());
  EXPECT_TRUE(timeout_ms >= 1 && timeout_ms <= timeout.count()) << timeout_ms;
  rig.free_disk();
  EXPECT_EQ(rig.call("2", kSynced)->text(), "OK");
  EXPECT_EQ(rig.call("3", {})->text(), "OK");
}

TEST(SyncedWrites, fail_when_the_server_says_that_they_are_not_on_its_disk) {
  DiskRig rig;
  rig.free_disk();
  rig.disk_answer = "*2\r\n:0\r\n:0\r\n";
  EXPECT_EQ(rig.call("1", kSynced).error().code, ErrorCode::timed_out);
  rig.disk_answer = "-NOPERM you may not wait\r\n";
  EXPECT_EQ(rig.call("2", kSynced).error().code, ErrorCode::no_auth);
  rig.disk_answer = "-ERR cannot wait\r\n";
  const auto third = rig.call("3", kSynced);
  EXPECT_EQ(third.error().code, ErrorCode::misconfigured);
  EXPECT_EQ(third.error().outcome, Outcome::unknown);
  EXPECT_EQ(third.error().message, "the write was executed, but is not known to be on disk: ERR cannot wait");
}

TEST(SyncedWrites, keep_the_errors_of_commands_that_were_refused) {
  DiskRig rig;
  const std::string_view bad[] = {"BAD", "key"};
  EXPECT_EQ(rig.backend.call(bad, kSynced)->text(), "ERR bad");  // waits for no disk
  rig.disk_answer = "-ERR cannot wait\r\n";
  rig.free_disk();
  const BatchResult outcome = rig.submit_all({{"BAD", "key"}, {"SET", "key", "1"}}, kSynced).get();
  EXPECT_EQ(outcome[0]->text(), "ERR bad");
  EXPECT_EQ(outcome[1].error().code, ErrorCode::misconfigured);
}

TEST(SyncedWrites, wait_once_for_what_belongs_together_and_not_for_what_reads) {
  DiskRig rig;
  const std::string_view get[] = {"GET", "key"};
  EXPECT_EQ(rig.backend.call(get, kSynced)->text(), "OK");
  EXPECT_TRUE(rig.submit_all({{"GET", "key"}, {"STRLEN", "key"}}, kSynced).get()[1]);
  EXPECT_EQ(rig.waits, 0);
  rig.free_disk();
  EXPECT_TRUE(rig.submit_all({{"SET", "key", "1"}, {"GET", "key"}, {"SET", "key", "2"}}, kSynced).get()[2]);
  EXPECT_EQ(rig.waits, 1);
  std::promise<BatchResult> ran;
  rig.backend.submit({.commands = {{"SET", "key", "3"}, {"SET", "key", "4"}}, .atomic = true, .options = kSynced},
                     [&](BatchResult outcome) { ran.set_value(std::move(outcome)); });
  EXPECT_EQ(ran.get_future().get()[1]->text(), "OK");
  EXPECT_EQ(rig.waits, 2);
}

TEST(SyncedWrites, that_are_closed_have_been_executed_or_not) {
  DiskRig rig;
  auto executed = rig.submit("1", kSynced);
  rig.await_waits(1);
  rig.backend.close();
  const auto first = executed.get().front(), second = rig.submit("2", kSynced).get().front();
  EXPECT_EQ(first.error().code, ErrorCode::closed);
  EXPECT_EQ(first.error().outcome, Outcome::unknown);
  EXPECT_EQ(second.error().code, ErrorCode::closed);
  EXPECT_EQ(second.error().outcome, Outcome::not_done);
  EXPECT_EQ(rig.seen(), Names{"1"});
}

TEST(SyncedWrites, are_bounded_by_the_queue) {
  DiskRig rig;
  std::vector<std::vector<std::string>> too_many(1001, {"SET", "key", "1"});
  EXPECT_EQ(rig.submit_all(std::move(too_many), kSynced).get()[0].error().code, ErrorCode::queue_full);
}

TEST(SyncedWrites, hold_up_nothing_but_themselves) {
  DiskRig rig;
  auto synced = rig.submit("1", kSynced);
  // The same thread's later commands wait for the write, others' for nothing.
  EXPECT_EQ(rig.call("2", {})->text(), "OK");
  EXPECT_TRUE(rig.submit("3", {}).get()[0]);
  std::thread([&] { EXPECT_EQ(rig.call("4", {})->text(), "OK"); }).join();
  EXPECT_FALSE(is_ready(synced));
  EXPECT_EQ(rig.seen(), (Names{"1", "2", "3", "4"}));
  rig.free_disk();
  EXPECT_EQ(synced.get()[0]->text(), "OK");
}

TEST(SyncedWrites, keep_the_order_of_their_thread) {
  DiskRig rig;
  rig.free_disk();
  Names wanted;
  std::vector<std::future<BatchResult>> answers;
  for (int i = 0; i < 300; ++i) {
    wanted.push_back(std::to_string(i));
    switch (i * 7 % 5) {
      case 0: answers.push_back(rig.submit(wanted.back(), kSynced)); break;
      case 1: answers.push_back(rig.submit(wanted.back(), {})); break;
      case 2: answers.push_back(rig.submit(wanted.back(), kSynced)); break;
      case 3: ASSERT_TRUE(rig.call(wanted.back(), i % 2 ? kSynced : CallOptions())); break;
      default: answers.push_back(rig.submit(wanted.back(), {})); break;
    }
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get()[0]);
  EXPECT_EQ(rig.seen(), wanted);
}

// The first takes a connection each, until there is none; the others share what becomes free.
TEST(SyncedWrites, share_syncs_when_there_are_many) {
  DiskRig rig;
  constexpr int kWrites = 200;
  std::vector<std::future<BatchResult>> answers;
  for (int i = 0; i < kWrites; ++i) {
    answers.push_back(rig.submit(std::to_string(i), kSynced));
    const int first_ones = static_cast<int>(SyncedWrites::kConnectionsMax);
    if (i < first_ones) rig.await_waits(i + 1);
  }
  EXPECT_EQ(rig.seen().size(), SyncedWrites::kConnectionsMax);
  rig.free_disk();
  for (auto& answer : answers) EXPECT_TRUE(answer.get()[0]);
  EXPECT_EQ(rig.seen().size(), size_t{kWrites});
  EXPECT_LT(rig.syncs, kWrites / 2);
}

TEST(SyncedWrites, that_do_not_come_to_their_turn_in_time_are_not_sent) {
  DiskRig rig;
  std::vector<std::future<BatchResult>> answers;
  for (size_t i = 0; i < SyncedWrites::kConnectionsMax; ++i) {
    answers.push_back(rig.submit(std::to_string(i), kSynced));
    rig.await_waits(static_cast<int>(i) + 1);
  }
  const CallOptions hasty{.timeout = 30ms, .durability = Durability::synced};
  auto late = rig.submit("late", hasty), behind = rig.submit("behind", {.timeout = 20ms});
  const auto called = rig.call("called", {.timeout = 10ms});
  for (const auto& error : {late.get()[0].error(), behind.get()[0].error(), called.error()}) {
    EXPECT_EQ(error.code, ErrorCode::timed_out);
    EXPECT_EQ(error.outcome, Outcome::not_done);
  }
  rig.free_disk();
  EXPECT_TRUE(rig.call("last", kSynced));
  EXPECT_EQ(rig.seen().size(), SyncedWrites::kConnectionsMax + 1);
}

}  // namespace
}  // namespace redstart::remote
