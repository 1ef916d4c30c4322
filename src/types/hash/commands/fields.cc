#include "types/hash/commands/fields.h"

#include "types/commands/arguments.h"
#include "types/hash/hash.h"
#include "types/sampling.h"

namespace redstart {
namespace {

void announce(CommandContext& c, HashPart part, size_t size) {
  part == HashPart::both ? c.reply().map(size) : c.reply().array(size);
}

// A field alone, or with its value: a pair of its own in RESP3, the next element in RESP2.
void reply_field(CommandContext& c, std::string_view field, std::string_view value,
                 bool with_value) {
  if (with_value && c.protocol() > 2) c.reply().array(2);
  c.reply().bulk(field);
  if (with_value) c.reply().bulk(value);
}

void reply_random_fields(CommandContext& c, const Object& object, const Hash& hash, int64_t count,
                         bool with_values) {
  const bool repeats = count < 0;
  const size_t wanted =
      repeats ? static_cast<size_t>(-count) : std::min(static_cast<size_t>(count), hash.size());
  c.reply().array(with_values && c.protocol() == 2 ? wanted * 2 : wanted);
  const auto emit = [&](std::string_view field, std::string_view value) {
    reply_field(c, field, value, with_values);
  };
  if (!repeats) return sample_distinct(object, hash, wanted, c.random(), emit);
  for (size_t i = 0; i < wanted; ++i) hash.random(c.random(), emit);
}

}  // namespace

void run_hash_contents(CommandContext& c, HashPart part) {
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  if (!read) return announce(c, part, 0);
  Object object = read.object();
  const Hash hash(object, c.now_ms());
  ReplySink& reply = c.reply();
  announce(c, part, hash.size());
  hash.for_each([&reply, part](std::string_view field, std::string_view value) {
    if (part != HashPart::values) reply.bulk(field);
    if (part != HashPart::fields) reply.bulk(value);
  });
}

void run_hash_set(CommandContext& c, HashSetReply reply) {
  if (c.arg_count() % 2 != 0) return c.arity_error();
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  Hash hash(edit.object(), c.now_ms());
  int64_t created = 0;
  for (size_t i = 2; i < c.arg_count(); i += 2) {
    created += hash.set(c.arg(i), c.arg(i + 1), c.limits());
  }
  edit.event("hset");
  edit.count_changes(static_cast<uint32_t>(c.arg_count() - 2) / 2);
  reply == HashSetReply::ok ? c.reply().ok() : c.reply().integer(created);
}

void run_random_fields(CommandContext& c) {
  int64_t count;
  if (!parse_random_count(c, 2, count)) return;
  const bool with_values = c.arg_count() == 4 && c.arg_is(3, "withvalues");
  if (c.arg_count() > 3 && !with_values) return c.syntax_error();
  // The reply's length must stay an integer.
  if (with_values && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) {
    return c.error("ERR value is out of range");
  }
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  if (!read || count == 0) return c.reply().array(0);
  Object object = read.object();
  const Hash hash(object, c.now_ms());
  if (hash.size() == 0) return c.reply().array(0);  // all are due
  reply_random_fields(c, object, hash, count, with_values);
}

}  // namespace redstart
