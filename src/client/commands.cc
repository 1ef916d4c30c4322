// How typed commands are worded, and what their replies mean. RESP2 and RESP3 shapes are both taken,
// so that the same code reads any server.
#include "redstart/client.h"

#include "base/numbers.h"

namespace redstart {

WordList SetOptions::apply(WordList words) const {
  if (ttl) words.add("PX").add(static_cast<int64_t>(ttl->count()));
  if (expire_at_unix_ms) words.add("PXAT").add(*expire_at_unix_ms);
  if (keep_ttl) words.add("KEEPTTL");
  if (condition == If::missing) words.add("NX");
  if (condition == If::exists) words.add("XX");
  return words;
}

WordList IncrementOptions::apply(WordList words) const {
  if (lower_bound) words.add("LBOUND").add(*lower_bound);
  if (upper_bound) words.add("UBOUND").add(*upper_bound);
  if (saturate) words.add("SATURATE");
  if (ttl) words.add("PX").add(static_cast<int64_t>(ttl->count()));
  if (only_without_ttl) words.add("ENX");
  return words;
}

WordList ScanOptions::apply(WordList words) const {
  if (!match.empty()) words.add("MATCH").add(match);
  if (count != 0) words.add("COUNT").add(count);
  if (!type.empty()) words.add("TYPE").add(type);
  return words;
}

namespace detail {
namespace {

std::string_view type_name(const Reply& reply) {
  switch (reply.type()) {
    case Reply::Type::null: return "null";
    case Reply::Type::simple: return "a status";
    case Reply::Type::error: return "an error";
    case Reply::Type::integer: return "an integer";
    case Reply::Type::bulk: return "a string";
    case Reply::Type::number: return "a double";
    case Reply::Type::boolean: return "a boolean";
    case Reply::Type::big_number: return "a big number";
    case Reply::Type::verbatim: return "a text";
    case Reply::Type::array: return "an array";
    case Reply::Type::map: return "a map";
    case Reply::Type::set: return "a set";
    case Reply::Type::push: return "a push message";
  }
  return "nothing";
}

template <class T>
result<T> fail(const Reply& reply, std::string_view expected) {
  return std::unexpected(unexpected(reply, expected));
}

}  // namespace

Error unexpected(const Reply& reply, std::string_view expected) {
  return {ErrorCode::unexpected_reply, Outcome::unknown,
          "the reply is " + std::string(type_name(reply)) + " where " + std::string(expected) +
              " was expected"};
}

result<Reply> decode(Reply reply, Reply*) { return reply; }

result<Done> decode(Reply reply, Done*) {
  if (reply.type() == Reply::Type::simple) return Done{};
  return fail<Done>(reply, "a status");
}

result<bool> decode(Reply reply, bool*) {
  switch (reply.type()) {
    case Reply::Type::integer:
    case Reply::Type::boolean: return reply.as_integer() != 0;
    case Reply::Type::simple: return true;  // SET with a condition: OK, or null
    case Reply::Type::null: return false;
    default: return fail<bool>(reply, "a boolean");
  }
}

result<int64_t> decode(Reply reply, int64_t*) {
  if (reply.type() == Reply::Type::integer) return reply.as_integer();
  return fail<int64_t>(reply, "an integer");
}

result<double> decode(Reply reply, double*) {
  if (reply.type() == Reply::Type::number) return reply.as_number();
  if (reply.type() == Reply::Type::integer) return static_cast<double>(reply.as_integer());
  if (const auto number = parse_double(reply.text()); reply.is_text() && number) return *number;
  return fail<double>(reply, "a number");
}

result<std::string> decode(Reply reply, std::string*) {
  if (reply.is_text()) return std::move(reply).text();
  return fail<std::string>(reply, "a string");
}

result<StringPairs> decode(Reply reply, StringPairs*) {
  if (!reply.is_aggregate() || reply.size() % 2 != 0) return fail<StringPairs>(reply, "a map");
  StringPairs pairs;
  auto& elements = reply.elements();
  for (size_t i = 0; i < elements.size(); i += 2) {
    pairs.emplace_back(std::move(elements[i]).text(), std::move(elements[i + 1]).text());
  }
  return pairs;
}

result<ScoredMember> decode(Reply reply, ScoredMember*) {
  if (!reply.is_aggregate() || reply.size() != 2) return fail<ScoredMember>(reply, "member and score");
  auto score = decode(std::move(reply.elements()[1]), static_cast<double*>(nullptr));
  if (!score) return std::unexpected(std::move(score.error()));
  return ScoredMember{std::move(reply.elements()[0]).text(), *score};
}

// RESP3 pairs each member with its score; RESP2 lists them in turn. ZPOPMIN with a count of one pair is
// flat in both.
result<std::vector<ScoredMember>> decode(Reply reply, std::vector<ScoredMember>*) {
  if (!reply.is_aggregate()) return fail<std::vector<ScoredMember>>(reply, "an array");
  std::vector<ScoredMember> members;
  auto& elements = reply.elements();
  const bool paired = !elements.empty() && elements[0].is_aggregate();
  if (!paired && elements.size() % 2 != 0) {
    return fail<std::vector<ScoredMember>>(reply, "members and scores");
  }
  for (size_t i = 0; i < elements.size(); i += paired ? 1 : 2) {
    Reply pair = paired ? std::move(elements[i])
                        : Reply::aggregate(Reply::Type::array, {elements[i], elements[i + 1]});
    auto member = decode(std::move(pair), static_cast<ScoredMember*>(nullptr));
    if (!member) return std::unexpected(std::move(member.error()));
    members.push_back(std::move(*member));
  }
  return members;
}

result<KeyedElement> decode(Reply reply, KeyedElement*) {
  if (!reply.is_aggregate() || reply.size() != 2) return fail<KeyedElement>(reply, "key and element");
  return KeyedElement{std::move(reply.elements()[0]).text(), std::move(reply.elements()[1]).text()};
}

result<KeyedElements> decode(Reply reply, KeyedElements*) {
  if (!reply.is_aggregate() || reply.size() != 2 || !reply[1].is_aggregate()) {
    return fail<KeyedElements>(reply, "a key and its elements");
  }
  KeyedElements taken{std::move(reply.elements()[0]).text(), {}};
  for (Reply& element : reply.elements()[1].elements()) taken.elements.push_back(std::move(element).text());
  return taken;
}

// [key, [[member, score] ...]], or [key, member, score] of BZPOPMIN.
result<KeyedMembers> decode(Reply reply, KeyedMembers*) {
  if (!reply.is_aggregate() || reply.size() < 2) return fail<KeyedMembers>(reply, "a key and its members");
  KeyedMembers taken{std::move(reply.elements()[0]).text(), {}};
  if (reply.size() == 3) {
    const auto score = decode(std::move(reply.elements()[2]), static_cast<double*>(nullptr));
    if (!score) return std::unexpected(score.error());
    taken.members.push_back({std::move(reply.elements()[1]).text(), *score});
    return taken;
  }
  auto members = decode(std::move(reply.elements()[1]), static_cast<std::vector<ScoredMember>*>(nullptr));
  if (!members) return std::unexpected(members.error());
  taken.members = std::move(*members);
  return taken;
}

result<ScanPage> decode(Reply reply, ScanPage*) {
  if (!reply.is_aggregate() || reply.size() != 2 || !reply[1].is_aggregate()) {
    return fail<ScanPage>(reply, "a cursor and its page");
  }
  ScanPage page{std::move(reply.elements()[0]).text(), {}};
  for (Reply& item : reply.elements()[1].elements()) page.items.push_back(std::move(item).text());
  return page;
}

result<Increment> decode(Reply reply, Increment*) {
  if (!reply.is_aggregate() || reply.size() != 2) return fail<Increment>(reply, "value and increment");
  const auto value = decode(std::move(reply.elements()[0]), static_cast<int64_t*>(nullptr));
  const auto applied = decode(std::move(reply.elements()[1]), static_cast<int64_t*>(nullptr));
  if (!value) return std::unexpected(value.error());
  if (!applied) return std::unexpected(applied.error());
  return Increment{*value, *applied};
}

WordList add_scored(WordList words, std::span<const ScoredMember> members) {
  for (const ScoredMember& member : members) words.add(member.score).add(member.member);
  return words;
}

WordList add_condition(WordList words, ExpireIf condition) {
  switch (condition) {
    case ExpireIf::always: break;
    case ExpireIf::none: words.add("NX"); break;
    case ExpireIf::exists: words.add("XX"); break;
    case ExpireIf::later: words.add("GT"); break;
    case ExpireIf::sooner: words.add("LT"); break;
  }
  return words;
}

}  // namespace detail
}  // namespace redstart
