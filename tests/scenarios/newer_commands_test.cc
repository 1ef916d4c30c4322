// What came after Redis 7.0, over an engine in this process and over our server.
#include <chrono>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using Strings = std::vector<std::string>;
using Values = std::vector<std::optional<std::string>>;
using Numbers = std::vector<int64_t>;
using std::chrono::hours;
using std::chrono::milliseconds;

class NewerCommands : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, NewerCommands,
                         testing::Values(StoreKind::memory, StoreKind::file, StoreKind::redstart_server), name_of);

TEST_P(NewerCommands, give_fields_of_hashes_deadlines) {
  EXPECT_EQ(value_of(client().hexpire("h", hours(1), Strings{"a"})), (Numbers{-2}));
  EXPECT_TRUE(value_of(client().hsetex("h", hours(1), StringPairs{{"a", "1"}, {"b", "2"}})));
  EXPECT_FALSE(value_of(client().hsetex("h", hours(1), StringPairs{{"a", "9"}}, SetOptions::If::missing)));
  value_of(client().hset("h", "c", "3"));
  const Numbers left_ms = value_of(client().hpttl("h", Strings{"a", "c", "none"}));
  ASSERT_EQ(left_ms.size(), 3u);
  EXPECT_GT(left_ms[0], 3'000'000);
  EXPECT_EQ(left_ms[1], -1);
  EXPECT_EQ(left_ms[2], -2);
  EXPECT_EQ(value_of(client().hexpire("h", hours(2), Strings{"a", "c"}, ExpireIf::none)), (Numbers{0, 1}));
  EXPECT_EQ(value_of(client().hexpire_at_ms("h", 9'999'999'999'000, Strings{"a"})), (Numbers{1}));
  EXPECT_EQ(value_of(client().hpexpiretime("h", Strings{"a"})), (Numbers{9'999'999'999'000}));
  EXPECT_EQ(value_of(client().hpersist("h", Strings{"a", "a"})), (Numbers{1, -1}));
  EXPECT_EQ(value_of(client().hgetex("h", hours(1), Strings{"a", "none"})), (Values{"1", std::nullopt}));
  EXPECT_EQ(value_of(client().hgetex_persist("h", Strings{"a"})), (Values{"1"}));
  EXPECT_EQ(value_of(client().hpttl("h", Strings{"a"})), (Numbers{-1}));
  EXPECT_EQ(value_of(client().hgetdel("h", Strings{"a", "b"})), (Values{"1", "2"}));
  EXPECT_EQ(value_of(client().hexpire("h", milliseconds(0), Strings{"c"})), (Numbers{2}));
  EXPECT_FALSE(value_of(client().exists("h")));
}

TEST_P(NewerCommands, compare_before_they_set_or_delete) {
  EXPECT_FALSE(value_of(client().set_if_equal("k", "1", "0")));
  EXPECT_TRUE(value_of(client().set_unless_equal("k", "1", "0")));
  EXPECT_TRUE(value_of(client().set_if_equal("k", "2", "1", {.ttl = hours(1)})));
  EXPECT_GT(value_of(client().pttl("k")), 0);
  const auto digest = value_of(client().digest("k"));
  ASSERT_TRUE(digest.has_value());
  EXPECT_TRUE(value_of(client().set_if_digest("k", "3", *digest)));
  EXPECT_FALSE(value_of(client().delete_if_digest("k", *digest)));
  EXPECT_FALSE(value_of(client().delete_if_equal("k", "2")));
  EXPECT_TRUE(value_of(client().delete_if_equal("k", "3")));
  EXPECT_EQ(value_of(client().digest("k")), std::nullopt);
}

TEST_P(NewerCommands, set_many_with_one_deadline_and_count_within_bounds) {
  const StringPairs pairs{{"a", "1"}, {"b", "2"}};
  EXPECT_TRUE(value_of(client().msetex(pairs, {.ttl = hours(1), .condition = SetOptions::If::missing})));
  EXPECT_FALSE(value_of(client().msetex(pairs, {.condition = SetOptions::If::missing})));
  EXPECT_GT(value_of(client().pttl("b")), 0);
  EXPECT_EQ(value_of(client().increx("n", 3)), (Increment{3, 3}));
  EXPECT_EQ(value_of(client().increx("n", 3, {.upper_bound = 5})), (Increment{3, 0}));
  EXPECT_EQ(value_of(client().increx("n", 3, {.upper_bound = 5, .saturate = true, .ttl = hours(1)})),
            (Increment{5, 2}));
  EXPECT_GT(value_of(client().pttl("n")), 0);
}

}  // namespace
}  // namespace redstart::scenarios
