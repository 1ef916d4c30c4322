// LOLWUT [VERSION number]: a small picture.
#include <string>

#include "base/random.h"
#include "execution/command_context.h"
#include "execution/commands/authentication.h"
#include "execution/commands/replies.h"

namespace redstart {
namespace {

constexpr int kColumns = 60, kRows = 12;

// A field of stars over a line of hills; the same seed gives the same night.
std::string night_sky(uint64_t seed) {
  constexpr std::string_view kStars = "..''`*+";
  Random random(seed);
  int hill = kRows - 3;
  std::string rows[kRows];
  for (int column = 0; column < kColumns; ++column) {
    hill += static_cast<int>(random.below(3)) - 1;
    hill = hill < kRows - 5 ? kRows - 5 : hill > kRows - 2 ? kRows - 2 : hill;
    for (int row = 0; row < kRows; ++row) {
      const bool has_star = row < hill && random.below(18) == 0;
      rows[row] += row == hill ? '^' : row > hill ? ':' : has_star ? kStars[random.below(7)] : ' ';
    }
  }
  std::string picture;
  for (const std::string& row : rows) picture += row + "\n";
  return picture;
}

void run(CommandContext& c) {
  int64_t seed = static_cast<int64_t>(c.random().below(1'000'000));
  if (c.arg_count() >= 3 && c.arg_is(1, "VERSION") && !c.parse_integer(2, seed)) return;
  reply_text(c, night_sky(static_cast<uint64_t>(seed)) + "\nRedis ver. " +
                    std::string(kRedisVersion) + ", spoken by Redstart\n");
}

constexpr Argument kArguments[] = {
    {.name = "version", .type = ArgumentType::integer, .token = "VERSION", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(lolwut) = {
    .name = "lolwut",
    .summary = "Draws a picture and tells the version.",
    .complexity = "",
    .since = "5.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kReadonly | kFast,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
