#include "client/remote/request.h"

#include "base/text.h"
#include "client/command_lookup.h"
#include "client/routing/retry.h"
#include "client/session_commands.h"
#include "resp/command_text.h"
#include "resp/request_parser.h"

namespace redstart::remote {

std::string milliseconds_text(std::chrono::milliseconds duration) { return std::to_string(duration.count()) + " ms"; }

void Request::add(WordSpan words) {
  append_command(bytes, words);
  ++commands;
  ++replies_expected;
}

void Request::add(std::span<const std::string> words) {
  append_command(bytes, words);
  ++commands;
  ++replies_expected;
}

bool Request::runs_while_loading() const {
  RequestParser parser;
  std::vector<std::string_view> words;
  size_t length = 0;
  for (std::string_view left = bytes; !left.empty(); left.remove_prefix(length)) {
    words.clear();
    if (parser.next(left, words, length) != RequestParser::Status::command) return false;
    const CommandSpec* const spec = spec_of(words);
    if (!spec || !spec->has(kLoading)) return false;
  }
  return true;
}

bool Request::may_write() const {
  const auto places = commands_in(bytes);
  const size_t first_place = is_atomic ? 1 : 0, last = places.size() - (is_atomic ? 1 : 0);
  for (size_t i = first_place; i < last; ++i) {
    if (!is_read_only(lower_case(places[i].name))) return true;
  }
  return false;
}

bool Request::may_be_sent_again() const {
  if (written == 0 || is_idempotent) return true;
  // A transaction happens when EXEC, its last word, arrives.
  if (is_atomic && written < bytes.size()) return true;
  const auto places = commands_in(bytes);
  for (size_t i = is_atomic ? 0 : answered - first; i < places.size(); ++i) {
    if (places[i].end > written) break;
    const std::string name = lower_case(places[i].name);
    if (is_atomic && (i == 0 || i + 1 == places.size())) continue;
    if (!is_read_only(name)) return false;
  }
  return true;
}

void Request::rewind() {
  if (is_atomic) {
    replies.clear();
    answered = 0;
  } else if (replies.size() > first) {
    bytes.erase(0, commands_in(bytes)[replies.size() - first - 1].end);
  }
  first = replies.size();
  may_be_done = may_be_done || written > 0;
  written = 0;
  is_taken = false;
  confirmations_missing = 0;
}

void Request::fail(Error error) {
  error.outcome = may_be_executed(bytes.size()) ? Outcome::unknown : Outcome::not_done;
  failure = std::move(error);
}

result<Reply> Request::take_reply() {
  if (!replies.empty()) return std::move(replies.front());
  return std::unexpected(std::move(*failure));
}

bool Request::may_be_executed(size_t command_end) const {
  // What the kernel had not taken completely cannot have been executed, unless it is still to be
  // sent.
  return may_be_done || is_taken || (written > 0 && command_end <= written);
}

BatchResult Request::take_outcome() {
  if (is_atomic) return take_atomic_outcome();
  BatchResult outcome;
  outcome.reserve(commands);
  for (Reply& reply : replies) outcome.emplace_back(std::move(reply));
  if (outcome.size() == commands) return outcome;
  const auto places = commands_in(bytes);
  while (outcome.size() < commands) {
    Error error = *failure;
    const bool may_be = may_be_executed(places[outcome.size() - first].end);
    error.outcome = may_be ? Outcome::unknown : Outcome::not_done;
    outcome.push_back(std::unexpected(std::move(error)));
  }
  return outcome;
}

BatchResult Request::take_atomic_outcome() {
  if (failure) return BatchResult(commands, std::unexpected(*failure));
  Reply& executed = replies.back();
  if (executed.is_error()) {
    Error error = error_from_reply(executed.text());
    for (size_t i = 0; i + 1 < replies.size(); ++i) {
      if (!replies[i].is_error()) continue;
      // Where the transaction as a whole is to go, or when, is what its first command was told.
      if (is_temporary_reply(replies[i].text())) return BatchResult(commands, checked(replies[i]));
      error.message += " The first of them: " + replies[i].text();
      break;
    }
    return BatchResult(commands, std::unexpected(error));
  }
  if (executed.is_null()) {
    return BatchResult(commands,
                       std::unexpected(Error{ErrorCode::transaction_aborted, Outcome::not_done,
                                             "a watched key changed"}));
  }
  if (executed.size() != commands) {
    return BatchResult(commands, std::unexpected(Error{
                                     ErrorCode::unexpected_reply, Outcome::unknown,
                                     "EXEC answered " + std::to_string(executed.size()) +
                                         " replies to " + std::to_string(commands) + " commands"}));
  }
  BatchResult outcome;
  outcome.reserve(commands);
  for (Reply& reply : executed.elements()) outcome.emplace_back(std::move(reply));
  return outcome;
}

}  // namespace redstart::remote
