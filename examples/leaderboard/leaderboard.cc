// leaderboard: a hundred players, the best of all time, today and this week, and one player's neighbours.
//
//   leaderboard [URL]    URL is any store; memory: if it is left out
//
// What it stores:
//   {example:leaderboard}:global, :day:..., :week:...   sorted sets of the boards
//   {example:leaderboard}:history:PLAYER                 lists of what each has scored
#include <cmath>
#include <cstdio>
#include <random>
#include <redstart/recipes/leaderboard.h>
#include <redstart/redstart.hpp>
#include <string>

int main(int argc, char** argv) {
  auto client = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().message.c_str());
    return 1;
  }
  redstart::Leaderboard board(*client, {.name = "example:leaderboard", .rule = redstart::ScoreRule::best});
  for (int player = 0; player < 100; ++player) board.remove("player-" + std::to_string(player)).value();

  std::mt19937 random(2024);
  std::normal_distribution<double> score(1500, 200);
  for (int game = 0; game < 500; ++game) {
    const std::string player = "player-" + std::to_string(random() % 100);
    board.submit(player, std::round(score(random))).value();
  }

  std::puts("the best of all time");
  const auto top = board.top(redstart::Board::global, 5).value();
  for (const redstart::RankedUser& entry : top) {
    std::printf("%4ld. %-10s %6.0f\n", entry.rank, entry.user.c_str(), entry.score);
  }
  std::puts("around player-42 this week");
  const auto place = board.around(redstart::Board::weekly, "player-42").value();
  if (!place) return 1;
  for (const redstart::RankedUser& entry : place->context) {
    std::printf("%4ld. %-10s %6.0f%s\n", entry.rank, entry.user.c_str(), entry.score,
                entry.user == "player-42" ? "  <" : "");
  }
  std::printf("%ld players; the last games of player-42:", place->players);
  const auto history = board.history("player-42").value();
  for (const redstart::SubmittedScore& game : history) std::printf(" %.0f", game.score);
  std::puts("");
}
