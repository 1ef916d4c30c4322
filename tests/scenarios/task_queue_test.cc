// The task queue over every store: what a worker gets, in which order, and what becomes of a task whose worker fails,
// is slow or dies.
#include "redstart/recipes/task_queue.h"

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

#include "tests/scenarios/child_process.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Mode = FaultProxy::Mode;

class TaskQueues : public StoreTest {
 protected:
  TaskQueueOptions with_clock(TaskQueueOptions options = {}) {
    options.clock = [this] { return now_ms_.load(); };
    return options;
  }
  static std::string take_id(TaskQueue& queue) {
    const auto task = value_of(queue.take(0ms));
    return task ? task->id : "";
  }
  std::atomic<int64_t> now_ms_{1'700'000'000'000};
};
class TaskQueueFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Stores, TaskQueues, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Servers, TaskQueueFaults, kServers, name_of);

TEST(TaskPriorities, have_names_and_no_others) {
  EXPECT_EQ(priority_of("urgent"), std::nullopt);
  for (const Priority priority : {Priority::high, Priority::medium, Priority::low}) {
    EXPECT_EQ(priority_of(name_of(priority)), priority);
  }
}

TEST_P(TaskQueues, refuse_a_taken_id_and_more_than_they_may_hold) {
  TaskQueue queue(client(), {.tasks_max = 2});
  EXPECT_EQ(value_of(queue.enqueue({.type = "t", .id = "a"})), "a");
  EXPECT_EQ(queue.enqueue({.type = "t", .id = "a"}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(queue.enqueue({.type = "t"})).size(), 32u);
  EXPECT_EQ(queue.enqueue({.type = "t"}).error().code, ErrorCode::queue_full);
  EXPECT_EQ(value_of(queue.stats()).ready[1], 2);
}

TEST_P(TaskQueues, give_the_highest_priority_first_and_within_it_the_oldest) {
  TaskQueue queue(client());
  for (const auto& [id, priority] : std::vector<std::pair<std::string, Priority>>{{"l1", Priority::low},
                                                                                  {"m1", Priority::medium},
                                                                                  {"h1", Priority::high},
                                                                                  {"m2", Priority::medium},
                                                                                  {"h2", Priority::high}}) {
    value_of(queue.enqueue({.type = "t", .priority = priority, .id = id}));
  }
  for (const auto* const expected : {"h1", "h2", "m1", "m2", "l1", ""}) EXPECT_EQ(take_id(queue), expected);
}

TEST_P(TaskQueues, groups_take_turns) {
  TaskQueue queue(client());
  for (int i = 0; i < 6; ++i) value_of(queue.enqueue({.type = "t", .group = "big", .id = "b" + std::to_string(i)}));
  value_of(queue.enqueue({.type = "t", .group = "small", .id = "s0"}));
  EXPECT_EQ(take_id(queue), "b0");
  EXPECT_EQ(take_id(queue), "s0");
  EXPECT_EQ(take_id(queue), "b1");
  EXPECT_EQ(take_id(queue), "b2");
  // Who comes late does not wait behind all of the others, nor make up for the time without work.
  for (int i = 1; i < 4; ++i) value_of(queue.enqueue({.type = "t", .group = "small", .id = "s" + std::to_string(i)}));
  std::vector<std::string> order;
  for (int i = 0; i < 6; ++i) order.push_back(take_id(queue));
  EXPECT_EQ(order, (std::vector<std::string>{"s1", "b3", "s2", "b4", "s3", "b5"}));
}

TEST_P(TaskQueues, low_priorities_get_a_share_when_they_are_to) {
  TaskQueue queue(client(), {.fair_share_of_low = 3});
  for (int i = 0; i < 4; ++i) value_of(queue.enqueue({.type = "t", .priority = Priority::high}));
  value_of(queue.enqueue({.type = "t", .priority = Priority::low, .id = "low"}));
  EXPECT_NE(take_id(queue), "low");
  EXPECT_NE(take_id(queue), "low");
  EXPECT_EQ(take_id(queue), "low");
}

TEST_P(TaskQueues, a_task_is_completed_once) {
  TaskQueue queue(client(), with_clock());
  const std::string payload("\0\xff payload", 10);
  value_of(queue.enqueue({.type = "resize", .payload = payload, .id = "a"}));
  now_ms_ += 10;
  const Task task = *value_of(queue.take(0ms));
  EXPECT_EQ(task.type, "resize");
  EXPECT_EQ(task.payload, payload);
  EXPECT_EQ(task.created_unix_ms, now_ms_ - 10);
  EXPECT_EQ(task.lease_until_unix_ms, now_ms_ + 30'000);
  now_ms_ += 250;
  EXPECT_TRUE(value_of(queue.complete(task, "done")));
  EXPECT_FALSE(value_of(queue.complete(task)));
  EXPECT_FALSE(value_of(queue.fail(task, "no")));
  EXPECT_FALSE(value_of(queue.heartbeat(task)));
  const auto completed = *value_of(queue.completed("a"));
  EXPECT_EQ(completed.result, "done");
  EXPECT_EQ(completed.processing_ms, 250);
  EXPECT_EQ(completed.completed_unix_ms, now_ms_);
  EXPECT_FALSE(value_of(queue.completed("unknown")));
  EXPECT_EQ(value_of(queue.stats()).total(), 0);
  // Nothing is left but the result.
  for (const std::string& key : value_of(client().keys("*"))) {
    EXPECT_TRUE(key == "{tasks}:done:a" || key == "{tasks}:sequence" || key == "{tasks}:wake") << key;
  }
}

TEST_P(TaskQueues, a_task_whose_lease_ends_is_given_to_another_and_the_first_is_told) {
  TaskQueue queue(client(), with_clock({.lease = 10s}));
  value_of(queue.enqueue({.type = "t", .id = "a"}));
  const Task first = *value_of(queue.take(0ms));
  now_ms_ += 9'000;
  EXPECT_TRUE(value_of(queue.heartbeat(first)));
  now_ms_ += 9'000;
  EXPECT_EQ(take_id(queue), "");
  now_ms_ += 1'000;
  const Task second = *value_of(queue.take(0ms));
  EXPECT_EQ(second.id, "a");
  EXPECT_EQ(second.attempt, 2);
  EXPECT_FALSE(value_of(queue.heartbeat(first)));
  EXPECT_FALSE(value_of(queue.complete(first)));
  EXPECT_TRUE(value_of(queue.complete(second)));
}

// The attempts of a dead letter that is tried again are counted from one, as those were that a stopped worker knows of.
TEST_P(TaskQueues, a_worker_from_before_a_task_died_cannot_end_it_after) {
  TaskQueue queue(client(), with_clock({.lease = 10s, .attempts_max = 1}));
  value_of(queue.enqueue({.type = "t", .id = "a"}));
  const Task first = *value_of(queue.take(0ms));
  now_ms_ += 10'000;
  EXPECT_EQ(take_id(queue), "");  // its attempts are over
  EXPECT_TRUE(value_of(queue.retry_dead_letter("a")));
  const Task second = *value_of(queue.take(0ms));
  EXPECT_EQ(second.attempt, first.attempt);
  EXPECT_GT(second.take_number, first.take_number);
  EXPECT_FALSE(value_of(queue.complete(first)));
  EXPECT_FALSE(value_of(queue.give_back(first)));
  EXPECT_TRUE(value_of(queue.complete(second)));
}

TEST_P(TaskQueues, a_failed_task_waits_longer_each_time_and_dies_in_the_end) {
  TaskQueue queue(client(), with_clock({.attempts_max = 3, .retry_delay_min = 10s, .retry_delay_max = 15s}));
  value_of(queue.enqueue({.type = "t", .payload = "p", .id = "a"}));
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto task = value_of(queue.take(0ms));
    ASSERT_TRUE(task.has_value()) << attempt;
    EXPECT_EQ(task->attempt, attempt);
    EXPECT_TRUE(value_of(queue.fail(*task, "reason " + std::to_string(attempt))));
    now_ms_ += 4'999;
    EXPECT_EQ(take_id(queue), "");
    now_ms_ += 10'001;
  }
  const auto dead = value_of(queue.dead_letters());
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].id, "a");
  EXPECT_EQ(dead[0].payload, "p");
  EXPECT_EQ(dead[0].reason, "reason 3");
  EXPECT_EQ(dead[0].attempts, 3);
  EXPECT_FALSE(value_of(queue.retry_dead_letter("b")));
  EXPECT_TRUE(value_of(queue.retry_dead_letter("a")));
  const Task again = *value_of(queue.take(0ms));
  EXPECT_EQ(again.attempt, 1);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    if (attempt > 1) {
      EXPECT_EQ(take_id(queue), "a");
    }
    now_ms_ += 31'000;  // vanishes
  }
  EXPECT_EQ(take_id(queue), "");
  EXPECT_EQ(value_of(queue.dead_letters())[0].reason, "its last worker has vanished");
  EXPECT_TRUE(value_of(queue.discard_dead_letter("a")));
  EXPECT_FALSE(value_of(queue.discard_dead_letter("a")));
  EXPECT_EQ(value_of(queue.stats()).total(), 0);
}

TEST_P(TaskQueues, a_task_for_later_comes_when_it_is_due) {
  TaskQueue queue(client(), with_clock());
  value_of(queue.enqueue({.type = "t", .id = "later", .delay = 60s}));
  value_of(queue.enqueue({.type = "t", .id = "now"}));
  const Task now = *value_of(queue.take(0ms));
  EXPECT_EQ(now.id, "now");
  EXPECT_TRUE(value_of(queue.complete(now)));
  EXPECT_EQ(take_id(queue), "");
  EXPECT_EQ(value_of(queue.stats()).delayed, 1);
  now_ms_ += 60'000;
  EXPECT_EQ(take_id(queue), "later");
}

TEST_P(TaskQueues, what_is_given_back_has_not_been_tried) {
  TaskQueue queue(client());
  value_of(queue.enqueue({.type = "t", .id = "a"}));
  EXPECT_TRUE(value_of(queue.give_back(*value_of(queue.take(0ms)))));
  EXPECT_EQ(value_of(queue.take(0ms))->attempt, 1);
}

TEST_P(TaskQueues, any_priority_wakes_who_waits) {
  TaskQueue queue(client());
  for (const Priority priority : {Priority::low, Priority::medium, Priority::high}) {
    std::optional<Task> got;
    std::thread worker([&] { got = value_of(queue.take(20s)); });
    EXPECT_TRUE(eventually([&] { return !value_of(client().client_list()).empty(); }));
    value_of(queue.enqueue({.type = "t", .priority = priority}));
    worker.join();
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->priority, priority);
    EXPECT_TRUE(value_of(queue.complete(*got)));
  }
  EXPECT_FALSE(value_of(queue.take(1ms)));
}

// The clock decides, whatever time really passes: an hour is over at once, and no millisecond by itself.
TEST_P(TaskQueues, wait_by_the_clock_that_they_are_given) {
  ManualWaitClock clock;
  TaskQueue queue(client(), with_clock({.wait_clock = &clock}));
  std::atomic<bool> is_over = false;
  std::optional<Task> got;
  const auto take = [&] {
    is_over = false;
    return std::thread([&] {
      got = value_of(queue.take(1h));
      is_over = true;
    });
  };
  std::thread worker = take();
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(is_over);
  while (!is_over) clock.advance(10min);
  worker.join();
  EXPECT_FALSE(got);
  value_of(queue.enqueue({.type = "t", .id = "later", .delay = 30min}));
  worker = take();
  now_ms_ += 30 * 60'000;
  while (!is_over) {
    clock.advance(1s);
    std::this_thread::sleep_for(1ms);
  }
  worker.join();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, "later");
}

TEST_P(TaskQueues, workers_send_heartbeats_by_the_clock_that_they_are_given) {
  ManualWaitClock clock;
  TaskQueue queue(client(), with_clock({.name = "beats", .lease = 30s, .wait_clock = &clock}));
  const auto lease_end_ms = [&] {
    return static_cast<int64_t>(value_of(client().zscore("{beats}:leased", "a")).value_or(0));
  };
  std::atomic<bool> has_begun = false, finish = false;
  value_of(queue.enqueue({.type = "t", .id = "a"}));
  const int64_t begin_ms = now_ms_;
  TaskWorker worker(queue, [&](const Task&) {
    has_begun = true;
    while (!finish) std::this_thread::sleep_for(1ms);
  });
  EXPECT_TRUE(eventually([&] { return has_begun.load(); }));  // heartbeats count from here
  EXPECT_EQ(lease_end_ms(), begin_ms + 30'000);
  now_ms_ += 20'000;
  clock.advance(9s);
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(lease_end_ms(), begin_ms + 30'000);
  clock.advance(1s);
  EXPECT_TRUE(eventually([&] { return lease_end_ms() == begin_ms + 50'000; }));
  finish = true;
  EXPECT_TRUE(eventually([&] { return worker.stats().completed == 1; }));
  worker.stop();  // although its clock stands still
}

TEST_P(TaskQueues, tell_of_new_tasks_who_wants_to_hear) {
  TaskQueue queue(client(), {.notify_channel = "task_notification"});
  auto dedicated = client().dedicated();
  ASSERT_TRUE(dedicated.has_value());
  Client& listener = *dedicated;
  std::mutex mutex;
  std::vector<std::string> heard;
  listener.on_push([&](const Reply& push) {
    const std::lock_guard lock(mutex);
    if (push[0].text() == "message") heard.push_back(push[2].text());
  });
  ASSERT_TRUE(listener.call({"SUBSCRIBE", "task_notification"}).has_value());
  value_of(queue.enqueue({.type = "t", .priority = Priority::high, .id = "a"}));
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return heard.size() == 1 && heard[0].find("\"priority\":\"high\"") != std::string::npos &&
           heard[0].find("\"queue_length\":1") != std::string::npos;
  }));
  listener.close();
}

TEST_P(TaskQueues, workers_do_every_task_and_count_what_they_did) {
  TaskQueue queue(client(), {.attempts_max = 4, .retry_delay_min = 1ms, .retry_delay_max = 2ms});
  std::mutex mutex;
  std::map<std::string, int> done;
  TaskWorker worker(queue, [&](const Task& task) {
    if (task.payload == "fails twice" && task.attempt <= 2) throw std::runtime_error("not yet");
    if (task.payload == "never works") throw std::runtime_error("never");
    const std::lock_guard lock(mutex);
    ++done[task.id];
  }, {.threads = 4, .wait = 20ms});
  std::set<std::string> ids;
  for (int i = 0; i < 200; ++i) {
    ids.insert(value_of(queue.enqueue({.type = "t",
                                       .payload = i % 10 == 0 ? "fails twice" : i == 5 ? "never works" : "",
                                       .priority = static_cast<Priority>(i % 3),
                                       .group = std::to_string(i % 7)})));
  }
  EXPECT_TRUE(eventually([&] { return value_of(queue.stats()).total() == 0; }));
  worker.stop();
  EXPECT_EQ(done.size(), 199u);
  for (const auto& [id, times] : done) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(worker.stats().completed, 199u);
  EXPECT_EQ(worker.stats().failed, 44u);
  EXPECT_EQ(value_of(queue.dead_letters()).size(), 1u);
}

TEST_P(TaskQueues, heartbeats_keep_a_long_task) {
  ManualWaitClock clock;
  TaskQueue queue(client(), with_clock({.name = "long", .lease = 30s, .wait_clock = &clock}));
  std::atomic<bool> has_begun = false, finish = false;
  value_of(queue.enqueue({.type = "t", .id = "a"}));
  TaskWorker worker(queue, [&](const Task& task) {
    EXPECT_EQ(task.attempt, 1);
    has_begun = true;
    while (!finish) std::this_thread::sleep_for(1ms);
  });
  EXPECT_TRUE(eventually([&] { return has_begun.load(); }));
  // Four leases long.
  for (int beat = 0; beat < 12; ++beat) {
    now_ms_ += 10'000;
    clock.advance(10s);
    EXPECT_TRUE(eventually([&] { return value_of(client().zscore("{long}:leased", "a")) == now_ms_ + 30'000.0; }));
    EXPECT_FALSE(value_of(queue.take(0ms)));
  }
  finish = true;
  EXPECT_TRUE(eventually([&] { return worker.stats().completed == 1; }));
}

TEST(TaskQueuesCheck, tells_of_eviction_and_of_a_store_without_a_log) {
  Client own = open("memory:").value();
  TaskQueue queue(own, {});
  EXPECT_NE(value_of(queue.check()).find("keeps no log"), std::string::npos);
  value_of(own.config_set("maxmemory", "100mb"));
  value_of(own.config_set("maxmemory-policy", "allkeys-lru"));
  EXPECT_NE(value_of(queue.check()).find("allkeys-lru"), std::string::npos);
  EXPECT_NE(value_of(queue.check()).find("keeps no log"), std::string::npos);
}

class TaskQueuesCheckFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Servers, TaskQueuesCheckFaults, kServers, name_of);

TEST_P(TaskQueuesCheckFaults, has_nothing_to_say_of_a_store_with_a_log) {
  ServerProcess server(program(), {"--appendonly", "yes"});
  Client own = open_or_fail(server.url());
  TaskQueue queue(own, {});
  EXPECT_EQ(value_of(queue.check()), "");
}

// --- Faults

TEST(DISABLED_Child, takes_a_task_and_is_killed) {
  Client client = open(std::getenv("CHILD_URL")).value();
  TaskQueue queue(client, {.lease = 300ms});
  while (!queue.take(1s).value()) {
  }
  client.set("taken", "1").value();
  while (true) std::this_thread::sleep_for(1s);
}

TEST_P(TaskQueueFaults, the_task_of_a_killed_worker_is_done_by_another) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  TaskQueue queue(client, {.lease = 300ms});
  value_of(queue.enqueue({.type = "t", .id = "a"}));
  ChildProcess child("DISABLED_Child.takes_a_task_and_is_killed", {{"CHILD_URL", server.url()}});
  ASSERT_TRUE(eventually([&] { return value_of(client.exists("taken")); }));
  child.kill();
  const auto task = value_of(queue.take(10s));
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->id, "a");
  EXPECT_EQ(task->attempt, 2);
  EXPECT_TRUE(value_of(queue.complete(*task)));
}

// The server has given a task away, and the worker has not heard of it: it comes again.
TEST_P(TaskQueueFaults, a_task_whose_reply_was_cut_comes_again) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5");
  TaskQueue queue(client, {.lease = 1s});
  value_of(queue.enqueue({.type = "t", .id = "a"}));
  value_of(queue.give_back(*value_of(queue.take(0ms))));  // the scripts are known
  proxy.set(Mode::cut_reply);
  const auto lost = queue.take(0ms);
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().outcome, Outcome::unknown);
  const auto task = value_of(queue.take(10s));
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->attempt, 2);
}

TEST_P(TaskQueueFaults, a_worker_with_more_threads_than_blocking_connections_says_so) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?blocking_connections_max=1");
  TaskQueue queue(client, {});
  std::mutex mutex;
  std::string said;
  const auto on_error = [&](const Error& error) {
    const std::lock_guard lock(mutex);
    said = error.message;
    throw std::runtime_error("is not to end the worker");
  };
  TaskWorker worker(queue, [](const Task&) {}, {.threads = 3, .wait = 20ms, .on_error = on_error});
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return said.find("blocking_connections_max") != std::string::npos;
  }));
  EXPECT_GT(worker.stats().store_errors, 0u);
  value_of(queue.enqueue({.type = "t"}));
  EXPECT_TRUE(eventually([&] { return worker.stats().completed == 1; }));
}

TEST_P(TaskQueueFaults, workers_go_on_when_the_server_comes_back) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_max_ms=20&call_timeout_ms=2000");
  TaskQueue queue(client, {});
  TaskWorker worker(queue, [](const Task&) {}, {.threads = 2, .wait = 20ms});
  value_of(queue.enqueue({.type = "t"}));
  EXPECT_TRUE(eventually([&] { return worker.stats().completed == 1; }));
  server.kill();
  EXPECT_TRUE(eventually([&] { return worker.stats().store_errors > 0; }));
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return queue.enqueue({.type = "t"}).has_value(); }));
  EXPECT_TRUE(eventually([&] { return worker.stats().completed >= 2; }));
}

}  // namespace
}  // namespace redstart::scenarios
