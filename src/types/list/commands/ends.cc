#include "types/list/commands/ends.h"

#include <algorithm>

#include "types/commands/arguments.h"

namespace redstart {
namespace {

using End = List::End;

std::string_view pop_event(End end) { return end == End::head ? "lpop" : "rpop"; }
std::string_view push_event(End end) { return end == End::head ? "lpush" : "rpush"; }
std::string_view pop_command(End end) { return end == End::head ? "LPOP" : "RPOP"; }
std::string_view end_name(End end) { return end == End::head ? "LEFT" : "RIGHT"; }

void push_arguments(CommandContext& c, Edit& edit, End end) {
  List list(edit.object());
  for (const std::string_view value : c.args().subspan(2)) list.push(end, value, c.limits());
  edit.event(push_event(end));
  edit.count_changes(static_cast<uint32_t>(c.arg_count() - 2));
  c.reply().integer(static_cast<int64_t>(list.size()));
}

// Pops one element and replies it. REQUIRES: the list exists.
void pop_one(CommandContext& c, Edit& edit, End end) {
  List(edit.object()).pop(end, [&](std::string_view element) { c.reply().bulk(element); });
  edit.event(pop_event(end));
}

// Pops up to `count` elements and replies them as an array; returns how many. REQUIRES: the list
// exists.
size_t pop_several(CommandContext& c, Edit& edit, End end, int64_t count) {
  List list(edit.object());
  const size_t size = list.size();
  const size_t popped = std::min(static_cast<uint64_t>(count), static_cast<uint64_t>(size));
  ReplySink& reply = c.reply();
  reply.array(popped);
  list.for_each(end == End::head ? 0 : size - 1, popped, end == End::tail,
                [&](std::string_view element) {
                  reply.bulk(element);
                  return true;
                });
  edit.event(pop_event(end));
  edit.count_changes(static_cast<uint32_t>(popped));
  if (popped == size) {
    edit.remove();
  } else {
    list.erase(end == End::head ? 0 : size - popped, popped);
  }
  return popped;
}

// Replies [key, element] from the first list of `keys` that there is. False: there is none.
bool pop_first_list(CommandContext& c, std::span<const std::string_view> keys, End end) {
  for (const std::string_view key : c.keys_to_try(keys)) {
    Edit edit = c.edit(key, Type::list);
    if (edit.wrong_type()) return true;
    if (!edit.exists()) continue;
    c.reply().array(2);
    c.reply().bulk(key);
    pop_one(c, edit, end);
    c.effect({pop_command(end), key});
    return true;
  }
  return false;
}

// What LMPOP and BLMPOP say behind the timeout.
struct PopOfMany {
  std::span<const std::string_view> keys;
  End end = End::head;
  int64_t count = 1;
};

bool parse_pop_of_many(CommandContext& c, size_t key_count_index, PopOfMany& pop) {
  int64_t key_count;
  if (!parse_whole_number(c, key_count_index, 1, key_count,
                          "ERR numkeys should be greater than 0")) {
    return false;
  }
  const size_t first = key_count_index + 1;
  if (static_cast<uint64_t>(key_count) >= c.arg_count() - first) {
    c.syntax_error();
    return false;
  }
  pop.keys = c.args().subspan(first, static_cast<size_t>(key_count));
  const size_t end_index = first + pop.keys.size();
  if (!parse_list_end(c, end_index, pop.end)) return false;
  if (c.arg_count() == end_index + 1) return true;
  if (c.arg_count() < end_index + 3 || !c.arg_is(end_index + 1, "count")) {
    c.syntax_error();
    return false;
  }
  if (!parse_whole_number(c, end_index + 2, 1, pop.count, "ERR count should be greater than 0")) {
    return false;
  }
  if (c.arg_count() == end_index + 3) return true;
  c.syntax_error();
  return false;
}

// Replies [key, [element ...]] from the first list that there is. False: there is none.
bool pop_of_many(CommandContext& c, const PopOfMany& pop) {
  for (const std::string_view key : c.keys_to_try(pop.keys)) {
    Edit edit = c.edit(key, Type::list);
    if (edit.wrong_type()) return true;
    if (!edit.exists()) continue;
    c.reply().array(2);
    c.reply().bulk(key);
    const size_t popped = pop_several(c, edit, pop.end, pop.count);
    char text[24];
    c.effect({pop_command(pop.end), key, {text, format_int64(static_cast<int64_t>(popped), text)}});
    return true;
  }
  return false;
}

// One list whose element goes from one of its ends to an end: two changes, as observers see them.
// False: there is no list.
bool rotate(CommandContext& c, std::string_view key, const ListMove& move) {
  {
    Edit edit = c.edit(key, Type::list);
    if (edit.wrong_type()) return true;
    if (!edit.exists()) return false;
    List list(edit.object());
    std::string element;
    list.pop(move.from, [&](std::string_view popped) { element = popped; });
    list.push(move.to, element, c.limits());
    c.reply().bulk(element);
    edit.event(push_event(move.to));
    edit.count_changes(0);
  }
  Edit edit = c.edit(key, Type::list);
  edit.object();
  edit.event(pop_event(move.from));
  return true;
}

// Moves and replies an element, or replies the error. False: there is no source.
bool move_element(CommandContext& c, const ListMove& move) {
  if (c.arg(1) == c.arg(2)) return rotate(c, c.arg(1), move);
  Edit source = c.edit(c.arg(1), Type::list);
  if (source.wrong_type()) return true;
  if (!source.exists()) return false;
  Edit destination = c.edit(c.arg(2), Type::list);
  if (destination.wrong_type()) return true;
  List from(source.object()), to(destination.object());
  from.pop(move.from, [&](std::string_view element) {
    to.push(move.to, element, c.limits());
    c.reply().bulk(element);
  });
  destination.event(push_event(move.to));
  destination.count_changes(0);
  source.event(pop_event(move.from));
  return true;
}

}  // namespace

void run_push(CommandContext& c, End end) {
  Edit edit = c.edit(c.arg(1), Type::list);
  if (edit.wrong_type()) return;
  push_arguments(c, edit, end);
}

void run_push_existing(CommandContext& c, End end) {
  Edit edit = c.edit(c.arg(1), Type::list);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  push_arguments(c, edit, end);
}

void run_pop(CommandContext& c, End end) {
  const bool has_count = c.arg_count() == 3;
  if (c.arg_count() > 3) return c.arity_error();
  int64_t count = 1;
  if (has_count && !parse_pop_count(c, 2, count)) return;
  Edit edit = c.edit(c.arg(1), Type::list);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return has_count ? c.reply().null_array() : c.reply().null();
  if (!has_count) return pop_one(c, edit, end);
  if (count == 0) return c.reply().array(0);
  pop_several(c, edit, end, count);
}

void run_blocking_pop(CommandContext& c, End end) {
  int64_t deadline_ms;
  if (!c.parse_timeout(c.arg_count() - 1, deadline_ms)) return;
  const auto keys = c.args().subspan(1, c.arg_count() - 2);
  if (pop_first_list(c, keys, end)) return;
  c.may_block() ? c.block(keys, deadline_ms) : c.reply().null_array();
}

void run_pop_of_many(CommandContext& c) {
  PopOfMany pop;
  if (!parse_pop_of_many(c, 1, pop)) return;
  if (!pop_of_many(c, pop)) c.reply().null_array();
}

void run_blocking_pop_of_many(CommandContext& c) {
  PopOfMany pop;
  int64_t deadline_ms;
  if (!parse_pop_of_many(c, 2, pop) || !c.parse_timeout(1, deadline_ms)) return;
  if (pop_of_many(c, pop)) return;
  c.may_block() ? c.block(pop.keys, deadline_ms) : c.reply().null_array();
}

bool parse_list_end(CommandContext& c, size_t index, End& end) {
  if (c.arg_is(index, "left")) {
    end = End::head;
  } else if (c.arg_is(index, "right")) {
    end = End::tail;
  } else {
    c.syntax_error();
    return false;
  }
  return true;
}

void run_move(CommandContext& c, const ListMove& move) {
  if (!move_element(c, move)) c.reply().null();
}

void run_blocking_move(CommandContext& c, const ListMove& move, size_t timeout_index) {
  int64_t deadline_ms;
  if (!c.parse_timeout(timeout_index, deadline_ms)) return;
  const uint64_t errors_before = c.reply().error_count();
  if (!move_element(c, move)) {
    c.may_block() ? c.block(c.args().subspan(1, 1), deadline_ms) : c.reply().null();
    return;
  }
  if (c.reply().error_count() != errors_before) return;
  c.effect({"LMOVE", c.arg(1), c.arg(2), end_name(move.from), end_name(move.to)});
}

}  // namespace redstart
