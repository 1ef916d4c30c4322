#include "tests/differential/pair.h"

namespace redstart::oracle {

ConnectionPair::ConnectionPair(const Servers& servers, int protocol, const Grammar& grammar,
                               AllowedDifferences& allowed)
    : protocol_(protocol),
      grammar_(grammar),
      allowed_(allowed),
      oracle_(servers.oracle, protocol),
      subject_(servers.subject, protocol),
      oracle_id_(oracle_.call({"CLIENT", "ID"}).text),
      subject_id_(subject_.call({"CLIENT", "ID"}).text) {}

std::optional<Mismatch> ConnectionPair::exchange(const std::vector<Argv>& commands,
                                                 const std::vector<size_t>& random_checks) {
  oracle_.send(commands);
  subject_.send(commands);
  std::string oracle_bytes, subject_bytes;
  const auto oracle_replies = oracle_.receive_many(commands.size(), oracle_bytes);
  const auto subject_replies = subject_.receive_many(commands.size(), subject_bytes);
  for (size_t i = 0; i < commands.size(); ++i) {
    if (auto mismatch = compare(commands[i], oracle_replies[i], subject_replies[i])) {
      mismatch->index = i;
      return mismatch;
    }
  }
  for (const size_t i : random_checks) {
    const RawReply drawn = parse_reply(subject_replies[i]);
    const RawReply members = parse_reply(subject_replies[i + 1]);
    if (drawn_from(drawn, members)) continue;
    return Mismatch{i, "elements of " + to_text(members), to_text(drawn)};
  }
  return std::nullopt;
}

void ConnectionPair::send(const Argv& argv) {
  oracle_.send({argv});
  subject_.send({argv});
}

std::optional<Mismatch> ConnectionPair::receive(const Argv& argv) {
  const std::string oracle_reply(oracle_.receive());
  return compare(argv, oracle_reply, subject_.receive());
}

std::optional<Mismatch> ConnectionPair::compare(const Argv& argv, std::string_view oracle,
                                                std::string_view subject) {
  std::optional<Mismatch> mismatch;
  if (oracle != subject) {
    const RawReply expected = parse_reply(oracle);
    const RawReply actual = parse_reply(subject);
    if (!agree(grammar_, argv, queued_, expected, actual)) {
      mismatch = Mismatch{0, to_text(expected), to_text(actual)};
      if (allowed_.allows(to_command_line(argv), mismatch->oracle, mismatch->subject))
        mismatch.reset();
    }
  }
  follow_transaction(argv, oracle);
  return mismatch;
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
