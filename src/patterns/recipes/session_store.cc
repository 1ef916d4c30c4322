#include "redstart/recipes/session_store.h"

#include <sys/random.h>

#include <array>
#include <stdexcept>

#include "base/hex.h"
#include "patterns/recipes/support.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// All: KEYS: session. ARGV[1]: its life in ms, 0 to leave it as it is. What they do to a session that is not there is
// nothing.
#define REDSTART_SESSION_TOUCH "if ARGV[1] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end\n"

const Script kGet("local fields = redis.call('HGETALL', KEYS[1])\n"
                  "if #fields > 0 then " REDSTART_SESSION_TOUCH "end\n"
                  "return fields\n");
// In pieces: unpack() gives no more than some thousands at once.
const Script kUpdate("if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end\n"
                     "for i = 2, #ARGV, 1000 do\n"
                     "  redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))\n"
                     "end\n" REDSTART_SESSION_TOUCH "return 1\n");
const Script kIncrement("if redis.call('EXISTS', KEYS[1]) == 0 then return false end\n"
                        "local value = redis.call('HINCRBY', KEYS[1], ARGV[2], ARGV[3])\n" REDSTART_SESSION_TOUCH
                        "return value\n");

// A ttl that would end a session as it is begun or used.
std::optional<std::unexpected<Error>> refuse_ttl(const SessionStoreOptions& options) {
  if (options.ttl.count() > 0) return std::nullopt;
  return invalid("a session that ends as it begins");
}

// Nobody can guess it: from the system's generator, not from a seed.
std::string unguessable_id() {
  std::array<unsigned char, 16> bytes;
  for (size_t got = 0; got < bytes.size();) {
    const ssize_t more = ::getrandom(bytes.data() + got, bytes.size() - got, 0);
    if (more > 0) got += static_cast<size_t>(more);
  }
  return hex_text(bytes);
}

}  // namespace

SessionStore::SessionStore(Client client, SessionStoreOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

result<std::string> SessionStore::create(const Fields& fields) {
  if (fields.empty()) return invalid("a session without any field");
  if (auto refused = refuse_ttl(options_)) return *refused;
  std::string id = unguessable_id();
  const std::string session = key(id);
  Transaction transaction = client_.transaction();
  const auto created = transaction.hset_all(session, fields);
  transaction.expire(session, options_.ttl);
  const auto done = of_transaction(transaction, created);
  if (!done) return std::unexpected(done.error());
  return id;
}

result<std::optional<SessionStore::Fields>> SessionStore::get(std::string_view id) {
  if (auto refused = refuse_ttl(options_)) return *refused;
  const auto pairs = kGet.run<StringPairs>(client_, {key(id)},
                                           {options_.sliding ? std::to_string(options_.ttl.count()) : "0"});
  if (!pairs) return std::unexpected(pairs.error());
  if (pairs->empty()) return std::optional<Fields>();
  return std::optional(Fields(pairs->begin(), pairs->end()));
}

result<bool> SessionStore::update(std::string_view id, const Fields& fields) {
  if (auto refused = refuse_ttl(options_)) return *refused;
  if (fields.empty()) return touch(id);
  Script::Words words = {options_.sliding ? std::to_string(options_.ttl.count()) : "0"};
  for (const auto& [name, value] : fields) {
    words.push_back(name);
    words.push_back(value);
  }
  const auto updated = kUpdate.run<int64_t>(client_, {key(id)}, words);
  if (!updated) return std::unexpected(updated.error());
  return *updated == 1;
}

result<std::optional<int64_t>> SessionStore::increment(std::string_view id, std::string_view field, int64_t amount) {
  if (auto refused = refuse_ttl(options_)) return *refused;
  return kIncrement.run<std::optional<int64_t>>(
      client_, {key(id)},
      {options_.sliding ? std::to_string(options_.ttl.count()) : "0", std::string(field), std::to_string(amount)});
}

result<bool> SessionStore::touch(std::string_view id) {
  if (auto refused = refuse_ttl(options_)) return *refused;
  return client_.expire(key(id), options_.ttl);
}

result<std::optional<std::chrono::milliseconds>> SessionStore::remaining(std::string_view id) {
  const auto left = client_.pttl(key(id));
  if (!left) return std::unexpected(left.error());
  if (*left < 0) return std::optional<std::chrono::milliseconds>();
  return std::optional(std::chrono::milliseconds(*left));
}

result<bool> SessionStore::remove(std::string_view id) {
  const auto removed = client_.del(key(id));
  if (!removed) return std::unexpected(removed.error());
  return *removed == 1;
}

}  // namespace redstart
