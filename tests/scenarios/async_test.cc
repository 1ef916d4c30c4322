// Coroutines, callbacks and futures over every store.
#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

class Async : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Async, kAllStores, name_of);

AsyncTask<result<int64_t>> push_and_count(AsyncClient async, std::string key, int times) {
  for (int i = 0; i < times; ++i) {
    const auto pushed = co_await async.rpush(key, std::to_string(i));
    if (!pushed) co_return std::unexpected(pushed.error());
  }
  co_return co_await async.llen(key);
}

TEST_P(Async, an_error_is_what_the_call_would_have_said) {
  value_of(client().set("text", "x"));
  const auto pushed = client().async().lpush("text", "y").future().get();
  ASSERT_FALSE(pushed.has_value());
  EXPECT_EQ(pushed.error().code, ErrorCode::wrong_type);
  EXPECT_EQ(push_and_count(client().async(), "text", 1).wait().error().code, ErrorCode::wrong_type);
}

AsyncTask<void> throw_after(AsyncClient async) {
  (void)co_await async.ping();
  throw std::runtime_error("mine");
}

TEST_P(Async, an_exception_of_a_task_comes_out_where_it_is_awaited) {
  EXPECT_THROW(throw_after(client().async()).wait(), std::runtime_error);
}

TEST_P(Async, a_coroutine_awaits_typed_replies) {
  EXPECT_EQ(value_of(push_and_count(client().async(), "list", 100).wait()), 100);
  EXPECT_EQ(value_of(client().lindex("list", 99)), "99");
}

// On an embedded store every call is complete at once: the stack must not grow with their number.
TEST_P(Async, a_long_loop_of_awaited_calls_needs_no_stack) {
  const int calls = is_remote() ? 2000 : 200'000;
  EXPECT_EQ(value_of(push_and_count(client().async(), "list", calls).wait()), calls);
}

// --- Blocking commands

using Popped = result<std::optional<KeyedElement>>;

const std::vector<std::string> kTasks = {"tasks"};

AsyncTask<Popped> pop(AsyncClient async, std::chrono::milliseconds wait) {
  co_return co_await async.blpop(kTasks, wait);
}

AsyncTask<int> pop_many(AsyncClient async, int times) {
  int count = 0;
  while (count < times) {
    const Popped popped = co_await async.blpop(kTasks, 20'000ms);
    if (!popped || !*popped) break;
    ++count;
  }
  co_return count;
}

TEST_P(Async, who_awaits_a_blocking_command_does_not_block) {
  // No wait: for ever.
  for (const auto wait : {20'000ms, 0ms}) {
    auto consumer = pop(client().async(), wait);
    EXPECT_FALSE(consumer.await_ready());
    value_of(client().rpush("tasks", "work"));
    const Popped popped = consumer.wait();
    ASSERT_TRUE(value_of(popped).has_value());
    EXPECT_EQ((*popped)->element, "work");
  }
  EXPECT_FALSE(value_of(pop(client().async(), 50ms).wait()).has_value());
}

TEST_P(Async, a_batch_goes_on_where_it_has_waited) {
  Batch batch;
  batch.commands = {{"INCR", "{t}n"}, {"BLPOP", "{t}tasks", "20"}, {"INCR", "{t}n"}};
  std::promise<BatchResult> promise;
  client().submit(std::move(batch), [&](BatchResult outcome) { promise.set_value(std::move(outcome)); });
  value_of(client().rpush("{t}tasks", "work"));
  const BatchResult outcome = promise.get_future().get();
  ASSERT_EQ(outcome.size(), 3u);
  EXPECT_EQ(value_of(outcome[1])[1].text(), "work");
  EXPECT_EQ(value_of(outcome[2]).as_integer(), 2);
}

TEST_P(Async, no_more_blocking_commands_wait_than_may) {
  Client few = another_client({.blocking_connections_max = 1});
  auto first = pop(few.async(), 20'000ms);
  const Popped second = pop(few.async(), 20'000ms).wait();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::queue_full);
  EXPECT_EQ(second.error().message, "1 blocking commands wait already (blocking_connections_max)");
  value_of(few.rpush("tasks", "work"));
  EXPECT_TRUE(value_of(first.wait()).has_value());
  // Each begins as the one before ends, on the thread that tells of it.
  auto consumer = pop_many(few.async(), 100);
  for (int i = 0; i < 100; ++i) value_of(client().rpush("tasks", "work"));
  EXPECT_EQ(consumer.wait(), 100);
}

TEST_P(Async, closing_ends_what_waits) {
  Client closing = another_client();
  auto awaited = pop(closing.async(), 0ms);
  std::thread caller([&] {
    const auto popped = closing.blpop(kTasks, 0ms);
    ASSERT_FALSE(popped.has_value());
    EXPECT_EQ(popped.error().code, ErrorCode::closed);
  });
  std::this_thread::sleep_for(50ms);
  closing.close();
  const Popped popped = awaited.wait();
  ASSERT_FALSE(popped.has_value());
  EXPECT_EQ(popped.error().code, ErrorCode::closed);
  caller.join();
}

TEST_P(Async, what_waits_ends_with_the_last_client) {
  std::optional<Client> last = another_client();
  std::promise<Popped> promise;
  last->async().blpop(kTasks, 0ms).then([&](Popped popped) { promise.set_value(std::move(popped)); });
  last.reset();
  const Popped popped = promise.get_future().get();
  ASSERT_FALSE(popped.has_value());
  EXPECT_EQ(popped.error().code, ErrorCode::closed);
}

TEST_P(Async, callbacks_are_called_once_each) {
  std::atomic<int> called{0};
  std::atomic<int64_t> sum{0};
  for (int i = 0; i < 100; ++i) {
    client().async().incr("n").then([&](result<int64_t> counted) {
      sum += counted.value_or(-1'000'000);
      ++called;
    });
  }
  EXPECT_TRUE(eventually([&] { return called == 100; }));
  EXPECT_EQ(sum, 5050);
}

// A loop of the user's own: it runs what it is given.
struct Loop {
  std::mutex mutex;
  std::deque<std::function<void()>> tasks;

  Scheduler scheduler() {
    return [this](std::function<void()> task) {
      const std::lock_guard lock(mutex);
      tasks.push_back(std::move(task));
    };
  }
  bool run_one() {
    std::function<void()> task;
    {
      const std::lock_guard lock(mutex);
      if (tasks.empty()) return false;
      task = std::move(tasks.front());
      tasks.pop_front();
    }
    task();
    return true;
  }
};

AsyncTask<std::thread::id> thread_after(AsyncClient async) {
  (void)co_await async.ping();
  co_return std::this_thread::get_id();
}

TEST_P(Async, a_coroutine_goes_on_where_the_scheduler_says) {
  Loop loop;
  std::atomic<bool> is_done{false};
  std::thread::id went_on;
  const auto body = [&]() -> AsyncTask<void> {  // must live as long as its coroutine, which refers to it
    went_on = co_await thread_after(client().async(loop.scheduler()));
    is_done = true;
  };
  auto waiter = body();
  EXPECT_TRUE(eventually([&] {
    loop.run_one();
    return is_done.load();
  }));
  EXPECT_EQ(went_on, std::this_thread::get_id());
  waiter.wait();
  std::atomic<int> heard{0};
  client().async(loop.scheduler()).ping().then([&](auto) { ++heard; });
  EXPECT_TRUE(eventually([&] { return loop.run_one(); }));
  EXPECT_EQ(heard, 1);
}

TEST_P(Async, a_pipeline_can_be_awaited) {
  auto both = [](Client client) -> AsyncTask<result<int64_t>> {
    auto pipeline = client.pipeline();
    auto first = pipeline.incrby("n", 5);
    auto second = pipeline.incrby("n", 6);
    const auto sent = co_await AsyncRun(pipeline);
    if (!sent) co_return std::unexpected(sent.error());
    co_return *first.get() + *second.get();
  };
  EXPECT_EQ(value_of(both(client()).wait()), 16);
}

TEST_P(Async, coroutines_of_many_threads_do_not_disturb_each_other) {
  std::vector<AsyncTask<result<int64_t>>> tasks;
  for (int t = 0; t < 50; ++t) tasks.push_back(push_and_count(client().async(), "list:" + std::to_string(t), 20));
  for (auto& task : tasks) EXPECT_EQ(value_of(task.wait()), 20);
}

// --- What must not compile does not.

template <class C>
concept takes_number_as_key = requires(C& client) { client.get(5); };
template <class C>
concept takes_double_as_count = requires(C& client) { client.set("k", 1.5); };
template <class C>
concept takes_seconds_as_number = requires(C& client) { client.expire("k", 10); };
template <class C>
concept takes_words_as_end = requires(C& client) { client.lmove("a", "b", "LEFT", "RIGHT"); };
template <class C>
concept forgets_an_argument = requires(C& client) { client.hset("h", "f"); };
static_assert(!takes_number_as_key<Client> && !takes_number_as_key<Pipeline> && !takes_number_as_key<AsyncClient>);
static_assert(!takes_double_as_count<Client>);
static_assert(!takes_seconds_as_number<Client>);
static_assert(!takes_words_as_end<Client>);
static_assert(!forgets_an_argument<Client>);

template <class T>
concept awaited_twice = requires(AsyncCall<T>& call) { call.then([](result<T>) {}); };
static_assert(!awaited_twice<int64_t>, "a call is used up");
static_assert(std::is_same_v<decltype(std::declval<Client&>().incr("k")), result<int64_t>>);
static_assert(std::is_same_v<decltype(std::declval<Pipeline&>().incr("k")), Pending<int64_t>>);
static_assert(std::is_same_v<decltype(std::declval<AsyncClient&>().incr("k")), AsyncCall<int64_t>>);

// Types that say of a reply what it is not.
TEST_P(Async, a_reply_of_another_shape_is_an_error) {
  value_of(client().set("k", "text"));
  const auto wrong = client().run(detail::typed<int64_t>(WordList("GET", "k")));
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, ErrorCode::unexpected_reply);
}

}  // namespace
}  // namespace redstart::scenarios
