#include "client/remote/greeting.h"

#include "resp/command_text.h"

namespace redstart::remote {

std::optional<Error> loading_error(const Reply& reply) {
  if (!reply.is_error() || !reply.text().starts_with("LOADING ")) return std::nullopt;
  return error_from_reply(reply.text());
}

Greeting::Greeting(const OpenOptions& options, Purpose purpose, bool reads_replica)
    : options_(options),
      purpose_(purpose),
      reads_replica_(reads_replica),
      step_(purpose == Purpose::check ? Step::ping : Step::hello) {}

std::string Greeting::bytes() const {
  WordList words;
  switch (step_) {
    case Step::ping:
      words.add("PING");
      break;
    case Step::hello:
      words.add("HELLO").add("3");
      if (!options_.password.empty()) {
        const std::string_view user = options_.user;
        words.add("AUTH").add(user.empty() ? std::string_view("default") : user);
        words.add(options_.password);
      }
      if (!options_.client_name.empty()) words.add("SETNAME").add(options_.client_name);
      break;
    case Step::auth:
      words.add("AUTH");
      if (!options_.user.empty()) words.add(options_.user);
      words.add(options_.password);
      break;
    case Step::set_name:
      words.add("CLIENT").add("SETNAME").add(options_.client_name);
      break;
    case Step::select:
      words.add("SELECT").add(options_.db);
      break;
    case Step::read_only:
      words.add("READONLY");
      break;
    case Step::done:
      break;
  }
  std::string bytes;
  append_command(bytes, words.span());
  return bytes;
}

void Greeting::advance(Step next) {
  step_ = next;
  if (step_ == Step::auth && options_.password.empty()) step_ = Step::set_name;
  if (step_ == Step::set_name && options_.client_name.empty()) step_ = Step::select;
  if (step_ == Step::select && options_.db == 0) step_ = Step::read_only;
  if (step_ == Step::read_only && !reads_replica_) step_ = Step::done;
}

result<void> Greeting::take(const Reply& reply) {
  switch (step_) {
    case Step::ping:
      step_ = Step::done;
      loading_ = loading_error(reply);
      return {};  // any answer shows that it lives
    case Step::hello:
      if (!reply.is_error()) {
        advance(Step::select);
        return {};
      }
      if (reply.text().starts_with("ERR unknown command") || reply.text().starts_with("NOPROTO")) {
        protocol_ = 2;
        advance(Step::auth);
        return {};
      }
      return refused(reply);
    case Step::auth:
      if (reply.is_error()) return refused(reply);
      advance(Step::set_name);
      return {};
    case Step::set_name:
      if (reply.is_error()) return refused(reply);
      advance(Step::select);
      return {};
    case Step::select:
      if (reply.is_error()) return refused(reply);
      advance(Step::read_only);
      return {};
    case Step::read_only:
      step_ = Step::done;
      return {};  // a server without a cluster refuses it, and lets itself be read
    case Step::done:
      break;
  }
  return {};
}

result<void> Greeting::refused(const Reply& reply) const {
  Error error = error_from_reply(reply.text());
  if (error.code == ErrorCode::no_auth && options_.password.empty()) {
    error.message += " (the store's URL has no password)";
  } else if (step_ == Step::auth) {
    error.code = ErrorCode::no_auth;
  } else if (error.code == ErrorCode::server) {
    error.code =
        step_ == Step::select ? ErrorCode::invalid_argument : ErrorCode::connection_refused;
  }
  return std::unexpected(std::move(error));
}

}  // namespace redstart::remote
