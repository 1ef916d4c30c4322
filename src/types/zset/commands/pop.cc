// All of them pop from the first key that holds something; they differ in how the reply is nested.
#include "types/zset/commands/pop.h"

#include <algorithm>
#include <optional>
#include <span>

#include "types/commands/arguments.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

struct Pop {
  std::span<const std::string_view> keys;
  ZsetEnd end = ZsetEnd::lowest;
  int64_t count = 1;
  bool names_key = false;    // the reply says which key it was
  bool nests_pairs = false;  // each member in an array with its score
  // How the effect is told: not at all (the command says it), "ZPOPMIN key", or with its count.
  enum class Effect : uint8_t { itself, plain, counted } effect = Effect::itself;
};

void announce(CommandContext& c, const Pop& pop, std::string_view key, size_t count) {
  const size_t elements = pop.nests_pairs ? count : count * 2;
  if (!pop.names_key) return c.reply().array(elements);
  if (pop.nests_pairs) {
    c.reply().array(2);
    c.reply().bulk(key);
    c.reply().array(elements);
  } else {
    c.reply().array(elements + 1);
    c.reply().bulk(key);
  }
}

void tell_effect(CommandContext& c, const Pop& pop, std::string_view key, size_t count) {
  const std::string_view name = pop.end == ZsetEnd::lowest ? "ZPOPMIN" : "ZPOPMAX";
  if (pop.effect == Pop::Effect::plain) c.effect({name, key});
  if (pop.effect != Pop::Effect::counted) return;
  char text[24];
  c.effect({name, key, {text, format_int64(static_cast<int64_t>(count), text)}});
}

void pop_from(CommandContext& c, const Pop& pop, std::string_view key, Edit& edit) {
  SortedSet set(edit.object());
  const size_t count = static_cast<size_t>(std::min<uint64_t>(pop.count, set.size()));
  const bool highest = pop.end == ZsetEnd::highest;
  const RankRange ranks = highest ? RankRange{set.size() - count, set.size()} : RankRange{0, count};
  announce(c, pop, key, count);
  set.for_each(ranks, highest, [&](std::string_view member, double score) {
    if (pop.nests_pairs) c.reply().array(2);
    c.reply().bulk(member);
    c.reply().number(score);
    return true;
  });
  set.remove_range(ranks);
  if (count == 0) return edit.unchanged();
  edit.event(highest ? "zpopmax" : "zpopmin");
  edit.count_changes(static_cast<uint32_t>(count));
  tell_effect(c, pop, key, count);
}

// Whether a reply was said: elements, or that a key holds another type.
bool try_pop(CommandContext& c, const Pop& pop) {
  for (const std::string_view key : c.keys_to_try(pop.keys)) {
    Edit edit = c.edit(key, Type::zset);
    if (edit.wrong_type()) return true;
    if (!edit.exists()) continue;
    pop_from(c, pop, key, edit);
    return true;
  }
  return false;
}

void pop_or_wait(CommandContext& c, const Pop& pop, int64_t deadline_ms) {
  if (try_pop(c, pop)) return;
  if (!c.may_block()) return c.reply().null_array();
  c.block(pop.keys, deadline_ms);
}

// numkeys key ... MIN|MAX [COUNT count], from argument `index` on.
bool parse_multi_pop(CommandContext& c, size_t index, Pop& pop) {
  int64_t key_count;
  if (!parse_whole_number(c, index, 1, key_count, "ERR numkeys should be greater than 0"))
    return false;
  const size_t words = c.arg_count() - index - 1;
  if (static_cast<uint64_t>(key_count) >= words) return c.syntax_error(), false;
  pop.keys = c.args().subspan(index + 1, static_cast<size_t>(key_count));
  index += 1 + pop.keys.size();
  pop.end = c.arg_is(index, "max") ? ZsetEnd::highest : ZsetEnd::lowest;
  if (pop.end == ZsetEnd::lowest && !c.arg_is(index, "min")) return c.syntax_error(), false;
  bool counted = false;
  for (++index; index < c.arg_count(); index += 2) {
    if (counted || !c.arg_is(index, "count") || index + 1 == c.arg_count()) {
      return c.syntax_error(), false;
    }
    if (!parse_whole_number(c, index + 1, 1, pop.count, "ERR count should be greater than 0")) {
      return false;
    }
    counted = true;
  }
  pop.names_key = pop.nests_pairs = true;
  pop.effect = Pop::Effect::counted;
  return true;
}

}  // namespace

void run_pop(CommandContext& c, ZsetEnd end) {
  if (c.arg_count() > 3) return c.syntax_error();
  Pop pop{.keys = c.args().subspan(1, 1), .end = end};
  if (c.arg_count() == 3) {
    if (!parse_pop_count(c, 2, pop.count)) return;
    pop.nests_pairs = c.protocol() > 2;
  }
  if (!try_pop(c, pop)) c.reply().array(0);
}

void run_blocking_pop(CommandContext& c, ZsetEnd end) {
  int64_t deadline_ms;
  if (!c.parse_timeout(c.arg_count() - 1, deadline_ms)) return;
  const Pop pop{.keys = c.args().subspan(1, c.arg_count() - 2),
                .end = end,
                .names_key = true,
                .effect = Pop::Effect::plain};
  pop_or_wait(c, pop, deadline_ms);
}

void run_multi_pop(CommandContext& c) {
  Pop pop;
  if (!parse_multi_pop(c, 1, pop)) return;
  if (!try_pop(c, pop)) c.reply().null_array();
}

void run_blocking_multi_pop(CommandContext& c) {
  Pop pop;
  if (!parse_multi_pop(c, 2, pop)) return;
  int64_t deadline_ms;
  if (!c.parse_timeout(1, deadline_ms)) return;
  pop_or_wait(c, pop, deadline_ms);
}

}  // namespace redstart
