#include "redstart/patterns/object_hashes.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include "base/digest.h"

namespace redstart {
namespace {

// Fields spread unevenly: a hash that should have two thirds of the limit hardly ever has more than all of it.
constexpr double kFill = 0.66;
constexpr int64_t kCompactFieldsDefault = 128;

}  // namespace

struct ObjectHashes::State {
  std::mutex mutex;
  size_t hashes = 0;  // 0: not known yet
};

ObjectHashes::ObjectHashes(Client client, ObjectHashesOptions options)
    : client_(std::move(client)), options_(std::move(options)), state_(std::make_unique<State>()) {}

ObjectHashes::~ObjectHashes() = default;

result<size_t> ObjectHashes::hashes() {
  const std::lock_guard lock(state_->mutex);
  if (state_->hashes > 0) return state_->hashes;
  // Servers that do not let themselves be asked have Redis's default, most likely.
  int64_t compact_fields = kCompactFieldsDefault;
  if (const auto reply = client_.call({"CONFIG", "GET", "hash-max-listpack-entries"}); reply && reply->size() >= 2) {
    compact_fields = std::max<int64_t>(std::atoll((*reply)[1].text().c_str()), 1);
  }
  const double per_hash = std::max(1.0, static_cast<double>(compact_fields) * kFill);
  const auto wanted =
      std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(options_.objects_expected) / per_hash) + 1);
  const std::string key = options_.prefix + ":layout";
  if (const auto first = client_.hsetnx(key, "hashes", std::to_string(wanted)); !first) {
    return std::unexpected(first.error());
  }
  const auto decided = client_.hget(key, "hashes");
  if (!decided) return std::unexpected(decided.error());
  state_->hashes = *decided ? std::max<size_t>(1, std::strtoull((*decided)->c_str(), nullptr, 10)) : 1;
  return state_->hashes;
}

result<std::string> ObjectHashes::hash_of(std::string_view id) {
  const auto count = hashes();
  if (!count) return std::unexpected(count.error());
  uint64_t number = 0;
  const std::string digest = stable_digest(id);
  std::from_chars(digest.data(), digest.data() + 16, number, 16);
  return options_.prefix + ":" + std::to_string(number % *count);
}

result<bool> ObjectHashes::put(std::string_view id, std::string_view value) {
  const auto key = hash_of(id);
  if (!key) return std::unexpected(key.error());
  const auto added = client_.command("HSET", *key, id, value);
  if (!added) return std::unexpected(added.error());
  return added->as_integer() == 1;
}

result<size_t> ObjectHashes::put_many(const StringPairs& objects) {
  std::map<std::string, std::vector<std::string>> by_hash;
  for (const auto& [id, value] : objects) {
    auto key = hash_of(id);
    if (!key) return std::unexpected(key.error());
    auto& words = by_hash[*key];
    if (words.empty()) words = {"HSET", *key};
    words.push_back(id);
    words.push_back(value);
  }
  Batch batch;
  for (auto& [key, words] : by_hash) batch.commands.push_back(std::move(words));
  batch.options.idempotent = true;
  size_t added = 0;
  for (auto& reply : client_.run_batch(std::move(batch))) {
    if (reply) reply = checked(std::move(*reply));
    if (!reply) return std::unexpected(reply.error());
    added += static_cast<size_t>(reply->as_integer());
  }
  return added;
}

result<std::optional<std::string>> ObjectHashes::get(std::string_view id) {
  const auto key = hash_of(id);
  if (!key) return std::unexpected(key.error());
  return client_.hget(*key, id);
}

result<bool> ObjectHashes::remove(std::string_view id) {
  const auto key = hash_of(id);
  if (!key) return std::unexpected(key.error());
  const auto removed = client_.command("HDEL", *key, id);
  if (!removed) return std::unexpected(removed.error());
  return removed->as_integer() == 1;
}

}  // namespace redstart
