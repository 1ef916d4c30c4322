#include "tests/linearizability/client_target.h"

namespace redstart::linearizability {
namespace {

char kind_of(Reply::Type type) {
  switch (type) {
    case Reply::Type::null:
      return '_';
    case Reply::Type::simple:
      return '+';
    case Reply::Type::error:
      return '-';
    case Reply::Type::integer:
      return ':';
    case Reply::Type::bulk:
      return '$';
    case Reply::Type::number:
      return ',';
    case Reply::Type::boolean:
      return '#';
    case Reply::Type::big_number:
      return '(';
    case Reply::Type::verbatim:
      return '=';
    case Reply::Type::map:
      return '%';
    case Reply::Type::set:
      return '~';
    case Reply::Type::push:
      return '>';
    case Reply::Type::array:
      break;
  }
  return '*';
}

oracle::RawReply to_raw(const Reply& reply) {
  oracle::RawReply raw;
  raw.kind = kind_of(reply.type());
  raw.is_null = reply.is_null();
  raw.text = reply.text();
  if (reply.type() == Reply::Type::integer) raw.text = std::to_string(reply.as_integer());
  for (const Reply& element : reply.elements()) raw.elements.push_back(to_raw(element));
  return raw;
}

Client dedicated_session(const Client& client) {
  auto session = client.dedicated();
  if (!session) throw oracle::WireError("no session: " + session.error().message);
  return *std::move(session);
}

}  // namespace

ClientTarget::ClientTarget(const Client& client) : session_(dedicated_session(client)) {}

std::vector<oracle::RawReply> ClientTarget::call(const std::vector<oracle::Argv>& commands) {
  std::vector<oracle::RawReply> replies;
  for (auto& outcome :
       session_.run_batch(Batch{.commands = commands, .atomic = false, .options = {}})) {
    // An error reply may come as a Reply or as an Error, depending on who decodes it.
    if (!outcome && outcome.error().code == ErrorCode::connection_lost) {
      throw oracle::WireError(outcome.error().message);
    }
    replies.push_back(
        outcome
            ? to_raw(*outcome)
            : oracle::RawReply{
                  .kind = '-', .is_null = false, .text = outcome.error().message, .elements = {}});
  }
  return replies;
}

MakeTarget targets_on(const std::string& url) {
  auto client = open(url);
  if (!client) throw oracle::WireError(url + ": " + client.error().message);
  return [client = *std::move(client)] { return std::make_unique<ClientTarget>(client); };
}

}  // namespace redstart::linearizability
