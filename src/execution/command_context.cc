#include "execution/command_context.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/numbers.h"
#include "base/text.h"
#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/session.h"

namespace redstart {

bool CommandContext::arg_is(size_t index, std::string_view keyword) const {
  return equal_ignoring_case(args_[index], keyword);
}

Read CommandContext::read(std::string_view key, Type type) {
  Entry* entry = access_.lookup_for_reading(session_.db, key, access_.hash_of(key));
  if (entry && entry->type() != type) {
    wrong_type_error();
    return {.entry = nullptr, .wrong_type = true};
  }
  return {.entry = entry};
}

const Entry* CommandContext::find(std::string_view key) {
  return access_.lookup_for_reading(session_.db, key, access_.hash_of(key));
}

const Entry* CommandContext::peek(std::string_view key) {
  return access_.lookup(session_.db, key, access_.hash_of(key));
}

const Entry* CommandContext::peek_in(int db, std::string_view key) {
  return access_.lookup(db, key, access_.hash_of(key));
}

Edit CommandContext::edit_quietly(std::string_view key, Type type) {
  return Edit(access_, session_.db, key, access_.hash_of(key), type);
}

Edit CommandContext::edit(std::string_view key, Type type) {
  Edit edit(access_, session_.db, key, access_.hash_of(key), type);
  if (edit.wrong_type()) wrong_type_error();
  return edit;
}

Edit CommandContext::edit_in(int db, std::string_view key, Type type) {
  Edit edit(access_, db, key, access_.hash_of(key), type);
  if (edit.wrong_type()) wrong_type_error();
  return edit;
}

void CommandContext::block(std::span<const std::string_view> keys, int64_t deadline_ms,
                           bool timeout_is_array) {
  blocked_ = true;
  block_request_ = std::make_unique<BlockRequest>(
      BlockRequest{.keys = {keys.begin(), keys.end()},
                   .deadline_ms = deadline_ms,
                   .timeout_is_array = timeout_is_array});
}

void CommandContext::block_until(int64_t deadline_ms, Reply reply, SyncWait sync) {
  blocked_ = true;
  block_request_ = std::make_unique<BlockRequest>(
      BlockRequest{.keys = {}, .deadline_ms = deadline_ms, .timeout_reply = std::move(reply), .sync = sync});
}

void CommandContext::substitute(size_t index, std::string text) {
  block_request_->substitutes.emplace_back(index, std::move(text));
}

void CommandContext::wait_for_loss_too() { block_request_->wants_loss = true; }

std::span<const std::string_view> CommandContext::keys_to_try(
    std::span<const std::string_view> keys) const {
  if (!ready_key_) return keys;
  const auto found = std::ranges::find(keys, *ready_key_);
  return keys.subspan(static_cast<size_t>(found - keys.begin()), found == keys.end() ? 0 : 1);
}

int CommandContext::db() const { return session_.db; }

void CommandContext::effect(std::initializer_list<std::string_view> words) {
  effect(std::span(words.begin(), words.size()));
}

void CommandContext::effect(std::span<const std::string_view> words) {
  if (!access_.records_effects()) return;
  access_.effects().push_back({session_.db, {words.begin(), words.end()}});
}

bool CommandContext::parse_integer(size_t index, int64_t& value, std::string_view error) {
  const auto parsed = parse_int64(args_[index]);
  if (!parsed) {
    reply_.error(error);
    return false;
  }
  value = *parsed;
  return true;
}

bool CommandContext::parse_integer_in(size_t index, int64_t min, int64_t max, int64_t& value,
                                      std::string_view error) {
  if (!parse_integer(index, value)) return false;
  if (value >= min && value <= max) return true;
  reply_.error(error);
  return false;
}

bool CommandContext::parse_number(size_t index, double& value, std::string_view error) {
  const auto parsed = parse_double(args_[index]);
  if (!parsed || std::isnan(*parsed)) {
    reply_.error(error);
    return false;
  }
  value = *parsed;
  return true;
}

bool CommandContext::parse_timeout(size_t index, int64_t& deadline_ms) {
  const auto seconds = parse_long_double(args_[index]);
  if (!seconds || std::isnan(*seconds)) {
    reply_.error("ERR timeout is not a float or out of range");
    return false;
  }
  // Redis rounds up before it looks at the sign, and what exceeds an integer wraps to a negative one.
  const long double milliseconds = std::ceil(*seconds * 1000);
  constexpr long double kTooLarge = 9223372036854775808.0L;
  if (milliseconds < 0 || milliseconds >= kTooLarge) {
    reply_.error("ERR timeout is negative");
    return false;
  }
  const int64_t now_ms = executor_.clock().monotonic_time_ns() / 1'000'000;
  const int64_t wait_ms = std::min(static_cast<int64_t>(milliseconds), INT64_MAX - now_ms);
  deadline_ms = wait_ms == 0 ? 0 : now_ms + wait_ms;
  return true;
}

void CommandContext::wrong_type_error() {
  reply_.error("WRONGTYPE Operation against a key holding the wrong kind of value");
}

void CommandContext::arity_error() {
  reply_.error("ERR wrong number of arguments for '" + std::string(spec_.name) + "' command");
}

Random& CommandContext::random() { return executor_.thread_context().random(); }

const EncodingLimits& CommandContext::limits() const { return executor_.config().encoding_limits(); }

}  // namespace redstart
