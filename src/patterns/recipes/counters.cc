// PeriodCounter and UniqueCounter.
#include "base/numbers.h"
#include "patterns/recipes/support.h"
#include "redstart/recipes/period_counter.h"
#include "redstart/recipes/unique_counter.h"

namespace redstart {
namespace {

std::string period_key(const std::string& name, std::string_view thing, std::string_view period) {
  return name + ":{" + std::string(thing) + "}:" + std::string(period);
}

template <class Options>
result<std::chrono::milliseconds> life_of_period(const Options& options, int64_t now_ms) {
  const std::chrono::milliseconds keep = options.keep.value_or(usual_keep(options.period));
  if (keep.count() < 0) return invalid("a period cannot be kept for a negative time");
  return keep + std::chrono::milliseconds(options.calendar.end_ms(options.period, now_ms) - now_ms);
}

// No count: what is there under the key is somebody else's.
result<int64_t> count_of(const std::optional<std::string>& text) {
  if (!text) return 0;
  if (const auto count = parse_int64(*text)) return *count;
  return std::unexpected(Error{ErrorCode::unexpected_reply, Outcome::not_done, "the counter's key holds no number"});
}

}  // namespace

PeriodCounter::PeriodCounter(Client client, PeriodCounterOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

std::string PeriodCounter::key(std::string_view thing, std::string_view period) const {
  return period_key(options_.name, thing, period);
}

result<int64_t> PeriodCounter::add(std::string_view thing, int64_t amount) {
  const int64_t now_ms = unix_time_ms(options_.clock);
  const auto life = life_of_period(options_, now_ms);
  if (!life) return std::unexpected(life.error());
  const std::string counter = key(thing, options_.calendar.name(options_.period, now_ms));
  Transaction transaction = client_.transaction();
  const auto count = transaction.incrby(counter, amount);
  transaction.expire(counter, *life, ExpireIf::none);
  return of_transaction(transaction, count);
}

result<int64_t> PeriodCounter::get(std::string_view thing) { return get_at(thing, unix_time_ms(options_.clock)); }

result<int64_t> PeriodCounter::get_at(std::string_view thing, int64_t unix_ms) {
  const auto text = client_.get(key(thing, options_.calendar.name(options_.period, unix_ms)));
  if (!text) return std::unexpected(text.error());
  return count_of(*text);
}

result<std::vector<int64_t>> PeriodCounter::last(std::string_view thing, int periods) {
  if (periods < 0) return invalid("a negative number of periods");
  std::vector<std::string> keys;
  for (const std::string& name : options_.calendar.last(options_.period, unix_time_ms(options_.clock), periods)) {
    keys.push_back(key(thing, name));
  }
  std::vector<int64_t> counts;
  if (keys.empty()) return counts;
  const auto texts = client_.mget(keys);
  if (!texts) return std::unexpected(texts.error());
  for (const auto& text : *texts) {
    const auto count = count_of(text);
    if (!count) return std::unexpected(count.error());
    counts.push_back(*count);
  }
  return counts;
}

// --- UniqueCounter

UniqueCounter::UniqueCounter(Client client, UniqueCounterOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

std::string UniqueCounter::key(std::string_view thing, std::string_view period) const {
  return period_key(options_.name, thing, period);
}

std::vector<std::string> UniqueCounter::keys(std::string_view thing, int periods) const {
  std::vector<std::string> keys;
  for (const std::string& name : options_.calendar.last(options_.period, unix_time_ms(options_.clock), periods)) {
    keys.push_back(key(thing, name));
  }
  return keys;
}

result<bool> UniqueCounter::add(std::string_view thing, std::string_view visitor) {
  const int64_t now_ms = unix_time_ms(options_.clock);
  const auto life = life_of_period(options_, now_ms);
  if (!life) return std::unexpected(life.error());
  const std::string counter = key(thing, options_.calendar.name(options_.period, now_ms));
  Transaction transaction = client_.transaction();
  const auto is_new = transaction.pfadd(counter, visitor);
  transaction.expire(counter, *life, ExpireIf::none);
  return of_transaction(transaction, is_new);
}

result<int64_t> UniqueCounter::count(std::string_view thing) { return count_last(thing, 1); }

result<int64_t> UniqueCounter::count_last(std::string_view thing, int periods) {
  if (periods <= 0) return invalid("a union of no periods");
  return client_.pfcount_all(keys(thing, periods));
}

result<int64_t> UniqueCounter::archive(std::string_view thing, int periods, std::string_view name,
                                       std::chrono::milliseconds keep_archive) {
  if (periods <= 0) return invalid("a union of no periods");
  if (keep_archive.count() <= 0) return invalid("an archive that is not kept");
  const std::string target = key(thing, "archive:" + std::string(name));
  Transaction transaction = client_.transaction();
  transaction.pfmerge(target, keys(thing, periods));
  transaction.expire(target, keep_archive);
  const auto count = transaction.pfcount(target);
  return of_transaction(transaction, count);
}

result<int64_t> UniqueCounter::count_archive(std::string_view thing, std::string_view name) {
  return client_.pfcount(key(thing, "archive:" + std::string(name)));
}

}  // namespace redstart
