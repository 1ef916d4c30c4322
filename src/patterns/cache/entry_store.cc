#include "patterns/cache/entry_store.h"

#include <algorithm>

#include "base/hex.h"
#include "redstart/script.h"

namespace redstart {
namespace {

constexpr int kMembersAtOnce = 1000;

// The scripts read the head of an entry: entry.h says what stands where. In all of them, the last two arguments say
// where to publish the change and who says so; an empty channel means nowhere.

// KEYS: entry. ARGV: token seen or "", new token, empty entry, lease ms, now ms, fleet lease 1 or 0.
const Script kBeginLoad(R"(
local head = redis.call('GETRANGE', KEYS[1], 0, 27)
if string.sub(head, 1, 3) ~= 'rc\1' then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  return {1, ARGV[2]}
end
local token = string.sub(head, 5, 12)
if token ~= ARGV[1] and string.sub(head, 4, 4) ~= 'l' then
  return {2, redis.call('GET', KEYS[1])}
end
if ARGV[6] == '0' then return {1, token} end
local lease_until = struct.unpack('>I8', string.sub(head, 21, 28))
if lease_until > tonumber(ARGV[5]) then return {0, token} end
redis.call('SETRANGE', KEYS[1], 4, ARGV[2])
redis.call('SETRANGE', KEYS[1], 20, struct.pack('>I8', tonumber(ARGV[5]) + tonumber(ARGV[4])))
return {1, ARGV[2]}
)");

// KEYS: entry. ARGV: expected token, new entry, life ms, channel, sender.
const Script kFill(R"(
if redis.call('GETRANGE', KEYS[1], 4, 11) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5] .. KEYS[1]) end
return 1
)");

// KEYS: entry. ARGV: version, new entry, life ms, channel, sender.
const Script kPut(R"(
local head = redis.call('GETRANGE', KEYS[1], 0, 27)
if ARGV[1] ~= '0' and string.sub(head, 1, 3) == 'rc\1' and
   struct.unpack('>I8', string.sub(head, 13, 20)) > tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5] .. KEYS[1]) end
return 1
)");

// KEYS: entry. ARGV: new token, empty entry, lease ms.
const Script kReserve(R"(
local head = redis.call('GETRANGE', KEYS[1], 0, 27)
if string.sub(head, 1, 3) ~= 'rc\1' then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 0
end
redis.call('SETRANGE', KEYS[1], 4, ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
)");

// KEYS: entry. ARGV: reserved token, version, new entry, life ms, channel, sender. An entry without a version that is
// not the reserved one may be older or newer: it goes.
const Script kCommit(R"(
local head = redis.call('GETRANGE', KEYS[1], 0, 27)
if string.sub(head, 1, 3) ~= 'rc\1' then return 0 end
local stored = struct.unpack('>I8', string.sub(head, 13, 20))
if stored > tonumber(ARGV[2]) then return 0 end
local done = 0
if string.sub(head, 5, 12) == ARGV[1] or (stored > 0 and stored < tonumber(ARGV[2])) then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  done = 1
else
  redis.call('DEL', KEYS[1])
end
if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[5], ARGV[6] .. KEYS[1]) end
return done
)");

// KEYS: entry. ARGV: token, now ms.
const Script kRelease(R"(
local head = redis.call('GETRANGE', KEYS[1], 0, 51)
if string.sub(head, 1, 3) ~= 'rc\1' or string.sub(head, 5, 12) ~= ARGV[1] then return 0 end
if string.sub(head, 4, 4) == 'l' then return redis.call('DEL', KEYS[1]) end
redis.call('SETRANGE', KEYS[1], 20, string.rep('\0', 8))
local keep_until = struct.unpack('>I8', string.sub(head, 45, 52))
redis.call('PEXPIRE', KEYS[1], math.max(keep_until - tonumber(ARGV[2]), 1))
return 1
)");

// KEYS: entry. ARGV: expected token, channel, sender.
const Script kDrop(R"(
if redis.call('GETRANGE', KEYS[1], 4, 11) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[2], ARGV[3] .. KEYS[1]) end
return 1
)");

// KEYS: entry or version of a tag. ARGV: channel, sender. An entry that is only being loaded was not there.
const Script kRemove(R"(
local was_loading = redis.call('GETRANGE', KEYS[1], 0, 3) == 'rc\1l'
local removed = redis.call('DEL', KEYS[1])
if was_loading then removed = 0 end
if ARGV[1] ~= '' then redis.call('PUBLISH', ARGV[1], ARGV[2] .. KEYS[1]) end
return removed
)");

// KEYS: version, members, where to take the members. ARGV: channel, sender.
const Script kRemoveTag(R"(
redis.call('DEL', KEYS[1])
local had = redis.call('EXISTS', KEYS[2])
if had == 1 then
  redis.call('RENAME', KEYS[2], KEYS[3])
  redis.call('PEXPIRE', KEYS[3], 3600000)
end
if ARGV[1] ~= '' then redis.call('PUBLISH', ARGV[1], ARGV[2] .. KEYS[1]) end
return had
)");

template <class T>
result<T> failed(const Error& error) {
  return std::unexpected(error);
}

std::string hex_of(const EntryToken& token) { return hex_text(std::string_view(token.data(), token.size())); }

EntryToken token_of(const Reply& reply) {
  EntryToken token{};
  std::copy_n(reply.text().begin(), std::min(reply.text().size(), token.size()), token.begin());
  return token;
}

result<bool> as_bool(const result<int64_t>& reply) {
  if (!reply) return std::unexpected(reply.error());
  return *reply == 1;
}

}  // namespace

EntryStore::EntryStore(Client& client, const CacheOptions& options)
    : client_(client), options_(options), sender_(hex_of(random_token()) + ":") {}

// One hash tag for both keys of a tag: they are used together.
std::string EntryStore::tag_version_key(std::string_view tag) const {
  return options_.prefix + ":{tag:" + std::string(tag) + "}:version";
}
std::string EntryStore::tag_members_key(std::string_view tag) const {
  return options_.prefix + ":{tag:" + std::string(tag) + "}:entries";
}

std::string EntryStore::placeholder(const EntryToken& token, int64_t lease_until_ms) const {
  return encode_entry({.kind = EntryKind::loading, .token = token, .lease_until_ms = lease_until_ms}, {}, "");
}

std::vector<std::string> EntryStore::with_channel(std::vector<std::string> words) const {
  words.push_back(publishes() ? changes_channel() : "");
  words.push_back(sender_);
  return words;
}

result<std::vector<std::string>> EntryStore::tag_versions(const std::vector<std::string>& tags,
                                                          std::chrono::milliseconds entry_life) {
  Pipeline pipeline = client_.pipeline();
  std::vector<Pending<std::optional<std::string>>> before;
  std::vector<std::string> versions;
  for (const std::string& tag : tags) {
    versions.emplace_back(text_of(random_token()));
    before.push_back(pipeline.set_and_get(tag_version_key(tag), versions.back(),
                                          {.ttl = entry_life + options_.lease_ttl,
                                           .condition = SetOptions::If::missing}));
  }
  pipeline.run();
  for (size_t i = 0; i < tags.size(); ++i) {
    const auto& found = *before[i];
    if (!found) return failed<std::vector<std::string>>(found.error());
    if (*found) versions[i] = **found;
  }
  return versions;
}

result<EntryStore::Begun> EntryStore::begin_load(const std::string& key, const std::optional<EntryToken>& seen,
                                                 const std::vector<std::string>& tags,
                                                 std::chrono::milliseconds entry_life) {
  Begun begun;
  // The versions first: an invalidation after this makes what is loaded invalid.
  if (!tags.empty()) {
    auto versions = tag_versions(tags, entry_life);
    if (!versions) return failed<Begun>(versions.error());
    begun.tag_versions = std::move(*versions);
  }
  const int64_t now_ms = unix_time_ms(options_.clock);
  const int64_t lease_until_ms = now_ms + options_.lease_ttl.count();
  const EntryToken token = random_token();
  const auto reply = kBeginLoad.run<Reply>(
      client_, {key},
      {seen ? std::string(text_of(*seen)) : "", std::string(text_of(token)), placeholder(token, lease_until_ms),
       std::to_string(options_.lease_ttl.count()), std::to_string(now_ms), options_.one_loader_per_fleet ? "1" : "0"});
  if (!reply) return failed<Begun>(reply.error());
  if (reply->size() != 2) return failed<Begun>(detail::unexpected(*reply, "two elements"));
  switch ((*reply)[0].as_integer()) {
    case 0:
      begun.kind = Begun::Kind::busy;
      break;
    case 2:
      begun.kind = Begun::Kind::answered;
      begun.entry = (*reply)[1].text();
      return begun;
  }
  begun.token = token_of((*reply)[1]);
  return begun;
}

std::string EntryStore::encode(const NewEntry& entry) const {
  std::vector<EntryTag> tags;
  for (size_t i = 0; i < entry.tags.size(); ++i) tags.push_back({entry.tags[i], entry.tag_versions[i]});
  if (!options_.compression || entry.head.kind != EntryKind::value) {
    return encode_entry(entry.head, tags, entry.value);
  }
  EntryHead head = entry.head;
  head.kind = EntryKind::packed;
  return encode_entry(head, tags, compress_value(entry.value, *options_.compression));
}

std::string EntryStore::life_of(const NewEntry& entry) const {
  return std::to_string(std::max<int64_t>(entry.head.keep_until_ms - entry.head.created_ms, 1));
}

// Before the entry, so that what is there can be found by its tags; should it be the other way round on a cluster, the
// entry is valid by its versions all the same. A tag lives at least as long as its longest entry; members that are due
// by themselves make room.
void EntryStore::join_tags(Pipeline& pipeline, const std::string& key, const NewEntry& entry) const {
  const int64_t life_ms = entry.head.keep_until_ms - entry.head.created_ms + options_.lease_ttl.count();
  for (const std::string& tag : entry.tags) {
    const std::string members = tag_members_key(tag);
    const std::chrono::milliseconds life(life_ms);
    pipeline.expire(tag_version_key(tag), life, ExpireIf::later);
    if (!options_.index_tags) continue;
    pipeline.command("ZREMRANGEBYSCORE", members, "-inf", entry.head.created_ms);
    pipeline.command("ZADD", members, entry.head.keep_until_ms, key);
    pipeline.expire(members, life, ExpireIf::none);
    pipeline.expire(members, life, ExpireIf::later);
  }
}

result<bool> EntryStore::fill(const std::string& key, const EntryToken& expected, const NewEntry& entry) {
  const std::vector<std::string> words =
      with_channel({std::string(text_of(expected)), encode(entry), life_of(entry)});
  if (entry.tags.empty()) return as_bool(kFill.run<int64_t>(client_, {key}, words));
  Pipeline pipeline = client_.pipeline();
  join_tags(pipeline, key, entry);
  const auto filled = kFill.run<int64_t>(pipeline, {key}, words);
  pipeline.run();
  return as_bool(*filled);
}

result<bool> EntryStore::put(const std::string& key, const NewEntry& entry) {
  const std::vector<std::string> words =
      with_channel({std::to_string(entry.head.version), encode(entry), life_of(entry)});
  Pipeline pipeline = client_.pipeline();
  join_tags(pipeline, key, entry);
  const auto stored = kPut.run<int64_t>(pipeline, {key}, words);
  pipeline.run();
  return as_bool(*stored);
}

result<EntryToken> EntryStore::reserve(const std::string& key) {
  const EntryToken token = random_token();
  const auto reserved = kReserve.run<int64_t>(
      client_, {key},
      {std::string(text_of(token)), placeholder(token, 0), std::to_string(options_.lease_ttl.count())});
  if (!reserved) return failed<EntryToken>(reserved.error());
  return token;
}

result<bool> EntryStore::commit(const std::string& key, const EntryToken& reserved, const NewEntry& entry) {
  Pipeline pipeline = client_.pipeline();
  join_tags(pipeline, key, entry);
  const auto stored = kCommit.run<int64_t>(
      pipeline, {key},
      with_channel({std::string(text_of(reserved)), std::to_string(entry.head.version), encode(entry),
                    life_of(entry)}));
  pipeline.run();
  return as_bool(*stored);
}

result<void> EntryStore::release(const std::string& key, const EntryToken& token) {
  const auto released = kRelease.run<int64_t>(
      client_, {key}, {std::string(text_of(token)), std::to_string(unix_time_ms(options_.clock))});
  if (!released) return std::unexpected(released.error());
  return {};
}

result<bool> EntryStore::drop(const std::string& key, const EntryToken& expected) {
  return as_bool(kDrop.run<int64_t>(client_, {key}, with_channel({std::string(text_of(expected))})));
}

result<bool> EntryStore::remove(const std::string& key) {
  return as_bool(kRemove.run<int64_t>(client_, {key}, with_channel({})));
}

result<void> EntryStore::remove_tag(std::string_view tag) {
  const auto removed = kRemove.run<int64_t>(client_, {tag_version_key(tag)}, with_channel({}));
  if (!removed) return std::unexpected(removed.error());
  return {};
}

result<std::string> EntryStore::remove_tag_with_members(std::string_view tag) {
  const std::string members = tag_members_key(tag);
  std::string taken = members + ":" + hex_of(random_token());
  const auto had =
      kRemoveTag.run<int64_t>(client_, {tag_version_key(tag), members, taken}, with_channel({}));
  if (!had) return failed<std::string>(had.error());
  if (*had == 0) taken.clear();
  return taken;
}

result<size_t> EntryStore::remove_members(const std::string& taken, bool& more) {
  const auto popped = client_.zpopmin(taken, kMembersAtOnce);
  if (!popped) return failed<size_t>(popped.error());
  more = popped->size() == kMembersAtOnce;
  // One by one in a pipeline: on a cluster each may be elsewhere.
  Pipeline pipeline = client_.pipeline();
  std::vector<Pending<int64_t>> removed;
  for (const ScoredMember& member : *popped) {
    removed.push_back(pipeline.unlink(std::array<std::string_view, 1>{member.member}));
  }
  pipeline.run();
  size_t count = 0;
  for (const auto& one : removed) {
    if (!*one) return failed<size_t>((*one).error());
    count += static_cast<size_t>(**one);
  }
  return count;
}

}  // namespace redstart
