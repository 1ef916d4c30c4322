// One connection under many threads that are late wherever they can be, and to a server that is not ready yet.
#include "client/remote/connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <future>
#include <random>
#include <thread>

#include "client/remote/remote_backend.h"
#include "client/remote/scripted_server.h"

namespace redstart::remote {
namespace {

// Nothing, a yield, or a pause that others overtake.
void dawdle_at_random() {
  thread_local std::minstd_rand random(std::random_device{}());
  const auto choice = random() % 8;
  if (choice < 4) return;
  if (choice < 6) return std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
}

struct Rig {
  ScriptedServer server{ScriptedServer::echo};
  std::shared_ptr<IoLease> io = std::make_shared<IoLease>(IoThread::start().value());
  RemoteBackend backend{io,
                        std::make_shared<const RemoteSettings>(
                            RemoteSettings{.endpoint = {"127.0.0.1", server.port(), {}},
                                           .options = {.call_timeout = std::chrono::milliseconds(10'000)},
                                           .dawdle = dawdle_at_random}),
                        std::make_shared<CommandBudget>(1'000'000), RemoteBackend::Kind::shared};
};

// How many of the calls of one thread did not get their own reply, and why the last of them.
struct Wrongs {
  std::atomic<int> count{0};
  std::mutex mutex;
  std::string last;
  void check(const result<Reply>& reply, const std::string& expected) {
    if (reply && reply->text() == expected) return;
    ++count;
    const std::lock_guard lock(mutex);
    last = reply ? "'" + reply->text().substr(0, 40) + "' instead of '" + expected.substr(0, 40) + "'"
                 : reply.error().message;
  }
};

void call_from(Rig& rig, int thread, int calls, Wrongs& wrongs, size_t padding_bytes = 0) {
  for (int i = 0; i < calls; ++i) {
    const std::string mine = std::to_string(thread) + ":" + std::to_string(i) + std::string(padding_bytes, '.');
    const std::string_view words[] = {"ECHO", mine};
    wrongs.check(rig.backend.call(words, {}), mine);
  }
}

// Submits without waiting, in bursts.
void submit_from(Rig& rig, int thread, int bursts, Wrongs& wrongs) {
  for (int i = 0; i < bursts; ++i) {
    const std::string mine = std::to_string(thread) + ":" + std::to_string(i);
    std::promise<BatchResult> answered[3];
    for (auto& one : answered) {
      rig.backend.submit({.commands = {{"ECHO", mine}, {"ECHO", mine + "b"}}, .options = {}},
                         [&one](BatchResult outcome) { one.set_value(std::move(outcome)); });
    }
    for (auto& one : answered) {
      const BatchResult outcome = one.get_future().get();
      wrongs.check(outcome[0], mine);
      wrongs.check(outcome[1], mine + "b");
    }
  }
}

// Callers that come together and then leave: nobody comes later who would read for those who still wait.
TEST(RemoteConnection, answers_the_last_caller_when_all_others_have_left) {
  constexpr int kRounds = 400;
  for (const int callers : {3, 4, 6}) {
    Rig rig;
    Wrongs wrongs;
    std::barrier together(callers);
    std::vector<std::thread> threads;
    for (int t = 0; t < callers; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRounds && wrongs.count == 0; ++i) {
          together.arrive_and_wait();
          call_from(rig, t, 1, wrongs);
        }
        together.arrive_and_drop();
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrongs.count, 0) << callers << " callers: " << wrongs.last;
  }
}

TEST(RemoteConnection, answers_every_caller_however_late_other_threads_are) {
  for (const int callers : {2, 3, 5, 24}) {
    Rig rig;
    Wrongs wrongs;
    std::vector<std::thread> threads;
    for (int t = 0; t < callers; ++t) threads.emplace_back([&, t] { call_from(rig, t, 3000 / callers, wrongs); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrongs.count, 0) << callers << " callers: " << wrongs.last;
  }
}

TEST(RemoteConnection, answers_callers_that_wait_and_callers_that_do_not) {
  for (const int waiting : {0, 1, 4}) {
    Rig rig;
    Wrongs wrongs;
    std::vector<std::thread> threads;
    for (int t = 0; t < waiting; ++t) threads.emplace_back([&, t] { call_from(rig, t, 600, wrongs); });
    for (int t = 0; t < 2; ++t) threads.emplace_back([&, t] { submit_from(rig, 100 + t, 200, wrongs); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrongs.count, 0) << waiting << " that wait: " << wrongs.last;
  }
}

// The server stops reading while nobody reads what it says.
TEST(RemoteConnection, reads_while_it_waits_for_a_full_socket) {
  Rig rig;
  Wrongs wrongs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) threads.emplace_back([&, t] { call_from(rig, t, 4, wrongs, 2'000'000); });
  for (int t = 3; t < 5; ++t) threads.emplace_back([&, t] { call_from(rig, t, 100, wrongs); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrongs.count, 0) << wrongs.last;
}

// Whoever asks a server that has gone silent may have nothing else that keeps the connection.
TEST(RemoteConnection, may_be_held_by_the_callback_of_a_request_that_has_timed_out) {
  ScriptedServer server([](std::span<const std::string_view> words) -> std::string {
    return words[0] == "ECHO" ? "" : ScriptedServer::echo(words);
  });
  const auto io = std::make_shared<IoLease>(IoThread::start().value());
  const auto settings = std::make_shared<const RemoteSettings>(
      RemoteSettings{.endpoint = {"127.0.0.1", server.port(), {}}, .options = {}});
  auto backend = std::make_shared<RemoteBackend>(io, settings, std::make_shared<CommandBudget>(1000),
                                                 RemoteBackend::Kind::shared);
  const std::weak_ptr<RemoteBackend> is_there = backend;
  std::promise<ErrorCode> told;
  RemoteBackend& asked = *backend;
  asked.submit({.commands = {{"ECHO", "x"}}, .options = {.timeout = std::chrono::milliseconds(50)}},
               [backend = std::move(backend), &told](BatchResult outcome) {
                 told.set_value(outcome.front().error().code);
               });
  EXPECT_EQ(told.get_future().get(), ErrorCode::timed_out);
  for (int i = 0; i < 1000 && !is_there.expired(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(is_there.expired());
}

// --- A server that is loading its data

struct LoadingRig {
  std::atomic<bool> is_loading{true};
  std::mutex mutex;
  std::vector<std::string> seen;  // but HELLO
  ScriptedServer server{[this](std::span<const std::string_view> words) -> std::string {
    if (words[0] == "HELLO") return "%0\r\n";
    {
      const std::lock_guard lock(mutex);
      seen.emplace_back(words[0]);
    }
    if (words[0] == "INFO") return "$2\r\nhi\r\n";
    return is_loading ? "-LOADING still busy\r\n" : "+OK\r\n";
  }};
  std::shared_ptr<IoLease> io = std::make_shared<IoLease>(IoThread::start().value());
  RemoteBackend backend{io,
                        std::make_shared<const RemoteSettings>(
                            RemoteSettings{.endpoint = {"127.0.0.1", server.port(), {}}, .options = {}}),
                        std::make_shared<CommandBudget>(1000), RemoteBackend::Kind::shared};

  std::vector<std::string> take_seen() {
    const std::lock_guard lock(mutex);
    return std::exchange(seen, {});
  }
  result<Reply> call(std::string_view command) {
    const std::string_view words[] = {command};
    return backend.call(words, {});
  }
  BatchResult run(std::vector<std::vector<std::string>> commands) {
    return submit_and_wait(backend, std::move(commands));
  }
};

using Names = std::vector<std::string>;

// It might run the second of two, and not the first.
TEST(RemoteConnection, sends_a_loading_server_only_what_it_runs_all_the_same) {
  LoadingRig rig;
  const BatchResult refused = rig.run({{"SET", "k", "1"}, {"SET", "k", "2"}});
  for (const auto& one : refused) {
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().code, ErrorCode::loading);
    EXPECT_EQ(one.error().outcome, Outcome::not_done);
    EXPECT_EQ(one.error().message, "LOADING still busy");
  }
  EXPECT_EQ(rig.take_seen(), Names{"PING"});
  EXPECT_EQ(rig.call("INFO")->text(), "hi");
  EXPECT_EQ(rig.call("GET").error().code, ErrorCode::loading);
  EXPECT_EQ(rig.run({{"INFO"}, {"GET", "k"}})[0].error().code, ErrorCode::loading);
  EXPECT_EQ(rig.take_seen(), (Names{"PING", "INFO", "PING", "PING"}));
}

TEST(RemoteConnection, sends_everything_once_a_server_has_loaded_its_data) {
  LoadingRig rig;
  EXPECT_FALSE(rig.call("DBSIZE"));
  rig.is_loading = false;
  EXPECT_EQ(rig.run({{"SET", "k", "1"}, {"SET", "k", "2"}})[1]->text(), "OK");
  EXPECT_EQ(rig.call("DBSIZE")->text(), "OK");
  EXPECT_EQ(rig.take_seen(), (Names{"PING", "PING", "SET", "SET", "DBSIZE"}));
}

// A long batch leaves in pieces, and the server is through with loading between two of them.
TEST(RemoteConnection, sends_nothing_of_a_batch_behind_what_it_could_not_send) {
  std::atomic<int> pings{0}, sets{0};
  ScriptedServer server([&](std::span<const std::string_view> words) -> std::string {
    if (words[0] == "HELLO") return "%0\r\n";
    if (words[0] == "PING") return ++pings % 2 == 1 ? "-LOADING still busy\r\n" : "+PONG\r\n";
    ++sets;
    return "+OK\r\n";
  });
  constexpr size_t kCommands = 10'000;
  const std::vector<std::vector<std::string>> batch(kCommands, {"SET", "k", "1"});
  int whole = 0, refused = 0;
  for (int round = 0; round < 5; ++round) {
    const auto io = std::make_shared<IoLease>(IoThread::start().value());
    RemoteBackend backend(io,
                          std::make_shared<const RemoteSettings>(
                              RemoteSettings{.endpoint = {"127.0.0.1", server.port(), {}}, .options = {}}),
                          std::make_shared<CommandBudget>(kCommands), RemoteBackend::Kind::shared);
    for (int i = 0; i < 4; ++i) {
      const int sets_before = sets;
      const BatchResult outcome = submit_and_wait(backend, batch);
      ASSERT_EQ(outcome.size(), kCommands);
      const auto is_done = [](const auto& one) { return one.has_value(); };
      const auto done = static_cast<size_t>(std::ranges::count_if(outcome, is_done));
      EXPECT_TRUE(done == 0 || done == kCommands) << done;
      EXPECT_EQ(static_cast<size_t>(sets - sets_before), done);
      ++(done == 0 ? refused : whole);
    }
  }
  EXPECT_GT(whole, 0);
  EXPECT_GT(refused, 0);
}

TEST(RemoteConnection, asks_again_when_a_server_loads_data_anew) {
  LoadingRig rig;
  rig.is_loading = false;
  EXPECT_TRUE(rig.call("DBSIZE"));
  rig.is_loading = true;
  EXPECT_EQ(checked(*rig.call("DBSIZE")).error().code, ErrorCode::loading);
  EXPECT_EQ(rig.call("DBSIZE").error().code, ErrorCode::loading);
  EXPECT_EQ(rig.take_seen(), (Names{"PING", "DBSIZE", "DBSIZE", "PING"}));
}

}  // namespace
}  // namespace redstart::remote
