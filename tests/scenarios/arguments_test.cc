// What callers get wrong: each is told so, by every store, and nothing else happens. And what only looks wrong.
#include <array>
#include <limits>

#include "redstart/patterns/adaptive_writer.h"
#include "redstart/patterns/cache.h"
#include "redstart/patterns/pipelined_writer.h"
#include "redstart/patterns/stream_buffer.h"
#include "redstart/patterns/write_behind.h"
#include "redstart/recipes/active_users.h"
#include "redstart/recipes/activity_feed.h"
#include "redstart/recipes/cart.h"
#include "redstart/recipes/distributed_lock.h"
#include "redstart/recipes/leaderboard.h"
#include "redstart/recipes/period_counter.h"
#include "redstart/recipes/rate_limiter.h"
#include "redstart/recipes/session_store.h"
#include "redstart/recipes/social_graph.h"
#include "redstart/recipes/tag_index.h"
#include "redstart/recipes/task_queue.h"
#include "redstart/recipes/trending.h"
#include "redstart/recipes/unique_counter.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

template <class T>
void expect_code(const result<T>& outcome, ErrorCode code) {
  ASSERT_FALSE(outcome.has_value()) << "expected " << name_of(code);
  EXPECT_EQ(outcome.error().code, code) << outcome.error().message;
  EXPECT_EQ(outcome.error().outcome, Outcome::not_done);
}
template <class T>
void expect_invalid(const result<T>& outcome) {
  expect_code(outcome, ErrorCode::invalid_argument);
}

class WrongArguments : public StoreTest {
 protected:
  BatchResult run(std::vector<WriteOp> commands, bool atomic) {
    Batch batch;
    batch.commands = std::move(commands);
    batch.atomic = atomic;
    return client().run_batch(std::move(batch));
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, WrongArguments, kAllStores, name_of);

// --- Batches

TEST_P(WrongArguments, a_command_without_words_fails_and_those_around_it_do_not) {
  const BatchResult outcome = run({{"SET", "{k}1", "v"}, {}, {"SET", "{k}2", "v"}, {}}, false);
  ASSERT_EQ(outcome.size(), 4u);
  for (const size_t written : {0, 2}) EXPECT_TRUE(outcome[written].has_value());
  for (const size_t empty : {1, 3}) {
    expect_invalid(outcome[empty]);
    EXPECT_EQ(outcome[empty].error().message, "empty command");
  }
  EXPECT_EQ(value_of(client().get("{k}2")), "v");
}

TEST_P(WrongArguments, a_transaction_with_a_command_without_words_writes_nothing) {
  const BatchResult outcome = run({{"SET", "{k}1", "v"}, {}, {"SET", "{k}2", "v"}}, true);
  ASSERT_EQ(outcome.size(), 3u);
  for (const auto& one : outcome) expect_invalid(one);
  EXPECT_FALSE(value_of(client().exists("{k}1")));
}

// What ends the transaction early would leave commands without a reply.
TEST_P(WrongArguments, a_transaction_has_no_commands_of_its_session) {
  for (const std::string command : {"EXEC", "DISCARD", "MULTI"}) {
    const BatchResult outcome = run({{"SET", "{k}1", "v"}, {command}, {"SET", "{k}2", "v"}}, true);
    ASSERT_EQ(outcome.size(), 3u);
    for (const auto& one : outcome) expect_invalid(one);
    EXPECT_FALSE(value_of(client().exists("{k}1"))) << command;
  }
}

TEST_P(WrongArguments, writers_report_an_op_without_words_and_write_the_others) {
  const std::array<WriteOp, 3> ops = {WriteOp{"SET", "{k}1", "v"}, WriteOp{}, WriteOp{"SET", "{k}2", "v"}};
  PipelinedWriter writer(client());
  const BatchResult outcome = writer.write_batch(ops);
  ASSERT_EQ(outcome.size(), 3u);
  EXPECT_TRUE(outcome[0].has_value());
  expect_invalid(outcome[1]);
  EXPECT_TRUE(outcome[2].has_value());
  value_of(client().flushall());
  AdaptiveWriter adaptive(client());
  const BulkWritten done = adaptive.bulk_write_safe(ops);
  ASSERT_EQ(done.unwritten.size(), 1u);
  EXPECT_EQ(done.unwritten[0].error.code, ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(client().get("{k}2")), "v");
}

// --- Recipes

TEST_P(WrongArguments, a_page_has_at_least_one_activity) {
  ActivityFeed feed(client());
  for (int i = 0; i < 2; ++i) value_of(feed.add("u", {{"n", std::to_string(i)}}));
  for (const int64_t size : {0, -1}) expect_invalid(feed.page("u", "", size));
  EXPECT_EQ(value_of(feed.page("u", "", 1)).items.size(), 1u);
}

TEST_P(WrongArguments, there_are_three_priorities) {
  EXPECT_EQ(name_of(Priority(9)), "");
  TaskQueue tasks(client());
  for (const int priority : {3, 9, 255}) expect_invalid(tasks.enqueue({.type = "t", .priority = Priority(priority)}));
  EXPECT_EQ(value_of(tasks.stats()).total(), 0);
  value_of(tasks.enqueue({.type = "t", .priority = Priority::low}));
}

TEST_P(WrongArguments, a_counter_says_when_its_key_holds_no_number) {
  PeriodCounter views(client(), {.name = "views", .clock = [] { return int64_t{1'714'557'600'000}; }});
  value_of(client().set("views:{/}:2024-05-01", "many"));
  expect_code(views.get("/"), ErrorCode::unexpected_reply);
  expect_code(views.last("/", 2), ErrorCode::unexpected_reply);
}

// --- How many

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

TEST_P(WrongArguments, none_of_a_leaderboard_is_nobody_and_fewer_is_a_mistake) {
  Leaderboard board(client());
  for (int i = 0; i < 3; ++i) value_of(board.submit("user" + std::to_string(i), i));
  EXPECT_TRUE(value_of(board.top(Board::global, 0)).empty());
  EXPECT_EQ(value_of(board.top(Board::global, kAll)).size(), 3u);
  EXPECT_TRUE(value_of(board.top(Board::global, 1, kAll)).empty());
  expect_invalid(board.top(Board::global, -1));
  expect_invalid(board.top(Board::global, 2, -3));
  EXPECT_EQ(value_of(board.around(Board::global, "user1", 0))->context.size(), 1u);
  EXPECT_EQ(value_of(board.around(Board::global, "user1", kAll))->context.size(), 3u);
  expect_invalid(board.around(Board::global, "user1", -1));
}

TEST_P(WrongArguments, none_of_what_is_trending_is_nothing_and_fewer_is_a_mistake) {
  Trending trending(client());
  for (const char* content : {"a", "b"}) value_of(trending.add(content, "view", "u"));
  EXPECT_TRUE(value_of(trending.top(0)).empty());
  EXPECT_EQ(value_of(trending.top(kAll)).size(), 2u);
  expect_invalid(trending.top(-1));
}

TEST_P(WrongArguments, none_of_the_tags_is_nothing_and_fewer_is_a_mistake) {
  TagIndex index(client());
  value_of(index.tag("a", {"red", "round"}));
  value_of(index.tag("b", {"red"}));
  EXPECT_TRUE(value_of(index.most_used(0)).empty());
  EXPECT_EQ(value_of(index.most_used(kAll)).size(), 2u);
  expect_invalid(index.most_used(-1));
  EXPECT_TRUE(value_of(index.find({.required = {"red"}, .count = 0})).empty());
  EXPECT_EQ(value_of(index.find({.required = {"red"}, .offset = 1, .count = kAll})).size(), 1u);
  expect_invalid(index.find({.required = {"red"}, .count = -1}));
  expect_invalid(index.find({.required = {"red"}, .offset = -1}));
}

TEST_P(WrongArguments, less_than_none_is_a_mistake_everywhere) {
  SocialGraph graph(client());
  value_of(graph.follow("ada", "grace"));
  value_of(graph.follow("grace", "edsger"));
  EXPECT_TRUE(value_of(graph.suggestions("ada", 0)).empty());
  EXPECT_EQ(value_of(graph.suggestions("ada", kAll)).size(), 1u);
  expect_invalid(graph.suggestions("ada", -1));
  PeriodCounter views(client());
  EXPECT_TRUE(value_of(views.last("/", 0)).empty());
  expect_invalid(views.last("/", -1));
  ActivityFeed feed(client());
  value_of(feed.add("u", {{"n", "0"}}));
  EXPECT_EQ(value_of(feed.page("u", "", kAll)).items.size(), 1u);
}

TEST_P(WrongArguments, none_of_the_dead_letters_is_nothing) {
  TaskQueue tasks(client(), {.attempts_max = 1});
  value_of(tasks.enqueue({.type = "t"}));
  value_of(tasks.fail(*value_of(tasks.take(1s)), "no reason"));
  for (const int64_t count : {int64_t{1}, kAll}) EXPECT_EQ(value_of(tasks.dead_letters(count)).size(), 1u);
  EXPECT_TRUE(value_of(tasks.dead_letters(0)).empty());
  expect_invalid(tasks.dead_letters(-1));
}

// --- Limits

constexpr std::array kAlgorithms = {RateAlgorithm::fixed_window, RateAlgorithm::sliding_window,
                                    RateAlgorithm::token_bucket};

TEST_P(WrongArguments, a_limiter_without_limit_or_window_lets_nothing_pass) {
  for (const RateAlgorithm algorithm : kAlgorithms) {
    for (const int64_t limit : {0, -1}) {
      expect_invalid(RateLimiter(client(), {.algorithm = algorithm, .limit = limit}).allow("c"));
    }
    for (const auto window : {0ms, -5ms}) {
      expect_invalid(RateLimiter(client(), {.algorithm = algorithm, .window = window}).allow("c"));
    }
  }
  expect_invalid(RateLimiter(client(), {.burst = -1}).allow("c"));
  EXPECT_EQ(value_of(client().dbsize()), 0);
}

TEST_P(WrongArguments, nothing_remains_after_a_limit_was_lowered) {
  for (const RateAlgorithm algorithm : kAlgorithms) {
    RateLimiter before(client(), {.name = "r", .algorithm = algorithm, .limit = 8});
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(value_of(before.allow("c")).allowed);
    RateLimiter after(client(), {.name = "r", .algorithm = algorithm, .limit = 2});
    const RateDecision denied = value_of(after.allow("c"));
    EXPECT_FALSE(denied.allowed);
    EXPECT_EQ(denied.remaining, 0);
    EXPECT_GT(denied.retry_after, 0ms);
    value_of(before.reset("c"));
  }
}

// --- Lives

TEST_P(WrongArguments, nothing_is_cached_for_no_time) {
  for (const auto ttl : {0ms, -5ms}) {
    Cache cache(client());
    int loads = 0, writes = 0;
    const auto loader = [&] { return std::optional("value " + std::to_string(++loads)); };
    expect_invalid(cache.put<std::string>("k", "v", {.ttl = ttl}));
    expect_invalid(cache.get_or_load<std::string>("k", loader, {.ttl = ttl}));
    expect_invalid(cache.write_through<std::string>("k", "v", [&] { return ++writes; }, {.ttl = ttl}));
    Cache forgetful(client(), {.default_ttl = ttl});
    expect_invalid(forgetful.put<std::string>("k", "v"));
    expect_invalid(forgetful.get_or_load<std::string>("k", loader));
    EXPECT_EQ(loads + writes, 0);
    EXPECT_TRUE(value_of(forgetful.put<std::string>("k", "v", {.ttl = 1min})));
    value_of(client().flushall());
  }
}

TEST_P(WrongArguments, what_would_end_as_it_begins_is_not_begun) {
  expect_invalid(SessionStore(client(), {.ttl = 0ms}).create({{"user", "7"}}));
  UniqueCounter visitors(client());
  value_of(visitors.add("shop", "ada"));
  expect_invalid(visitors.archive("shop", 1, "week", 0ms));
  for (const auto half_life : {0ms, -1ms}) {
    Trending trending(client(), {.half_life = half_life});
    expect_invalid(trending.add("a", "view", "u"));
    expect_invalid(trending.top());
  }
  EXPECT_EQ(value_of(client().dbsize()), 1);
}

TEST_P(WrongArguments, no_update_is_queued_that_would_not_be_cached_or_never_be_written) {
  Cache cache(client());
  const auto refuse = [&](WriteBehindOptions options, std::optional<std::chrono::milliseconds> ttl) {
    options.threads = 0;
    WriteBehind users(client(), cache, [](const QueuedUpdate&) {}, options);
    expect_invalid(users.update<std::string>("k", "v", ttl));
    EXPECT_EQ(users.stats().rejected, 1u);
    EXPECT_EQ(value_of(users.pending_count()), 0u);
  };
  for (const auto none : {0ms, -5ms}) {
    refuse({}, none);
    refuse({.claim_ttl = none}, 1min);
  }
  refuse({.attempts_max = 0}, 1min);
  refuse({.retry_delay_min = -1ms}, 1min);
  Cache forgetful(client(), {.default_ttl = 0ms});
  WriteBehind users(client(), forgetful, [](const QueuedUpdate&) {}, {.threads = 0});
  expect_invalid(users.update<std::string>("k", "v"));
  EXPECT_EQ(value_of(client().dbsize()), 0);
  EXPECT_TRUE(users.update<std::string>("k", "v", 1min).has_value());
}

TEST_P(WrongArguments, what_ends_as_it_is_used_is_refused_and_what_was_there_stays) {
  SessionStore sessions(client());
  const std::string id = value_of(sessions.create({{"user", "7"}}));
  Carts carts(client());
  value_of(carts.add("c", "apple", 1, 100));
  for (const auto none : {0ms, -5ms}) {
    SessionStore brief(client(), {.ttl = none});
    expect_invalid(brief.get(id));
    expect_invalid(brief.update(id, {{"user", "8"}}));
    expect_invalid(brief.increment(id, "user"));
    expect_invalid(brief.touch(id));
    expect_invalid(Carts(client(), {.ttl = none}).add("c", "pear", 1, 100));
    expect_invalid(Carts(client(), {.ttl = none}).set_quantity("c", "apple", 2));
    expect_invalid(ActivityFeed(client(), {.ttl = none}).add("u", {{"n", "0"}}));
    expect_invalid(ActiveUsers(client(), {.keep = none}).mark(7));
    expect_invalid(Leaderboard(client(), {.keep_daily = none}).submit("u", 1));
    expect_invalid(Leaderboard(client(), {.keep_weekly = none}).submit("u", 1));
    expect_invalid(Trending(client(), {.keep_interactions = none}).add("a", "view", "u"));
    expect_invalid(DistributedLock(client(), "l", {.ttl = none}).try_acquire());
    expect_invalid(DistributedLock(client(), "l", {.retry_interval = none}).acquire(10ms));
  }
  expect_invalid(ActivityFeed(client(), {.entries_max = 0}).add("u", {{"n", "0"}}));
  expect_invalid(Leaderboard(client(), {.history_max = -1}).submit("u", 1));
  expect_invalid(Trending(client(), {.contents_max = 0}).add("a", "view", "u"));
  EXPECT_EQ(value_of(client().dbsize()), 2);
  EXPECT_EQ(value_of(sessions.get(id)), (SessionStore::Fields{{"user", "7"}}));
  EXPECT_EQ(value_of(carts.get("c")).total_quantity, 1);
}

TEST_P(WrongArguments, nobody_is_no_sample_and_no_page) {
  for (const int64_t count : {0, -1}) {
    expect_invalid(SocialGraph(client(), "social", count).suggestions("ada"));
    expect_invalid(SocialGraph(client()).followers("ada", "0", count));
    expect_invalid(SocialGraph(client()).following("ada", "0", count));
  }
}

TEST_P(WrongArguments, a_queue_without_leases_attempts_or_time_takes_nothing) {
  TaskQueue tasks(client());
  expect_invalid(tasks.enqueue({.type = "t", .delay = -1ms}));
  EXPECT_EQ(value_of(tasks.stats()).total(), 0);
  value_of(tasks.enqueue({.type = "t"}));
  for (const auto none : {0ms, -5ms}) expect_invalid(TaskQueue(client(), {.lease = none}).take(0ms));
  expect_invalid(TaskQueue(client(), {.attempts_max = 0}).take(0ms));
  const auto task = value_of(tasks.take(1s));
  ASSERT_TRUE(task.has_value());
  expect_invalid(TaskQueue(client(), {.lease = -1ms}).heartbeat(*task));
  expect_invalid(TaskQueue(client(), {.results_ttl = -1ms}).complete(*task));
  expect_invalid(TaskQueue(client(), {.retry_delay_min = -1s}).fail(*task, "no reason"));
  EXPECT_TRUE(value_of(tasks.complete(*task)));
}

TEST_P(WrongArguments, a_stream_buffer_without_lease_or_attempts_applies_nothing) {
  StreamBuffer buffer(client());
  value_of(buffer.write({"SET", "{write_buffer}k", "v"}));
  for (const auto none : {0ms, -5ms}) expect_invalid(StreamBuffer(client(), {.lease = none}).process(10));
  expect_invalid(StreamBuffer(client(), {.attempts_max = 0}).process(10));
  EXPECT_EQ(value_of(buffer.process(10)), 1u);
}

// --- Many

TEST_P(WrongArguments, a_session_takes_as_many_fields_as_there_are) {
  SessionStore sessions(client());
  const std::string id = value_of(sessions.create({{"user", "7"}}));
  SessionStore::Fields fields;
  for (int i = 0; i < 5001; ++i) fields["field" + std::to_string(i)] = std::to_string(i);
  EXPECT_TRUE(value_of(sessions.update(id, fields)));
  fields["user"] = "7";
  EXPECT_EQ(value_of(sessions.get(id)), fields);
}

}  // namespace
}  // namespace redstart::scenarios
