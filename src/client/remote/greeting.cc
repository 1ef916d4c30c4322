#include "client/remote/greeting.h"

#include <cstdlib>

#include "resp/command_text.h"

namespace redstart::remote {

std::optional<Error> loading_error(const Reply& reply) {
  if (!reply.is_error() || !reply.text().starts_with("LOADING ")) return std::nullopt;
  return error_from_reply(reply.text());
}

namespace {

Error refused_replica_error() {
  return {ErrorCode::connection_refused, Outcome::not_done, "the server is a replica, not the master"};
}

}  // namespace

std::optional<Error> replica_error(const Reply& hello) {
  for (size_t i = 0; hello.is_aggregate() && i + 1 < hello.size(); i += 2) {
    if (hello[i].text() == "role" && hello[i + 1].text() == "replica") return refused_replica_error();
  }
  return std::nullopt;
}

std::optional<Error> cut_off_error(const Reply& cluster_info) {
  if (cluster_info.is_error() || !cluster_info.text().contains("cluster_state:fail")) return std::nullopt;
  return Error{ErrorCode::cluster_down, Outcome::not_done, "the cluster is down, or the server is cut off from it"};
}

namespace {

// In what HELLO is answered.
uint64_t server_id_in(const Reply& hello) {
  for (size_t i = 0; hello.is_aggregate() && i + 1 < hello.size(); i += 2) {
    if (hello[i].text() == "id" && hello[i + 1].type() == Reply::Type::integer) {
      return static_cast<uint64_t>(hello[i + 1].as_integer());
    }
  }
  return 0;
}

// Whether CLIENT LIST shows the lost connection. A server that was started anew gives ids anew: another's connection
// has another age.
bool is_still_there(const SilentConnection& lost, std::string_view line) {
  constexpr std::string_view kAge = " age=";
  constexpr std::chrono::seconds kRounding{2};
  const size_t place = line.find(kAge);
  if (place == std::string_view::npos) return false;
  const std::chrono::seconds age(std::atoll(std::string(line.substr(place + kAge.size(), 20)).c_str()));
  const auto now = SteadyClock::now();
  return age >= now - lost.introduced_at - kRounding && age <= now - lost.began_at + kRounding;
}

}  // namespace

Greeting::Greeting(const OpenOptions& options, Purpose purpose, ServerRole wanted, std::vector<SilentConnection> silent)
    : options_(options),
      purpose_(purpose),
      wanted_(wanted),
      silent_(std::move(silent)),
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
    case Step::role:
      words.add("ROLE");
      break;
    case Step::read_only:
      words.add("READONLY");
      break;
    case Step::find_silent:
      words.add("CLIENT").add("LIST").add("ID").add(silent_.back().server_id);
      break;
    case Step::end_silent:
      words.add("CLIENT").add("KILL").add("ID").add(silent_.back().server_id);
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
  if (step_ == Step::select && options_.db == 0) step_ = Step::role;
  // In RESP3 HELLO has told it.
  if (step_ == Step::role && (wanted_ != ServerRole::master || protocol_ == 3)) step_ = Step::read_only;
  if (step_ == Step::read_only && wanted_ != ServerRole::cluster_replica) step_ = Step::find_silent;
  while (step_ == Step::find_silent && !silent_.empty() && silent_.back().server_id == 0) {
    leaves_any_ = true;
    silent_.pop_back();
  }
  if (step_ == Step::find_silent && silent_.empty()) step_ = Step::done;
}

void Greeting::settle_silent(bool is_ended) {
  if (is_ended) {
    ended_.push_back(silent_.back());
  } else {
    leaves_any_ = true;
  }
  silent_.pop_back();
  advance(Step::find_silent);
}

result<void> Greeting::take(const Reply& reply) {
  switch (step_) {
    case Step::ping:
      step_ = Step::done;
      loading_ = loading_error(reply);
      return {};  // any answer shows that it lives
    case Step::hello:
      if (!reply.is_error()) {
        auto replica = replica_error(reply);
        if (replica && wanted_ == ServerRole::master) return std::unexpected(std::move(*replica));
        server_id_ = server_id_in(reply);
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
      advance(Step::role);
      return {};
    case Step::role:
      if (reply.size() > 0 && reply[0].text() == "slave") return std::unexpected(refused_replica_error());
      advance(Step::read_only);
      return {};
    case Step::read_only:
      advance(Step::find_silent);
      return {};  // a server without a cluster refuses it, and lets itself be read
    case Step::find_silent:
      if (!reply.is_error() && is_still_there(silent_.back(), reply.text())) {
        step_ = Step::end_silent;
      } else {
        settle_silent(!reply.is_error());
      }
      return {};
    case Step::end_silent:
      settle_silent(!reply.is_error());
      return {};
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
