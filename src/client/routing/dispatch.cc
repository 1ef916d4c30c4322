#include "client/routing/dispatch.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <ranges>
#include <unordered_map>
#include <utility>

#include "client/command_lookup.h"
#include "client/routing/gather.h"
#include "client/session_commands.h"

namespace redstart {
namespace {

using remote::SteadyClock;
using std::chrono::milliseconds;

constexpr uint8_t kRedirectionsAtOnce = 5;  // of one command; then with a pause

bool is_loss(ErrorCode code) {
  return code == ErrorCode::connection_lost || code == ErrorCode::connection_refused ||
         code == ErrorCode::closed;
}

bool blocks(const std::vector<std::string>& command) {
  const std::vector<std::string_view> words(command.begin(), command.end());
  return !words.empty() && kind_of(words) == CommandKind::blocking;
}

// The words of an error reply, of a single command or of a transaction; empty: it is none.
std::string_view error_words(const result<Reply>& outcome) {
  if (!outcome) return outcome.error().message;
  return outcome->is_error() ? std::string_view(outcome->text()) : std::string_view();
}

}  // namespace

bool Dispatch::needs_thought(const result<Reply>& outcome) {
  if (!outcome && (is_loss(outcome.error().code) || outcome.error().code == ErrorCode::timed_out))
    return true;
  return is_temporary_reply(error_words(outcome));
}

void Dispatch::start(std::shared_ptr<Router> router, std::shared_ptr<const Batch> batch,
                     BatchDone done, std::optional<FirstTry> first) {
  const auto began = first ? first->began : SteadyClock::now();
  const std::shared_ptr<Dispatch> dispatch(
      new Dispatch(std::move(router), std::move(batch), std::move(done), began));
  dispatch->plan();
  if (!first) return dispatch->run_round();
  dispatch->adopt(std::move(*first));
  dispatch->judge_round();
}

BatchResult Dispatch::run(std::shared_ptr<Router> router, std::shared_ptr<const Batch> batch,
                          std::optional<FirstTry> first) {
  if (router->io().is_current()) {
    return BatchResult(
        batch->commands.size(),
        std::unexpected(
            Error{ErrorCode::invalid_argument, Outcome::not_done,
                  "a handler of the client waits for a reply, which its own thread would have "
                  "to read; hand the work to another thread, or use submit()"}));
  }
  struct Waiting {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<BatchResult> outcome;
  };
  const auto waiting = std::make_shared<Waiting>();
  const auto done = [waiting](BatchResult outcome) {
    const std::lock_guard lock(waiting->mutex);
    waiting->outcome = std::move(outcome);
    waiting->ready.notify_one();
  };
  start(std::move(router), std::move(batch), done, std::move(first));
  std::unique_lock lock(waiting->mutex);
  waiting->ready.wait(lock, [&] { return waiting->outcome.has_value(); });
  return std::move(*waiting->outcome);
}

Dispatch::Dispatch(std::shared_ptr<Router> router, std::shared_ptr<const Batch> batch,
                   BatchDone done, SteadyClock::time_point began)
    : router_(std::move(router)), batch_(std::move(batch)), done_(std::move(done)) {
  milliseconds timeout = batch_->options.timeout;
  if (timeout.count() <= 0 && !std::ranges::any_of(batch_->commands, blocks)) {
    timeout = router_->options().call_timeout;
  }
  if (timeout.count() > 0) deadline_ = began + timeout;
}

// --- Planning

bool Dispatch::repeats(size_t command) const {
  if (batch_->options.idempotent) return true;
  const auto& words = batch_->commands[command];
  return !words.empty() && is_read_only(words[0]) && !blocks(words);
}

void Dispatch::plan() {
  if (batch_->atomic) return plan_atomic();
  commands_.resize(batch_->commands.size());
  parts_.reserve(batch_->commands.size());
  for (size_t i = 0; i < commands_.size(); ++i) plan_command(i);
}

void Dispatch::plan_atomic() {
  const auto slot = router_->common_slot(batch_->commands);
  Part& whole = parts_.emplace_back();
  whole.command = 0;
  whole.is_repeatable = true;
  for (size_t i = 0; i < batch_->commands.size(); ++i)
    whole.is_repeatable = whole.is_repeatable && repeats(i);
  if (slot) {
    whole.route.slot = *slot;
  } else {
    whole.outcome = std::unexpected(slot.error());
    whole.is_pending = false;
  }
}

void Dispatch::plan_command(size_t command) {
  Command& planned = commands_[command];
  const auto& text = batch_->commands[command];
  const std::vector<std::string_view> words(text.begin(), text.end());
  auto route = router_->route(words);
  if (!route) {
    planned.refused = std::unexpected(std::move(route.error()));
    return;
  }
  planned.first_part = parts_.size();
  planned.part_count = route->parts.size();
  const bool reads = !words.empty() && is_read_only(words[0]);
  for (RoutePart& part : route->parts) {
    const bool takes_replica = reads && !part.needs_master;
    parts_.push_back({.route = std::move(part),
                      .command = command,
                      .reads = takes_replica,
                      .is_repeatable = repeats(command)});
  }
  planned.route = std::move(*route);
  planned.route.parts.clear();
}

// REQUIRES: one part for each command, as a router with one server plans them.
void Dispatch::adopt(FirstTry first) {
  if (batch_->atomic) {
    parts_.front().sent_to = first.node;
    parts_.front().outcome = first.outcome.front();
    atomic_outcome_ = std::move(first.outcome);
    return;
  }
  for (Part& part : parts_) {
    part.sent_to = first.node;
    part.outcome = std::move(first.outcome[part.command]);
  }
}

// --- A round

std::vector<Dispatch::Group> Dispatch::grouped() {
  std::vector<Group> groups;
  for (size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[i];
    if (!part.is_pending) continue;
    part.sent_to = part.redirected_to ? part.redirected_to : part.route.node;
    if (!part.sent_to) part.sent_to = router_->node_of(part.route.slot, part.reads, retries_);
    part.redirected_to = nullptr;
    if (!part.sent_to) {
      part.outcome = std::unexpected(router_->no_node_error());
      continue;
    }
    auto group = std::ranges::find_if(groups, [&](const Group& one) {
      return one.node == part.sent_to && one.asks == part.asks;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {part.sent_to, part.asks, {}});
    group->parts.push_back(i);
  }
  return groups;
}

void Dispatch::run_round() {
  const auto groups = grouped();
  outstanding_ = groups.size() + 1;
  for (const Group& group : groups) send(group);
  finish_one();
}

void Dispatch::send(const Group& group) {
  using remote::RemoteBackend;
  const auto commands_of_parts = [&] {
    std::vector<const std::vector<std::string>*> commands;
    for (const size_t part : group.parts) {
      const auto& own = parts_[part].route.words;
      commands.push_back(own.empty() ? &batch_->commands[parts_[part].command] : &own);
    }
    return commands;
  };
  RemoteBackend::Sending sending = batch_->atomic ? RemoteBackend::sending_of(*batch_)
                                                  : RemoteBackend::sending_of(commands_of_parts(), batch_->options);
  sending.asking = group.asks;
  for (const size_t part : group.parts) sending.options.repeats |= parts_[part].may_be_done;
  if (deadline_ != remote::kNever) {
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - SteadyClock::now());
    sending.options.timeout = std::max(left, milliseconds(1));
  }
  group.node->send(sending, [self = shared_from_this(), group](BatchResult outcome) {
    self->take(group, std::move(outcome));
    self->finish_one();
  });
}

void Dispatch::take(const Group& group, BatchResult outcome) {
  if (batch_->atomic) {
    Part& whole = parts_[group.parts.front()];
    whole.outcome = outcome.front();
    atomic_outcome_ = std::move(outcome);
    return;
  }
  for (size_t i = 0; i < group.parts.size(); ++i)
    parts_[group.parts[i]].outcome = std::move(outcome[i]);
}

void Dispatch::finish_one() {
  if (outstanding_.fetch_sub(1) == 1) judge_round();
}

// --- What to make of the replies

Dispatch::Verdict Dispatch::judge_reply(Part& part, std::string_view text) {
  if (const auto redirection = redirection_in(text)) {
    part.redirected_to = router_->node_at(redirection->endpoint, part.sent_to);
    if (!part.redirected_to) return Verdict::is_final;
    part.asks = redirection->is_ask;
    if (!redirection->is_ask) router_->refresh();
    return ++part.redirections <= kRedirectionsAtOnce ? Verdict::again_now : Verdict::again_later;
  }
  if (text.starts_with("READONLY ") && !router_->replaces_read_only(part.sent_to))
    return Verdict::is_final;
  if (!text.starts_with("TRYAGAIN ")) {
    part.asks = false;
    router_->refresh();
  } else if (part.asks) {
    part.redirected_to = part.sent_to;
  }
  return Verdict::again_later;
}

Dispatch::Verdict Dispatch::judge_loss(Part& part) {
  if (!router_->survives_loss() || router_->is_closed()) return Verdict::is_final;
  router_->refresh();
  const Error& error = part.outcome.error();
  if (!is_loss(error.code)) return Verdict::is_final;
  part.may_be_done = part.may_be_done || error.outcome == Outcome::unknown;
  if (error.outcome == Outcome::unknown && !part.is_repeatable) return Verdict::is_final;
  part.asks = false;
  return Verdict::again_later;
}

Dispatch::Verdict Dispatch::judge(Part& part) {
  // A transaction that was executed, whatever its commands said.
  if (batch_->atomic && part.outcome) return Verdict::is_final;
  if (!needs_thought(part.outcome)) {
    const bool has_no_node = !part.outcome && !part.sent_to;
    if (!has_no_node || router_->is_closed()) return Verdict::is_final;
    router_->refresh();
    return Verdict::again_later;
  }
  const std::string text(error_words(part.outcome));
  return is_temporary_reply(text) ? judge_reply(part, text) : judge_loss(part);
}

bool Dispatch::may_wait(milliseconds delay) const {
  return retries_ < router_->options().retries_max && SteadyClock::now() + delay < deadline_ &&
         !router_->is_closed();
}

// Whether it has changed or seen anything. Most errors say that a command did neither, but a script's need not.
bool Dispatch::may_have_run(const Part& part) {
  if (!part.outcome) return part.may_be_done || part.outcome.error().outcome == Outcome::unknown;
  return !is_temporary_reply(error_words(part.outcome));
}

std::vector<std::string_view> Dispatch::words_of(const Part& part) const {
  const auto& words = part.route.words.empty() ? batch_->commands[part.command] : part.route.words;
  return {words.begin(), words.end()};
}

// Settles what has been overtaken, looking at the batch from its end.
void Dispatch::keep_order() {
  std::unordered_map<std::string_view, bool> executed;  // by key: whether it was written
  for (Part& part : parts_ | std::views::reverse) {
    const auto words = words_of(part);
    const CommandSpec* const spec = spec_of(words);
    const bool writes = !spec || !spec->has(kReadonly);
    const auto keys = keys_of(spec, words);
    if (part.is_pending && std::ranges::any_of(keys, [&](const KeyPosition& key) {
          const auto later = executed.find(words[key.index]);
          return later != executed.end() && (writes || later->second);
        })) {
      part.is_pending = false;
      if (part.outcome) part.outcome = checked(std::move(*part.outcome));
      part.outcome.error().message +=
          " (not tried again: a later command of the batch with the same key was executed)";
    }
    if (part.is_pending || !may_have_run(part)) continue;
    for (const KeyPosition& key : keys) executed[words[key.index]] |= writes;
  }
}

void Dispatch::judge_round() {
  bool is_any_later = false;
  const auto delay = retry_delay(router_->options(), retries_);
  const bool may_wait_now = may_wait(delay);
  for (Part& part : parts_) {
    if (!part.is_pending) continue;
    const Verdict verdict = judge(part);
    part.is_pending =
        verdict == Verdict::again_now || (verdict == Verdict::again_later && may_wait_now);
    is_any_later = is_any_later || verdict == Verdict::again_later;
  }
  if (!batch_->atomic) keep_order();
  const bool is_any_pending = std::ranges::any_of(parts_, &Part::is_pending);
  if (!is_any_pending) return complete();
  if (!is_any_later) return run_round();
  ++retries_;
  router_->io().post_at(SteadyClock::now() + delay,
                        [self = shared_from_this()] { self->run_round(); });
}

void Dispatch::complete() {
  for (Part& part : parts_) {
    if (!part.outcome && part.may_be_done) part.outcome.error().outcome = Outcome::unknown;
  }
  if (batch_->atomic) {
    const auto& whole = parts_.front().outcome;
    if (!whole) atomic_outcome_.assign(batch_->commands.size(), std::unexpected(whole.error()));
    return std::exchange(done_, {})(std::move(atomic_outcome_));
  }
  BatchResult outcome;
  outcome.reserve(commands_.size());
  for (size_t i = 0; i < commands_.size(); ++i) {
    Command& command = commands_[i];
    if (command.part_count == 0) {
      outcome.push_back(std::move(command.refused));
      continue;
    }
    std::vector<result<Reply>> replies;
    for (size_t k = 0; k < command.part_count; ++k) {
      Part& part = parts_[command.first_part + k];
      replies.push_back(std::move(part.outcome));
      command.route.parts.push_back(std::move(part.route));
    }
    const auto& words = batch_->commands[i];
    outcome.push_back(
        gather(command.route, std::move(replies), !words.empty() && is_read_only(words[0])));
  }
  std::exchange(done_, {})(std::move(outcome));
}

}  // namespace redstart
