// What Client, Pipeline and Transaction do on top of a Backend.
#include "redstart/client.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/numbers.h"

namespace redstart {

void Backend::submit_from(const BatchSource& source, BatchDone done) {
  Batch batch;
  batch.options = source.options;
  batch.commands.reserve(source.count);
  for (size_t i = 0; i < source.count; ++i) {
    const WordSpan words = source.command(i);
    batch.commands.emplace_back(words.begin(), words.end());
  }
  submit(std::move(batch), std::move(done));
}

result<Backend::TransactionSession> Backend::transaction_session(const CallOptions&) {
  auto session = dedicated();
  if (!session) return std::unexpected(std::move(session.error()));
  return TransactionSession{.backend = std::move(*session)};
}

// --- WordList

WordList& WordList::add_owned(std::string text) {
  owned_.push_back(std::make_unique<std::string>(std::move(text)));
  return add(std::string_view(*owned_.back()));
}

WordList& WordList::add(int64_t number) & { return add_owned(std::to_string(number)); }
WordList& WordList::add(uint64_t number) & { return add_owned(std::to_string(number)); }
WordList& WordList::add(double number) & {
  char text[kNumberTextBytes];
  return add_owned(std::string(text, format_double(number, text)));
}

// --- Client

result<Reply> checked(Reply reply) {
  if (!reply.is_error()) return reply;
  return std::unexpected(error_from_reply(std::move(reply).text()));
}

result<Reply> Client::call(WordSpan words, const CallOptions& options) const {
  if (words.empty()) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, "empty command"});
  }
  auto reply = backend_->call(words, options);
  if (!reply) return reply;
  return checked(std::move(*reply));
}

BatchResult Client::run_batch(Batch batch) const {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<BatchResult> outcome;
  };
  const auto waiting = std::make_shared<Waiting>();
  backend_->submit(std::move(batch), [waiting](BatchResult outcome) {
    const std::lock_guard lock(waiting->mutex);
    waiting->outcome = std::move(outcome);
    waiting->ready.notify_one();
  });
  std::unique_lock lock(waiting->mutex);
  waiting->ready.wait(lock, [&] { return waiting->outcome.has_value(); });
  return std::move(*waiting->outcome);
}

result<Client> Client::dedicated() const {
  auto backend = backend_->dedicated();
  if (!backend) return std::unexpected(std::move(backend.error()));
  return Client(std::shared_ptr<Backend>(std::move(*backend)));
}

struct Client::SessionInUse {
  Client client;
  bool is_kept;
};

result<Client::SessionInUse> Client::transaction_session() const {
  auto session = backend_->transaction_session({});
  if (!session) return std::unexpected(std::move(session.error()));
  return SessionInUse{Client(std::shared_ptr<Backend>(std::move(session->backend))), session->is_kept};
}

// One attempt. Nothing: a watched key changed, or the transaction went to another server meanwhile.
std::optional<result<bool>> Client::attempt(SessionInUse& session, std::span<const std::string> keys,
                                            const TransactionFunction& function) {
  Client& reader = session.client;
  result<Reply> began;
  if (!keys.empty()) {
    began = reader.call(WordList("WATCH").add_all(keys).span());
  } else if (session.is_kept) {
    began = reader.call({"PING"});  // were it lost with the transaction itself, nobody would know the outcome
  }
  if (!began) {
    began.error().outcome = Outcome::not_done;
    return std::unexpected(std::move(began.error()));
  }
  Transaction transaction(reader.backend());
  const bool is_wanted = function(reader, transaction);
  if (!is_wanted || transaction.size() == 0) {
    static_cast<void>(reader.call({"UNWATCH"}));  // where it fails, the session is not kept
    return is_wanted;
  }
  const auto ran = static_cast<Pipeline&>(transaction).run();
  if (ran) return true;
  const bool is_final = ran.error().code != ErrorCode::transaction_aborted || ran.error().prefix() == "EXECABORT";
  if (is_final) return std::unexpected(ran.error());
  return std::nullopt;
}

result<bool> Client::transaction(std::span<const std::string> keys, const TransactionFunction& function,
                                 int attempts_max) const {
  constexpr int kLossesMax = 8;
  std::optional<result<SessionInUse>> session;
  int losses = 0, idle_losses = 0;
  for (int attempts = 0; attempts < attempts_max; ++attempts) {
    if (!session) session = transaction_session();
    const auto outcome = *session ? attempt(**session, keys, function) : std::unexpected(session->error());
    if (!outcome) {
      (*session)->is_kept = false;
      continue;
    }
    if (*outcome) return *outcome;
    // Before anything was executed, the loss of a session is no more than a change of a watched key.
    const Error& error = outcome->error();
    const bool is_lost = error.code == ErrorCode::connection_lost || error.code == ErrorCode::connection_refused ||
                         error.code == ErrorCode::cluster_down || error.code == ErrorCode::read_only;
    if (!is_lost || error.outcome == Outcome::unknown) return *outcome;
    // What was lost while nobody used it says nothing of how things are now.
    const bool was_idle = *session && (*session)->is_kept && ++idle_losses <= kLossesMax;
    if (!was_idle && ++losses > kLossesMax) return *outcome;
    session.reset();
    if (was_idle) {
      --attempts;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(10) * (1 << losses));
    }
  }
  return std::unexpected(Error{ErrorCode::transaction_aborted, Outcome::not_done,
                               "a watched key changed at every one of " + std::to_string(attempts_max) + " attempts"});
}

// --- Pipeline

void Pipeline::add(WordSpan words, std::function<void(result<Reply>)> done) {
  batch_.commands.emplace_back(words.begin(), words.end());
  done_.push_back(std::move(done));
}

void Pipeline::provide_script(const std::string& sha1, const std::string& text) {
  if (!scripts_.insert(sha1).second) return;
  add(WordList("SCRIPT", "LOAD", text).span(), [](result<Reply>) {});
}

void Pipeline::start(std::function<void(result<void>)> finished, const CallOptions& options) {
  Batch batch = std::exchange(batch_, {});
  auto done = std::exchange(done_, {});
  scripts_.clear();
  if (batch.commands.empty()) return finished({});
  batch.atomic = atomic_;
  batch.options = options;
  backend_->submit(std::move(batch), [done = std::move(done), finished = std::move(finished)](BatchResult outcome) {
    result<void> first_failure;
    for (size_t i = 0; i < done.size(); ++i) {
      if (!outcome[i] && first_failure) first_failure = std::unexpected(outcome[i].error());
      done[i](std::move(outcome[i]));
    }
    finished(std::move(first_failure));
  });
}

result<void> Pipeline::run(const CallOptions& options) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<result<void>> outcome;
  };
  const auto waiting = std::make_shared<Waiting>();
  start(
      [waiting](result<void> outcome) {
        const std::lock_guard lock(waiting->mutex);
        waiting->outcome = std::move(outcome);
        waiting->ready.notify_one();
      },
      options);
  std::unique_lock lock(waiting->mutex);
  waiting->ready.wait(lock, [&] { return waiting->outcome.has_value(); });
  return std::move(*waiting->outcome);
}

}  // namespace redstart
