#include "client/command_idempotence.h"

#include <algorithm>

#include "base/text.h"

namespace redstart {
namespace {

using Keys = std::span<const std::string_view>;
using Rule = bool (*)(WordSpan words, Keys keys);

bool has_word(WordSpan words, size_t from, std::initializer_list<std::string_view> wanted) {
  return std::ranges::any_of(words.subspan(std::min(from, words.size())), [&](std::string_view word) {
    return std::ranges::any_of(wanted, [&](std::string_view one) { return equal_ignoring_case(word, one); });
  });
}

bool always(WordSpan, Keys) { return true; }
bool never(WordSpan, Keys) { return false; }

// The reply of a conditional SET is what it was called for, and so is an old value.
bool set_rule(WordSpan words, Keys) {
  return !has_word(words, 3, {"nx", "get", "ifeq", "ifne", "ifdeq", "ifdne"});
}
bool without_condition(WordSpan words, Keys) { return !has_word(words, 1, {"nx", "xx", "fnx", "fxx"}); }
// Options stand before the first score, but a member is never before position 4.
bool zadd_rule(WordSpan words, Keys) {
  for (size_t i = 2; i < words.size(); ++i) {
    if (equal_ignoring_case(words[i], "incr")) return false;
    const bool is_option = has_word(words.subspan(i, 1), 0, {"nx", "xx", "gt", "lt", "ch"});
    if (!is_option) break;
  }
  return true;
}
// The first so many, or the last so many: a second time they are all that is there.
bool ltrim_rule(WordSpan words, Keys) {
  const bool from_first = words[2] == "0", to_last = words[3] == "-1";
  return (from_first && (to_last || !words[3].starts_with('-'))) || (to_last && words[2].starts_with('-'));
}
bool lrem_rule(WordSpan words, Keys) { return words[2] == "0"; }
bool bitfield_rule(WordSpan words, Keys) { return !has_word(words, 2, {"incrby"}); }
bool with_replace(WordSpan words, Keys) { return has_word(words, 2, {"replace", "flush"}); }
// A result that is also a source is computed from itself the second time.
bool store_rule(WordSpan, Keys keys) {
  return keys.empty() || std::ranges::find(keys.subspan(1), keys[0]) == keys.end();
}
bool sort_rule(WordSpan, Keys keys) { return keys.size() < 2 || keys[0] != keys[1]; }

struct Entry {
  std::string_view name;
  Rule rule;
};

constexpr Entry kEntries[] = {  // sorted
    {"append", never},
    {"bitfield", bitfield_rule},
    {"bitop", store_rule},
    {"blmove", never},
    {"blmpop", never},
    {"blpop", never},
    {"brpop", never},
    {"brpoplpush", never},
    {"bzmpop", never},
    {"bzpopmax", never},
    {"bzpopmin", never},
    {"copy", always},
    {"decr", never},
    {"decrby", never},
    {"del", always},
    {"delex", never},
    {"delifeq", never},
    {"expire", always},
    {"expireat", always},
    {"flushall", always},
    {"flushdb", always},
    {"function|delete", never},
    {"function|flush", always},
    {"function|load", with_replace},
    {"function|restore", with_replace},
    {"geoadd", always},
    {"georadius", never},
    {"georadiusbymember", never},
    {"geosearchstore", store_rule},
    {"getdel", never},
    {"getex", always},
    {"getset", never},
    {"hdel", always},
    {"hexpire", always},
    {"hexpireat", always},
    {"hgetdel", never},
    {"hgetex", always},
    {"hincrby", never},
    {"hincrbyfloat", never},
    {"hmset", always},
    {"hpersist", always},
    {"hpexpire", always},
    {"hpexpireat", always},
    {"hset", always},
    {"hsetex", without_condition},
    {"hsetnx", never},
    {"incr", never},
    {"incrby", never},
    {"incrbyfloat", never},
    {"increx", never},
    {"linsert", never},
    {"lmove", never},
    {"lmpop", never},
    {"lpop", never},
    {"lpush", never},
    {"lpushx", never},
    {"lrem", lrem_rule},
    {"lset", always},
    {"ltrim", ltrim_rule},
    {"migrate", never},
    {"move", never},
    {"mset", always},
    {"msetex", without_condition},
    {"msetnx", never},
    {"persist", always},
    {"pexpire", always},
    {"pexpireat", always},
    {"pfadd", always},
    {"pfdebug", never},
    {"pfmerge", always},
    {"psetex", always},
    {"rename", never},
    {"renamenx", never},
    {"restore", with_replace},
    {"restore-asking", with_replace},
    {"rpop", never},
    {"rpoplpush", never},
    {"rpush", never},
    {"rpushx", never},
    {"sadd", always},
    {"sdiffstore", store_rule},
    {"set", set_rule},
    {"setbit", always},
    {"setex", always},
    {"setnx", never},
    {"setrange", always},
    {"sinterstore", store_rule},
    {"smove", never},
    {"sort", sort_rule},
    {"spop", never},
    {"srem", always},
    {"sunionstore", always},
    {"swapdb", never},
    {"unlink", always},
    {"xack", always},
    {"xackdel", always},
    {"xadd", never},
    {"xautoclaim", never},
    {"xclaim", never},
    {"xdel", always},
    {"xdelex", always},
    {"xgroup|create", never},
    {"xgroup|createconsumer", always},
    {"xgroup|delconsumer", always},
    {"xgroup|destroy", always},
    {"xgroup|setid", always},
    {"xreadgroup", never},
    {"xsetid", always},
    {"xtrim", always},
    {"zadd", zadd_rule},
    {"zdiffstore", store_rule},
    {"zincrby", never},
    {"zinterstore", store_rule},
    {"zmpop", never},
    {"zpopmax", never},
    {"zpopmin", never},
    {"zrangestore", store_rule},
    {"zrem", always},
    {"zremrangebylex", always},
    {"zremrangebyrank", never},
    {"zremrangebyscore", always},
    {"zunionstore", store_rule},
};
static_assert(std::ranges::is_sorted(kEntries, {}, &Entry::name));

const Entry* entry_of(std::string_view full_name) {
  const auto* const found = std::ranges::lower_bound(kEntries, full_name, {}, &Entry::name);
  return found != std::end(kEntries) && found->name == full_name ? found : nullptr;
}

}  // namespace

bool is_idempotent_write(std::string_view full_name, WordSpan words, Keys keys) {
  const Entry* const entry = entry_of(full_name);
  return entry && entry->rule(words, keys);
}

bool has_idempotence_rule(std::string_view full_name) { return entry_of(full_name) != nullptr; }

}  // namespace redstart
