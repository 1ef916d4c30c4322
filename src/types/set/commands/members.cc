#include "types/set/commands/members.h"

#include <algorithm>
#include <vector>

#include "types/commands/arguments.h"
#include "types/element_list.h"
#include "types/sampling.h"
#include "types/set/set.h"

namespace redstart {
namespace {

void reply_all(ReplySink& reply, const Set& set) {
  reply.set(set.size());
  set.for_each([&reply](std::string_view member) { reply.bulk(member); });
}

void tell_removed(CommandContext& c, std::string_view key, const ElementList& members) {
  std::vector<std::string_view> words{"SREM", key};
  for (size_t i = 0; i < members.size(); ++i) words.push_back(members[i]);
  c.effect(words);
}

// Redis makes a new set when SPOP leaves little; the integers that are left stand in an intset then.
void repack(Object& object, const EncodingLimits& limits) {
  Object fresh = Set::make();
  Set(object).for_each([&](std::string_view member) { Set(fresh).add(member, limits); });
  destroy(object);
  object = fresh;
}

}  // namespace

void run_pop_member(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::set);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().null();
  Set(edit.object()).pop(c.random(), [&c](std::string_view member) {
    c.reply().bulk(member);
    c.effect({"SREM", c.arg(1), member});
  });
}

void run_pop_members(CommandContext& c) {
  int64_t count;
  if (!parse_pop_count(c, 2, count)) return;
  Edit edit = c.edit(c.arg(1), Type::set);
  if (edit.wrong_type()) return;
  if (!edit.exists() || count == 0) return c.reply().set(0);
  Set set(edit.object());
  const size_t popped = std::min(static_cast<uint64_t>(count), static_cast<uint64_t>(set.size()));
  edit.count_changes(static_cast<uint32_t>(popped));
  if (popped == set.size()) {
    reply_all(c.reply(), set);
    c.effect({"DEL", c.arg(1)});
    return edit.remove();
  }
  ElementList members;
  c.reply().set(popped);
  for (size_t i = 0; i < popped; ++i) {
    set.pop(c.random(), [&](std::string_view member) {
      c.reply().bulk(member);
      if (c.access().records_effects()) members.add(member);
    });
  }
  constexpr size_t kRepackRatio = 5;
  if (set.size() * kRepackRatio <= popped) repack(edit.object(), c.limits());
  if (members.size() > 0) tell_removed(c, c.arg(1), members);
}

void run_random_member(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::set);
  if (read.wrong_type) return;
  if (!read) return c.reply().null();
  Object object = read.object();
  Set(object).random(c.random(), [&c](std::string_view member) { c.reply().bulk(member); });
}

void run_random_members(CommandContext& c) {
  int64_t count;
  if (!parse_random_count(c, 2, count)) return;
  const Read read = c.read(c.arg(1), Type::set);
  if (read.wrong_type) return;
  if (!read || count == 0) return c.reply().array(0);
  Object object = read.object();
  const Set set(object);
  const bool repeats = count < 0;
  const size_t wanted =
      repeats ? static_cast<size_t>(-count) : std::min(static_cast<size_t>(count), set.size());
  c.reply().array(wanted);
  const auto emit = [&c](std::string_view member) { c.reply().bulk(member); };
  if (!repeats) return sample_distinct(object, set, wanted, c.random(), emit);
  for (size_t i = 0; i < wanted; ++i) set.random(c.random(), emit);
}

}  // namespace redstart
