// Scripts and functions over every store.
#include <atomic>
#include <thread>

#include "redstart/script.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using Strings = std::vector<std::string>;

class ScriptScenario : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, ScriptScenario, kAllStores, name_of);

TEST_P(ScriptScenario, tells_a_scripts_error_with_its_place) {
  const auto failed = client().eval("error('too much')");
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::server);
  EXPECT_TRUE(failed.error().message.starts_with("ERR user_script:1: too much script: ")) << failed.error().message;
}

TEST_P(ScriptScenario, recovers_from_a_flushed_cache) {
  const Script add("return redis.call('incrby', KEYS[1], ARGV[1])");
  value_of(client().script_flush());
  EXPECT_EQ(value_of(client().script_exists(Strings{add.sha1()})), std::vector<int64_t>{0});
  EXPECT_EQ(value_of(add.run<int64_t>(client(), {"n"}, {"2"})), 2);
  // In a cluster only the node of "n" has it now.
  EXPECT_EQ(value_of(client().script_exists(Strings{add.sha1()})), std::vector<int64_t>{!is_cluster()});
  value_of(client().script_flush());
  auto pipeline = client().pipeline();
  const auto first = add.run<int64_t>(pipeline, {"n"}, {"3"});
  const auto second = add.run<int64_t>(pipeline, {"n"}, {"4"});
  value_of(pipeline.run());
  EXPECT_EQ(value_of(*first), 5);
  EXPECT_EQ(value_of(*second), 9);
}

TEST_P(ScriptScenario, replies_with_typed_values) {
  value_of(client().set("text", "x"));
  EXPECT_EQ(value_of(client().eval<std::optional<std::string>>("return redis.call('get', KEYS[1])", Strings{"text"})),
            "x");
  EXPECT_EQ(value_of(client().eval<std::optional<std::string>>("return redis.call('get', KEYS[1])", Strings{"none"})),
            std::nullopt);
  EXPECT_EQ(value_of(client().eval<Strings>("return {KEYS[1], ARGV[1]}", Strings{"a"}, Strings{"b"})),
            (Strings{"a", "b"}));
}

TEST_P(ScriptScenario, calls_functions_and_moves_them) {
  EXPECT_EQ(value_of(client().function_load("#!lua name=counters\n"
                                            "redis.register_function('add', function(keys, args)\n"
                                            "  return redis.call('incrby', keys[1], args[1])\n"
                                            "end)")),
            "counters");
  EXPECT_EQ(value_of(client().fcall<int64_t>("add", Strings{"n"}, Strings{"5"})), 5);
  const std::string dump = value_of(client().function_dump());
  value_of(client().function_flush());
  EXPECT_EQ(client().fcall("add", Strings{"n"}, Strings{"5"}).error().message, "ERR Function not found");
  value_of(client().function_restore(dump));
  EXPECT_EQ(value_of(client().fcall<int64_t>("add", Strings{"n"}, Strings{"5"})), 10);
  value_of(client().function_flush());
}

TEST_P(ScriptScenario, reads_and_writes_as_one) {
  constexpr int kThreads = 4, kCalls = 100;
  const Script increment(
      "local n = tonumber(redis.call('get', KEYS[1]) or 0) return redis.call('set', KEYS[1], n + 1)");
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int call = 0; call < kCalls; ++call) failures += !increment.run(client(), {"n"}).has_value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(value_of(client().get("n")), std::to_string(kThreads * kCalls));
}

// --- Over sockets, where the client that kills may be served by the thread that runs the script.

class LongScriptScenario : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Servers, LongScriptScenario, kServers, name_of);

TEST_P(LongScriptScenario, ends_by_kill_while_others_are_told_busy) {
  ServerProcess server(program());
  Client other = open_or_fail(server.url());
  value_of(other.config_set("busy-reply-threshold", "20"));
  result<Reply> ended = Reply();
  OpenOptions patient;
  patient.call_timeout = std::chrono::milliseconds(0);
  std::thread runner([&] {
    Client client = open_or_fail(server.url(), patient);
    ended = client.eval("while true do end");
  });
  EXPECT_TRUE(eventually([&] {
    const auto refused = other.get("k");
    return !refused && refused.error().code == ErrorCode::busy;
  }));
  EXPECT_TRUE(eventually([&] { return other.script_kill().has_value(); }));
  runner.join();
  ASSERT_FALSE(ended.has_value());
  EXPECT_NE(ended.error().message.find("Script killed by user"), std::string::npos) << ended.error().message;
  EXPECT_TRUE(eventually([&] { return other.get("k").has_value(); }));
}

}  // namespace
}  // namespace redstart::scenarios
