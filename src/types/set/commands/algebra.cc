#include "types/set/commands/algebra.h"

#include <algorithm>
#include <vector>

#include "types/commands/arguments.h"
#include "types/set/set.h"

namespace redstart {
namespace {

// The sets in the order of their keys; a missing one is Type::none.
using Operands = std::vector<Object>;

bool is_missing(const Object& object) { return object.type == Type::none; }

// False: a key holds another type, which has been replied.
bool read_operands(CommandContext& c, std::span<const std::string_view> keys, Operands& operands) {
  operands.reserve(keys.size());
  for (const std::string_view key : keys) {
    const Read read = c.read(key, Type::set);
    if (read.wrong_type) return false;
    operands.push_back(read ? read.object() : Object{});
  }
  return true;
}

// fn(member) for each member of the intersection, until it returns false. The smallest set is
// walked, the others are asked, the smaller first.
template <class Fn>
void for_each_in_all(Operands& operands, Fn&& fn) {
  if (std::ranges::any_of(operands, is_missing)) return;
  std::ranges::sort(operands, {}, element_count);
  const auto is_in_rest = [&](std::string_view member) {
    return std::all_of(operands.begin() + 1, operands.end(),
                       [&](Object& other) { return Set(other).contains(member); });
  };
  Set(operands.front()).for_each_while([&](std::string_view member) {
    return !is_in_rest(member) || fn(member);
  });
}

template <class Fn>
void for_each_in_first_alone(Operands& operands, Fn&& fn) {
  if (is_missing(operands.front())) return;
  Set(operands.front()).for_each([&](std::string_view member) {
    const bool elsewhere = std::any_of(operands.begin() + 1, operands.end(), [&](Object& other) {
      return !is_missing(other) && Set(other).contains(member);
    });
    if (!elsewhere) fn(member);
  });
}

// A new set, owned by the caller.
Object compute(SetOperation operation, Operands& operands, const EncodingLimits& limits) {
  Object result = Set::make();
  Set set(result);
  const auto add = [&](std::string_view member) { return set.add(member, limits), true; };
  switch (operation) {
    case SetOperation::intersect:
      for_each_in_all(operands, add);
      break;
    case SetOperation::subtract:
      for_each_in_first_alone(operands, add);
      break;
    case SetOperation::unite:
      for (Object& operand : operands) {
        if (!is_missing(operand)) Set(operand).for_each(add);
      }
  }
  return result;
}

void reply_set(ReplySink& reply, const Set& set) {
  reply.set(set.size());
  set.for_each([&reply](std::string_view member) { reply.bulk(member); });
}

}  // namespace

void run_set_algebra(CommandContext& c, SetOperation operation) {
  Operands operands;
  if (!read_operands(c, c.args().subspan(1), operands)) return;
  if (operands.size() == 1) {
    if (is_missing(operands.front())) return c.reply().set(0);
    return reply_set(c.reply(), Set(operands.front()));
  }
  Object result = compute(operation, operands, c.limits());
  reply_set(c.reply(), Set(result));
  destroy(result);
}

void run_set_algebra_store(CommandContext& c, SetOperation operation) {
  Operands operands;
  if (!read_operands(c, c.args().subspan(2), operands)) return;
  // Computed before the destination changes: it may be among the operands.
  const Object result = compute(operation, operands, c.limits());
  const size_t size = element_count(result);
  Edit destination = c.edit(c.arg(1), Type::none);
  if (size == 0) destination.event("del");
  destination.set_object(result);
  c.reply().integer(static_cast<int64_t>(size));
}

void run_set_intersection_size(CommandContext& c) {
  int64_t key_count;
  if (!parse_whole_number(c, 1, 1, key_count, "ERR numkeys should be greater than 0")) return;
  if (static_cast<uint64_t>(key_count) > c.arg_count() - 2) {
    return c.error("ERR Number of keys can't be greater than number of args");
  }
  const auto keys = c.args().subspan(2, static_cast<size_t>(key_count));
  int64_t limit = 0;
  for (size_t i = 2 + keys.size(); i < c.arg_count(); i += 2) {
    if (!c.arg_is(i, "limit") || i + 1 == c.arg_count()) return c.syntax_error();
    if (!parse_whole_number(c, i + 1, 0, limit, "ERR LIMIT can't be negative")) return;
  }
  Operands operands;
  if (!read_operands(c, keys, operands)) return;
  int64_t count = 0;
  for_each_in_all(operands, [&](std::string_view) { return ++count != limit; });
  c.reply().integer(count);
}

}  // namespace redstart
