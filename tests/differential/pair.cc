#include "tests/differential/pair.h"

namespace redstart::oracle {

ConnectionPair::ConnectionPair(const Servers& servers, int protocol, const JudgeContext& context)
    : protocol_(protocol),
      context_(context),
      oracle_(servers.oracle, protocol),
      subject_(servers.subject, protocol),
      oracle_id_(oracle_.call({"CLIENT", "ID"}).text),
      subject_id_(subject_.call({"CLIENT", "ID"}).text) {}

std::optional<Mismatch> ConnectionPair::exchange(const std::vector<Argv>& commands,
                                                 const std::vector<size_t>& random_checks) {
  subject_replies_.clear();
  subject_bytes_.clear();
  for (size_t begin = 0; begin < commands.size(); begin = subject_replies_.size()) {
    const std::span<const Argv> rest = std::span(commands).subspan(begin);
    const bool waits = would_wait(rest.front());
    if (auto mismatch = exchange_flight(waits ? rest.first(1) : until_one_waits(rest), waits)) {
      mismatch->index += begin;
      return mismatch;
    }
  }
  for (const size_t i : random_checks) {
    const RawReply drawn = parse_reply(subject_replies_[i]);
    const RawReply members = parse_reply(subject_replies_[i + 1]);
    if (drawn_from(drawn, members)) continue;
    return Mismatch{i, "elements of " + to_text(members), to_text(drawn)};
  }
  return std::nullopt;
}

bool ConnectionPair::would_wait(const Argv& argv) const {
  return context_.clock != nullptr && !in_multi_ && may_wait(context_.grammar, argv);
}

std::span<const Argv> ConnectionPair::until_one_waits(std::span<const Argv> commands) const {
  bool in_multi = in_multi_;
  size_t count = 0;
  for (; count < commands.size(); ++count) {
    if (context_.clock != nullptr && !in_multi && may_wait(context_.grammar, commands[count])) break;
    in_multi = in_multi_after(commands[count], in_multi);
  }
  return commands.first(count);
}

std::optional<Mismatch> ConnectionPair::exchange_flight(std::span<const Argv> commands, bool waits) {
  oracle_.send(commands);
  subject_.send(commands);
  for (const Argv& argv : commands) in_multi_ = in_multi_after(argv, in_multi_);
  if (waits) let_timeouts_pass();
  std::string oracle_bytes;
  const auto oracle_replies = oracle_.receive_many(commands.size(), oracle_bytes);
  const auto subject_replies = subject_.receive_many(commands.size(), subject_bytes_.emplace_back());
  subject_replies_.insert(subject_replies_.end(), subject_replies.begin(), subject_replies.end());
  for (size_t i = 0; i < commands.size(); ++i) {
    if (auto mismatch = compare(commands[i], oracle_replies[i], subject_replies[i])) {
      mismatch->index = i;
      return mismatch;
    }
  }
  return std::nullopt;
}

void ConnectionPair::send(const Argv& argv) {
  oracle_.send_one(argv);
  subject_.send_one(argv);
}

std::optional<Mismatch> ConnectionPair::receive(const Argv& argv) {
  const std::string oracle_reply(oracle_.receive());
  return compare(argv, oracle_reply, subject_.receive());
}

std::optional<Mismatch> ConnectionPair::compare(const Argv& argv, std::string_view oracle,
                                                std::string_view subject) {
  std::optional<Mismatch> mismatch;
  if (oracle != subject) {
    RawReply expected = parse_reply(oracle);
    RawReply actual = parse_reply(subject);
    if (context_.is_embedded) {
      expected = with_plain_numbers(std::move(expected));
      actual = with_plain_numbers(std::move(actual));
    }
    if (!agree(context_, argv, queued_, expected, actual)) {
      mismatch = Mismatch{0, to_text(expected), to_text(actual)};
      if (context_.allowed.allows(to_command_line(argv), mismatch->oracle, mismatch->subject))
        mismatch.reset();
    }
  }
  note_coverage(argv, oracle);
  follow_transaction(argv, oracle);
  return mismatch;
}

void ConnectionPair::let_timeouts_pass() {
  constexpr int kOracleAnswersInMs = 3;
  constexpr int64_t kStepMs = 10;
  // A server that does not answer at all is met by receive().
  for (int step = 0; step < 1000 && !oracle_.readable(kOracleAnswersInMs); ++step) {
    context_.clock->advance_ms(kStepMs);
  }
}

void ConnectionPair::note_coverage(const Argv& argv, std::string_view oracle_reply) {
  if (oracle_reply == "+QUEUED\r\n") return;
  context_.coverage.note(argv, oracle_reply[0]);
  if (queued_.empty() || upper(argv[0]) != "EXEC") return;
  const RawReply replies = parse_reply(oracle_reply);
  if (replies.elements.size() != queued_.size()) return;
  for (size_t i = 0; i < queued_.size(); ++i) {
    context_.coverage.note(queued_[i], replies.elements[i].kind);
  }
}

void ConnectionPair::follow_transaction(const Argv& argv, std::string_view oracle_reply) {
  if (oracle_reply == "+QUEUED\r\n") {
    queued_.push_back(argv);
  } else if (!queued_.empty() && !in_multi_after(argv, true)) {
    queued_.clear();
  }
}

bool in_multi_after(const Argv& argv, bool in_multi) {
  const std::string name = upper(argv[0]);
  // An EXEC that is refused for its arity aborts the transaction all the same.
  if (name == "EXEC") return false;
  if (argv.size() != 1) return in_multi;
  if (name == "MULTI") return true;
  if (name == "DISCARD" || name == "RESET") return false;
  return in_multi;
}

}  // namespace redstart::oracle
