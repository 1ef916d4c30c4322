// Leaderboard: the best of all time, of today and of this week.
//
//   redstart::Leaderboard board(client, {.name = "chess", .rule = redstart::ScoreRule::best});
//   board.submit("ada", 1870.5).value();
//   auto top = board.top(redstart::Board::weekly, 10).value();
//   auto place = board.around(redstart::Board::global, "ada", 2).value();   // and two above and below
//
// Ranks are those of competitions: equal scores have equal ranks, and the next rank is missing (1, 1, 3). Among equals
// the order is by user, descending. A submission changes all boards and the user's history in one step.
//
// Days and weeks (ISO) are the calendar's, UTC unless an offset is given. Redis 7.0 or newer, Redstart; a cluster
// too: all keys have the hash tag {name}, so one game's boards live on one node.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"
#include "redstart/recipes/calendar.h"

namespace redstart {

enum class ScoreRule : unsigned char {
  last,  // the newest score counts
  best,  // the highest
  sum,   // all together
};
enum class Board : unsigned char { global, daily, weekly };

struct LeaderboardOptions {
  std::string name = "leaderboard";  // one for each game
  ScoreRule rule = ScoreRule::best;
  std::chrono::milliseconds keep_daily = std::chrono::days(2), keep_weekly = std::chrono::days(8);  // since the first
  int64_t history_max = 100;  // of each user; 0: none is kept
  Calendar calendar = {};
  UnixClock clock = {};
};

struct RankedUser {
  int64_t rank = 0;  // from 1
  std::string user;
  double score = 0;
  bool operator==(const RankedUser&) const = default;
};

struct RankedPlace {
  int64_t rank = 0;
  double score = 0;
  int64_t players = 0;
  std::vector<RankedUser> context;  // the best first, the user included
};

struct SubmittedScore {
  int64_t at_unix_ms = 0;
  double score = 0;
};

class Leaderboard {
 public:
  explicit Leaderboard(Client client, LeaderboardOptions options = {});
  // The user's score of all time by the rule. Errors: invalid_argument for NaN, boards that are kept for less than 1 ms
  // and a negative history.
  result<double> submit(std::string_view user, double score);
  // Errors, here and below: invalid_argument for negative numbers.
  result<std::vector<RankedUser>> top(Board board, int64_t count = 10, int64_t offset = 0);
  // The user's place with up to `neighbours` on either side; nothing: is not on the board.
  result<std::optional<RankedPlace>> around(Board board, std::string_view user, int64_t neighbours = 2);
  // What the user has submitted, the newest first.
  result<std::vector<SubmittedScore>> history(std::string_view user);
  // Takes the user off all present boards.
  result<void> remove(std::string_view user);

 private:
  std::string key(Board board, int64_t now_ms) const;
  std::string history_key(std::string_view user) const;
  Client client_;
  const LeaderboardOptions options_;
};

}  // namespace redstart
