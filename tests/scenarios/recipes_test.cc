// The recipes over every store.
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include "redstart/recipes/activity_feed.h"
#include "redstart/recipes/atomic_values.h"
#include "redstart/recipes/cart.h"
#include "redstart/recipes/distributed_lock.h"
#include "redstart/recipes/health.h"
#include "redstart/recipes/leaderboard.h"
#include "redstart/recipes/rate_limiter.h"
#include "redstart/recipes/session_store.h"
#include "redstart/recipes/social_graph.h"
#include "redstart/recipes/tag_index.h"
#include "redstart/recipes/trending.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr int64_t kMay1_2024 = 1'714'521'600'000;  // a Wednesday, 00:00 UTC
constexpr int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;

class RecipeTest : public StoreTest {
 protected:
  UnixClock clock() {
    return [this] { return now_ms_.load(); };
  }
  std::atomic<int64_t> now_ms_{kMay1_2024 + 10 * kHourMs};
};
class RateLimits : public RecipeTest {};
class Locks : public RecipeTest {};
class Sessions : public RecipeTest {};
class ShoppingCarts : public RecipeTest {};
class Feeds : public RecipeTest {};
class TagIndexes : public RecipeTest {};
class SocialGraphs : public RecipeTest {};
class Leaderboards : public RecipeTest {};
class TrendingTopics : public RecipeTest {};
class AtomicValues : public RecipeTest {};
INSTANTIATE_TEST_SUITE_P(Stores, RateLimits, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, Locks, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, Sessions, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, ShoppingCarts, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, Feeds, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, TagIndexes, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, SocialGraphs, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, Leaderboards, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, TrendingTopics, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, AtomicValues, kAllStores, name_of);

// --- Health

// A server of its own: what others do does not count.
TEST(Health, worries_about_what_there_is_enough_of) {
  Client client = open("memory:").value();
  StoreHealth health = value_of(check_health(client));
  EXPECT_EQ(health.hit_ratio_percent, std::nullopt);
  EXPECT_TRUE(health.alerts.empty());
  value_of(client.set("k", "v"));
  for (int i = 0; i < 999; ++i) value_of(client.get(i % 3 == 0 ? "k" : "missing"));
  health = value_of(check_health(client));
  EXPECT_EQ(health.hit_ratio_percent, 33.33);
  EXPECT_EQ(health.misses, 666);
  EXPECT_TRUE(health.alerts.empty());
  value_of(client.get("missing"));
  health = value_of(check_health(client, {.clients_max = 0, .is_cache = true}));
  ASSERT_EQ(health.alerts.size(), 3u);
  EXPECT_EQ(health.alerts[0].kind, HealthAlertKind::hit_ratio);
  EXPECT_EQ(health.alerts[0].text, "only 33.30 % of the look-ups find something");
  EXPECT_EQ(health.alerts[1].kind, HealthAlertKind::clients);
  EXPECT_EQ(health.alerts[2].kind, HealthAlertKind::memory_limit);
  value_of(client.config_set("maxmemory", "64mb"));
  EXPECT_EQ(value_of(check_health(client, {.is_cache = true})).limit_bytes, 64 << 20);
  EXPECT_EQ(value_of(check_health(client, {.is_cache = true})).alerts.back().kind, HealthAlertKind::memory_limit);
  value_of(client.config_set("maxmemory-policy", "allkeys-lru"));
  EXPECT_EQ(value_of(check_health(client, {.is_cache = true})).alerts.size(), 1u);
}

// --- Rate limits

TEST_P(RateLimits, refuse_costs_that_could_never_pass) {
  RateLimiter limiter(client(), {.limit = 3});
  EXPECT_EQ(limiter.allow("a", 0).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(limiter.allow("a", 4).error().code, ErrorCode::invalid_argument);
}

TEST_P(RateLimits, a_fixed_window_begins_with_its_first_request_and_ends) {
  RateLimiter limiter(client(),
                      {.algorithm = RateAlgorithm::fixed_window, .limit = 3, .window = 60s, .clock = clock()});
  for (int i = 1; i <= 3; ++i) {
    now_ms_ += 10'000;
    const RateDecision decision = value_of(limiter.allow("a"));
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.count, i);
    EXPECT_EQ(decision.remaining, 3 - i);
  }
  const RateDecision denied = value_of(limiter.allow("a"));
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.count, 3);
  EXPECT_EQ(denied.retry_after, 40s);
  EXPECT_TRUE(value_of(limiter.allow("b")).allowed);
  now_ms_ += 40'000;
  EXPECT_EQ(value_of(limiter.allow("a")).count, 1);
}

TEST_P(RateLimits, a_sliding_window_never_lets_more_pass_than_its_limit) {
  RateLimiter limiter(client(),
                      {.algorithm = RateAlgorithm::sliding_window, .limit = 5, .window = 60s, .clock = clock()});
  // All at the same moment: each counts.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(value_of(limiter.allow("a")).allowed);
  now_ms_ += 30'000;
  EXPECT_TRUE(value_of(limiter.allow("a", 2)).allowed);
  RateDecision denied = value_of(limiter.allow("a"));
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.retry_after, 30s);
  EXPECT_EQ(denied.reset_after, 60s);
  EXPECT_EQ(value_of(limiter.allow("a", 4)).retry_after, 60s);
  now_ms_ += 30'000;
  EXPECT_TRUE(value_of(limiter.allow("a", 3)).allowed);
  EXPECT_FALSE(value_of(limiter.allow("a")).allowed);
  value_of(limiter.reset("a"));
  EXPECT_EQ(value_of(limiter.allow("a")).count, 1);
}

TEST_P(RateLimits, a_token_bucket_lets_a_burst_pass_and_then_one_at_a_time) {
  RateLimiter limiter(client(), {.limit = 60, .window = 60s, .burst = 10, .clock = clock()});
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(value_of(limiter.allow("a")).remaining, 10 - i);
  const RateDecision denied = value_of(limiter.allow("a"));
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.retry_after, 1s);
  now_ms_ += 999;
  EXPECT_FALSE(value_of(limiter.allow("a")).allowed);
  now_ms_ += 1;
  EXPECT_TRUE(value_of(limiter.allow("a")).allowed);
  EXPECT_FALSE(value_of(limiter.allow("a")).allowed);
  now_ms_ += 3'600'000;
  EXPECT_TRUE(value_of(limiter.allow("a", 10)).allowed);
  EXPECT_FALSE(value_of(limiter.allow("a")).allowed);
}

TEST_P(RateLimits, intervals_that_are_no_whole_milliseconds_neither_gain_nor_lose) {
  RateLimiter limiter(client(), {.limit = 7, .window = 1s, .clock = clock()});
  int64_t allowed = 0;
  for (int i = 0; i < 10'000; i += 10) {
    allowed += value_of(limiter.allow("a")).allowed;
    now_ms_ += 10;
  }
  EXPECT_GE(allowed, 7 * 10);
  EXPECT_LE(allowed, 7 * 11);
}

TEST_P(RateLimits, concurrent_callers_never_pass_the_limit_together) {
  for (const RateAlgorithm algorithm :
       {RateAlgorithm::fixed_window, RateAlgorithm::sliding_window, RateAlgorithm::token_bucket}) {
    RateLimiter limiter(client(), {.algorithm = algorithm, .limit = 100, .window = 1h});
    std::atomic<int> allowed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i) allowed += value_of(limiter.allow("hot")).allowed;
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(allowed, 100);
    value_of(limiter.reset("hot"));
  }
}

// --- Locks

TEST_P(Locks, one_has_it_and_the_fence_grows) {
  DistributedLock lock(client(), "report"), other(another_client(), "report");
  uint64_t first_fence = 0;
  {
    auto held = lock.try_acquire();
    ASSERT_TRUE(held.has_value() && held->has_value());
    first_fence = (*held)->fence();
    EXPECT_FALSE(other.try_acquire()->has_value());
    EXPECT_FALSE(other.acquire(1ms)->has_value());
    EXPECT_TRUE(value_of((*held)->extend()));
  }
  auto held = other.try_acquire();
  ASSERT_TRUE(held.has_value() && held->has_value());
  EXPECT_GT((*held)->fence(), first_fence);
  EXPECT_TRUE(value_of((*held)->release()));
  EXPECT_FALSE(value_of((*held)->release()));
}

TEST_P(Locks, who_has_lost_it_does_not_release_anothers) {
  DistributedLock lock(client(), "l", {.ttl = 20ms}), other(client(), "l");
  auto lost = lock.try_acquire();
  ASSERT_TRUE(lost.has_value() && lost->has_value());
  auto held = other.acquire(10s);
  ASSERT_TRUE(held.has_value() && held->has_value());
  EXPECT_FALSE(value_of((*lost)->extend()));
  EXPECT_FALSE(value_of((*lost)->release()));
  EXPECT_TRUE(value_of((*held)->extend()));
}

TEST_P(Locks, is_waited_for_by_the_clock_that_it_is_given) {
  ManualWaitClock clock;
  DistributedLock holder(client(), "l"), waiter(client(), "l", {.clock = &clock});
  auto held = holder.try_acquire();
  ASSERT_TRUE(held.has_value() && held->has_value());
  std::atomic<bool> is_over{false};
  std::thread waiting([&] {
    const auto late = waiter.acquire(1h);
    EXPECT_TRUE(late.has_value() && !late->has_value());
    is_over = true;
  });
  // The waiter may read the clock for its deadline as late as it likes.
  EXPECT_TRUE(eventually([&] {
    clock.advance(1h);
    return is_over.load();
  }));
  waiting.join();
}

TEST_P(Locks, protects_what_many_threads_change) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      DistributedLock lock(client(), "l", {.retry_interval = 1ms});
      for (int i = 0; i < 10; ++i) {
        const auto held = lock.acquire(20s);
        ASSERT_TRUE(held.has_value() && held->has_value());
        const int64_t seen = std::stoll(value_of(client().get("n")).value_or("0"));
        value_of(client().set("n", std::to_string(seen + 1)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(value_of(client().get("n")), "40");
}

// --- Sessions

TEST_P(Sessions, what_has_expired_stays_gone) {
  SessionStore sessions(client());
  const std::string id = value_of(sessions.create({{"user_id", "7"}, {"permissions", R"(["read"])"}}));
  value_of(client().del(sessions.key(id)));
  EXPECT_FALSE(value_of(sessions.update(id, {{"last_activity", "now"}})));
  EXPECT_EQ(value_of(sessions.increment(id, "page_views")), std::nullopt);
  EXPECT_FALSE(value_of(sessions.touch(id)));
  EXPECT_EQ(value_of(sessions.get(id)), std::nullopt);
  EXPECT_EQ(value_of(sessions.remaining(id)), std::nullopt);
  EXPECT_FALSE(value_of(sessions.remove(id)));
  EXPECT_FALSE(value_of(client().exists(sessions.key(id))));
  EXPECT_EQ(sessions.create({}).error().code, ErrorCode::invalid_argument);
}

TEST_P(Sessions, each_use_begins_the_life_anew) {
  for (const bool sliding : {true, false}) {
    SessionStore sessions(client(), {.ttl = 1h, .sliding = sliding});
    const std::string id = value_of(sessions.create({{"user_id", "7"}}));
    EXPECT_EQ(id.size(), 32u);
    const auto is_new_life = [&](auto use) {
      value_of(client().expire(sessions.key(id), 1min));
      use();
      return *value_of(sessions.remaining(id)) > 59min;
    };
    EXPECT_EQ(is_new_life([&] { value_of(sessions.get(id)); }), sliding);
    EXPECT_EQ(is_new_life([&] { value_of(sessions.update(id, {{"a", "b"}})); }), sliding);
    EXPECT_EQ(is_new_life([&] { EXPECT_GT(*value_of(sessions.increment(id, "views")), 0); }), sliding);
    EXPECT_TRUE(is_new_life([&] { EXPECT_TRUE(value_of(sessions.touch(id))); }));
    EXPECT_EQ(value_of(sessions.get(id)),
              (SessionStore::Fields{{"user_id", "7"}, {"a", "b"}, {"views", "1"}}));
    EXPECT_TRUE(value_of(sessions.remove(id)));
  }
}

// --- Carts

TEST_P(ShoppingCarts, refuse_what_cannot_be) {
  Carts carts(client(), {.quantity_max = 10, .products_max = 2, .clock = clock()});
  EXPECT_EQ(carts.add("c", "", 1, 1).error().code, ErrorCode::invalid_argument);
  for (const int64_t quantity : {int64_t{0}, int64_t{-1}, int64_t{11}}) {
    EXPECT_EQ(carts.add("c", "p", quantity, 1).error().code, ErrorCode::invalid_argument) << quantity;
  }
  EXPECT_EQ(carts.add("c", "p", 1, -1).error().code, ErrorCode::invalid_argument);
  value_of(carts.add("c", "p", 6, 1));
  EXPECT_EQ(carts.add("c", "p", 6, 1).error().code, ErrorCode::invalid_argument);
  value_of(carts.add("c", "q", 1, 1));
  EXPECT_EQ(carts.add("c", "r", 1, 1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(carts.get("c")).total_quantity, 7);
}

TEST_P(ShoppingCarts, add_up_in_cents) {
  Carts carts(client(), {.clock = clock()});
  EXPECT_EQ(value_of(carts.get("c")).created_unix_ms, 0);
  value_of(carts.add("c", "lamp", 2, 1999));
  now_ms_ += 5000;
  const CartSummary summary = value_of(carts.add("c", "a \"chair\"\n", 1, 4950));
  ASSERT_EQ(summary.items.size(), 2u);
  EXPECT_EQ(summary.items[0].product, "a \"chair\"\n");
  EXPECT_EQ(summary.items[1].subtotal_cents, 3998);
  EXPECT_EQ(summary.items[1].added_unix_ms, now_ms_ - 5000);
  EXPECT_EQ(summary.total_quantity, 3);
  EXPECT_EQ(summary.total_cents, 8948);
  EXPECT_EQ(summary.created_unix_ms, now_ms_ - 5000);
  EXPECT_GT(summary.remaining, 24h * 29);
  // Once more, at a new price.
  EXPECT_EQ(value_of(carts.add("c", "lamp", 1, 1500)).items[1].subtotal_cents, 4500);
  EXPECT_EQ(value_of(carts.set_quantity("c", "lamp", 1)).total_cents, 1500 + 4950);
  EXPECT_EQ(value_of(carts.set_quantity("c", "unknown", 5)).items.size(), 2u);
  EXPECT_EQ(value_of(carts.set_quantity("c", "lamp", 0)).items.size(), 1u);
  EXPECT_TRUE(value_of(carts.set_quantity("c", "a \"chair\"\n", -1)).items.empty());
  EXPECT_FALSE(value_of(client().exists("cart:c")));
  EXPECT_FALSE(value_of(carts.clear("c")));
}

TEST_P(ShoppingCarts, concurrent_changes_add_up) {
  Carts carts(client());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) value_of(carts.add("c", "lamp", 1, 100));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(value_of(carts.get("c")).total_cents, 40'000);
}

// --- Feeds

TEST_P(Feeds, pages_do_not_shift_when_something_is_added) {
  ActivityFeed feed(client(), {.entries_max = 30});
  EXPECT_EQ(feed.add("u", {}).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(value_of(feed.page("u")).items.empty());
  std::set<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.insert(value_of(feed.add("u", {{"n", std::to_string(i)}})));
  EXPECT_EQ(ids.size(), 40u);
  Names seen;
  std::string cursor;
  do {
    const FeedPage page = value_of(feed.page("u", cursor, 10));
    for (const Activity& item : page.items) seen.push_back(item.fields[0].second);
    cursor = page.cursor;
    if (seen.size() == 10) value_of(feed.add("u", {{"n", "new"}}));
  } while (!cursor.empty());
  // The newest thirty when it began, less the oldest one, which the new one has pushed out.
  ASSERT_EQ(seen.size(), 29u);
  for (int i = 0; i < 29; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], std::to_string(39 - i));
  EXPECT_GT(value_of(client().ttl("feed:u")), 29 * 86'400);
  const std::string newest = value_of(feed.page("u")).items[0].id;
  EXPECT_TRUE(value_of(feed.remove("u", newest)));
  EXPECT_FALSE(value_of(feed.remove("u", newest)));
}

// --- Tags

TEST_P(TagIndexes, find_by_all_parts_of_a_query) {
  TagIndex index(client());
  value_of(index.tag("a", {"redis", "caching"}));
  value_of(index.tag("b", {"redis", "queues"}));
  value_of(index.tag("c", {"redis", "caching", "draft"}));
  value_of(index.tag("d", {"caching"}));
  const auto find = [&](TagQuery query) { return value_of(index.find(query)); };
  EXPECT_EQ(index.find({}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(find({.required = {"redis"}}), (Names{"a", "b", "c"}));
  EXPECT_EQ(find({.required = {"redis", "caching"}, .excluded = {"draft"}}), Names{"a"});
  EXPECT_EQ(find({.required = {"redis"}, .any = {"queues", "draft"}}), (Names{"b", "c"}));
  EXPECT_EQ(find({.any = {"caching", "queues"}, .excluded = {"draft", "none"}}), (Names{"a", "b", "d"}));
  EXPECT_EQ(find({.excluded = {"redis"}}), Names{"d"});
  // What is required and found nowhere is found nowhere, whatever else is asked for.
  EXPECT_EQ(find({.required = {"unknown"}, .any = {"redis"}}), Names{});
  EXPECT_EQ(find({.any = {"redis"}, .offset = 1, .count = 1}), Names{"b"});
  EXPECT_TRUE(value_of(client().keys("*scratch*")).empty());
}

TEST_P(TagIndexes, count_their_tags_and_forget_contents) {
  TagIndex index(client());
  EXPECT_EQ(value_of(index.tag("a", {"x", "y", "x"})), 2);
  EXPECT_EQ(value_of(index.tag("b", {"x"})), 1);
  EXPECT_EQ(value_of(index.most_used()), (std::vector<std::pair<std::string, int64_t>>{{"x", 2}, {"y", 1}}));
  EXPECT_EQ(value_of(index.untag("a", {"x", "never had"})), 1);
  EXPECT_EQ(value_of(index.tags_of("a")), Names{"y"});
  EXPECT_TRUE(value_of(index.remove("a")));
  EXPECT_FALSE(value_of(index.remove("a")));
  EXPECT_EQ(value_of(index.most_used()), (std::vector<std::pair<std::string, int64_t>>{{"x", 1}}));
  EXPECT_EQ(value_of(index.find({.excluded = {"none"}})), Names{"b"});
  EXPECT_TRUE(value_of(index.remove("b")));
  EXPECT_EQ(value_of(client().dbsize()), 0);
}

// --- The social graph

TEST_P(SocialGraphs, both_sides_of_an_edge_change) {
  SocialGraph graph(client());
  EXPECT_EQ(graph.follow("a", "a").error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(value_of(graph.follow("a", "b")));
  EXPECT_FALSE(value_of(graph.follow("a", "b")));
  EXPECT_TRUE(value_of(graph.is_following("a", "b")));
  EXPECT_FALSE(value_of(graph.is_following("b", "a")));
  value_of(graph.follow("a", "c"));
  value_of(graph.follow("d", "c"));
  EXPECT_EQ(value_of(graph.mutual_followers("b", "c")), Names{"a"});
  EXPECT_EQ(value_of(graph.counts("c")).followers, 2);
  EXPECT_EQ(value_of(graph.counts("a")).following, 2);
  EXPECT_EQ(value_of(graph.followers("c", "0")).items.size(), 2u);
  EXPECT_EQ(value_of(graph.following("d", "0")).items, Names{"c"});
  EXPECT_TRUE(value_of(graph.unfollow("a", "b")));
  EXPECT_FALSE(value_of(graph.unfollow("a", "b")));
  EXPECT_TRUE(value_of(graph.mutual_followers("b", "c")).empty());
}

TEST_P(SocialGraphs, suggest_whom_friends_follow_and_nobody_else) {
  SocialGraph graph(client());
  for (const auto* const friend_name : {"f1", "f2", "f3"}) {
    value_of(graph.follow("7", friend_name));
    value_of(graph.follow(friend_name, "7"));
    value_of(graph.follow(friend_name, "f1" == std::string(friend_name) ? "f2" : "f1"));
    value_of(graph.follow(friend_name, "popular"));
  }
  value_of(graph.follow("f1", "z"));
  value_of(graph.follow("f2", "b"));
  EXPECT_EQ(value_of(graph.suggestions("7")), (std::vector<Suggestion>{{"popular", 3}, {"b", 1}, {"z", 1}}));
  EXPECT_EQ(value_of(graph.suggestions("7", 1)), (std::vector<Suggestion>{{"popular", 3}}));
  EXPECT_TRUE(value_of(graph.suggestions("nobody")).empty());
}

// --- Leaderboards

TEST_P(Leaderboards, keep_the_score_that_their_rule_says) {
  Leaderboard best(client(), {.name = "best", .rule = ScoreRule::best, .clock = clock()});
  Leaderboard last(client(), {.name = "last", .rule = ScoreRule::last, .clock = clock()});
  Leaderboard sum(client(), {.name = "sum", .rule = ScoreRule::sum, .clock = clock()});
  EXPECT_EQ(best.submit("a", NAN).error().code, ErrorCode::invalid_argument);
  for (Leaderboard* const board : {&best, &last, &sum}) value_of(board->submit("a", 10.5));
  EXPECT_EQ(value_of(best.submit("a", 3)), 10.5);
  EXPECT_EQ(value_of(last.submit("a", 3)), 3);
  EXPECT_EQ(value_of(sum.submit("a", 3)), 13.5);
}

TEST_P(Leaderboards, equal_scores_have_equal_ranks) {
  Leaderboard board(client(), {.clock = clock()});
  for (const auto& [user, score] : std::vector<std::pair<std::string, double>>{
           {"a", 50}, {"b", 40}, {"c", 40}, {"d", 30}, {"e", 20}, {"f", 10}}) {
    value_of(board.submit(user, score));
  }
  EXPECT_EQ(value_of(board.top(Board::global, 4)),
            (std::vector<RankedUser>{{1, "a", 50}, {2, "c", 40}, {2, "b", 40}, {4, "d", 30}}));
  // A page that begins among equals knows their rank.
  EXPECT_EQ(value_of(board.top(Board::global, 2, 2)), (std::vector<RankedUser>{{2, "b", 40}, {4, "d", 30}}));
  const auto place = *value_of(board.around(Board::global, "d"));
  EXPECT_EQ(place.rank, 4);
  EXPECT_EQ(place.score, 30);
  EXPECT_EQ(place.players, 6);
  EXPECT_EQ(place.context,
            (std::vector<RankedUser>{{2, "c", 40}, {2, "b", 40}, {4, "d", 30}, {5, "e", 20}, {6, "f", 10}}));
  EXPECT_EQ(value_of(board.around(Board::global, "a"))->context.size(), 3u);
  EXPECT_EQ(value_of(board.around(Board::global, "f", 1))->context.size(), 2u);
  EXPECT_FALSE(value_of(board.around(Board::global, "nobody")).has_value());
}

TEST_P(Leaderboards, days_and_weeks_have_boards_of_their_own) {
  Leaderboard board(client(), {.clock = clock()});
  value_of(board.submit("a", 1));
  now_ms_ += kDayMs;
  value_of(board.submit("b", 2));
  EXPECT_EQ(value_of(board.top(Board::daily)).size(), 1u);
  EXPECT_EQ(value_of(board.top(Board::weekly)).size(), 2u);
  now_ms_ += 4 * kDayMs;  // Monday
  EXPECT_TRUE(value_of(board.top(Board::weekly)).empty());
  EXPECT_EQ(value_of(board.top(Board::global)).size(), 2u);
  EXPECT_GT(value_of(client().ttl("{leaderboard}:day:2024-05-01")), 86'400);
  EXPECT_GT(value_of(client().ttl("{leaderboard}:week:2024-W18")), 7 * 86'400);
  EXPECT_EQ(value_of(client().ttl("{leaderboard}:global")), -1);
}

TEST_P(Leaderboards, remember_the_newest_scores_and_not_the_best) {
  Leaderboard board(client(), {.history_max = 3, .clock = clock()});
  for (const double score : {9.0, 1.0, 5.0, 5.0}) {
    value_of(board.submit("a", score));
    now_ms_ += 1000;
  }
  const auto history = value_of(board.history("a"));
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].score, 5);
  EXPECT_EQ(history[0].at_unix_ms, now_ms_ - 1000);
  EXPECT_EQ(history[2].score, 1);
  value_of(board.remove("a"));
  EXPECT_TRUE(value_of(board.history("a")).empty());
  EXPECT_TRUE(value_of(board.top(Board::global)).empty());
}

// --- Trending

TEST_P(TrendingTopics, weights_halve_with_every_half_life) {
  Trending trending(client(), {.half_life = 6h, .clock = clock()});
  EXPECT_EQ(trending.add("a", "frown", "u").error().code, ErrorCode::invalid_argument);
  EXPECT_NEAR(value_of(trending.add("a", "share", "u")), 10, 1e-6);
  EXPECT_NEAR(value_of(trending.add("a", "like", "u")), 15, 1e-6);
  now_ms_ += 6 * kHourMs;
  EXPECT_NEAR(value_of(trending.top())[0].score, 7.5, 1e-9);
  EXPECT_NEAR(value_of(trending.add("a", "view", "u")), 8.5, 1e-6);
  EXPECT_EQ(value_of(trending.top())[0].interactions, 3);
}

TEST_P(TrendingTopics, what_is_new_overtakes_what_was_loud) {
  Trending trending(client(), {.half_life = 1h, .clock = clock()});
  for (int i = 0; i < 4; ++i) value_of(trending.add("old", "comment", "u", "news"));
  now_ms_ += 4 * kHourMs;
  value_of(trending.add("new", "like", "u", "science"));
  const auto top = value_of(trending.top());
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].content, "new");
  EXPECT_EQ(top[0].score, 5);
  EXPECT_EQ(top[1].score, 3.75);
  EXPECT_EQ(value_of(trending.top(20, "news")).size(), 1u);
  EXPECT_EQ(value_of(trending.top(20, "sports")).size(), 0u);
  // Years later everything is forgotten, and nothing overflows.
  now_ms_ += int64_t{5} * 365 * kDayMs;
  EXPECT_TRUE(value_of(trending.top()).empty());
  EXPECT_NEAR(value_of(trending.add("newest", "view", "u")), 1, 1e-6);
  EXPECT_EQ(value_of(client().zcard("{trending}:all")), 1);
}

TEST_P(TrendingTopics, interactions_are_counted_for_a_day_and_each_by_itself) {
  Trending trending(client(), {.half_life = 1000h, .contents_max = 3, .clock = clock()});
  for (int i = 0; i < 5; ++i) value_of(trending.add("a", "view", "same user"));  // in one millisecond
  EXPECT_EQ(value_of(trending.top())[0].interactions, 5);
  now_ms_ += 25 * kHourMs;
  EXPECT_EQ(value_of(trending.top())[0].interactions, 0);
  value_of(trending.add("a", "view", "u"));
  EXPECT_EQ(value_of(trending.top())[0].interactions, 1);
  for (const auto* const content : {"b", "c", "d", "e"}) value_of(trending.add(content, "share", "u"));
  EXPECT_EQ(value_of(client().zcard("{trending}:all")), 3);
}

// --- Values

TEST_P(AtomicValues, compare_and_set_keeps_the_life_of_the_key) {
  EXPECT_FALSE(value_of(compare_and_set(client(), "k", "old", "new")));
  EXPECT_TRUE(value_of(compare_and_set(client(), "k", std::nullopt, "1")));
  EXPECT_FALSE(value_of(compare_and_set(client(), "k", std::nullopt, "2")));
  value_of(client().expire("k", 1h));
  EXPECT_FALSE(value_of(compare_and_set(client(), "k", "2", "3")));
  EXPECT_TRUE(value_of(compare_and_set(client(), "k", "1", "3")));
  EXPECT_EQ(value_of(client().get("k")), "3");
  EXPECT_GT(value_of(client().ttl("k")), 3500);
  EXPECT_TRUE(value_of(compare_and_set(client(), "k", "3", "")));
  EXPECT_TRUE(value_of(compare_and_set(client(), "k", "", "4")));
}

TEST_P(AtomicValues, increments_stay_within_their_bounds) {
  value_of(client().set("n", "8"));
  value_of(client().expire("n", 1h));
  const auto add = [&](int64_t amount) { return value_of(bounded_increment(client(), "n", amount, -5, 10)); };
  EXPECT_TRUE(add(2).applied);
  EXPECT_FALSE(add(1).applied);
  EXPECT_EQ(add(1).value, 10);
  EXPECT_FALSE(add(-16).applied);
  EXPECT_EQ(add(-15).value, -5);
  EXPECT_GT(value_of(client().ttl("n")), 3500);
  EXPECT_FALSE(value_of(bounded_increment(client(), "missing", 11, 0, 10)).applied);
  EXPECT_FALSE(value_of(client().exists("missing")));
  // Numbers that doubles cannot tell apart.
  value_of(client().set("big", "9007199254740993"));
  EXPECT_FALSE(value_of(bounded_increment(client(), "big", 1, 0, 9007199254740993)).applied);
  EXPECT_EQ(value_of(client().get("big")), "9007199254740993");
  value_of(client().set("text", "x"));
  EXPECT_FALSE(bounded_increment(client(), "text", 1, 0, 10).has_value());
}

TEST_P(AtomicValues, a_transfer_moves_all_or_nothing) {
  value_of(client().set("{bank}:a", "100"));
  EXPECT_EQ(transfer(client(), "{bank}:a", "{bank}:b", 0).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(transfer(client(), "{bank}:a", "{bank}:b", -5).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(transfer(client(), "{bank}:a", "{bank}:a", 5).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(transfer(client(), "{bank}:a", "{bank}:b", 101)), Transfer::insufficient_funds);
  EXPECT_EQ(value_of(transfer(client(), "{bank}:missing", "{bank}:b", 1)), Transfer::insufficient_funds);
  EXPECT_EQ(value_of(transfer(client(), "{bank}:a", "{bank}:b", 100)), Transfer::done);
  EXPECT_EQ(value_of(client().get("{bank}:a")), "0");
  EXPECT_EQ(value_of(client().get("{bank}:b")), "100");
  value_of(client().set("{bank}:text", "abc"));
  value_of(client().set("{bank}:full", "9223372036854775807"));
  for (const auto* const target : {"{bank}:text", "{bank}:full"}) {
    EXPECT_FALSE(transfer(client(), "{bank}:b", target, 1).has_value()) << target;
  }
  EXPECT_FALSE(transfer(client(), "{bank}:text", "{bank}:b", 1).has_value());
  EXPECT_EQ(value_of(client().get("{bank}:b")), "100");
  EXPECT_FALSE(value_of(client().exists("{bank}:missing")));
}

TEST_P(AtomicValues, concurrent_transfers_neither_make_nor_lose_money) {
  const Names accounts = {"{bank}:a", "{bank}:b", "{bank}:c"};
  for (const std::string& account : accounts) value_of(client().set(account, "50"));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 60; ++i) {
        const auto amount = 1 + static_cast<int64_t>(i * t % 40);
        value_of(transfer(client(), accounts[t % 3], accounts[(t + 1 + i % 2) % 3], amount));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  int64_t sum = 0;
  for (const std::string& account : accounts) {
    const int64_t balance = std::stoll(*value_of(client().get(account)));
    EXPECT_GE(balance, 0);
    sum += balance;
  }
  EXPECT_EQ(sum, 150);
}

}  // namespace
}  // namespace redstart::scenarios
