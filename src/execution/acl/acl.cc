#include "execution/acl/acl.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/files.h"
#include "execution/client_info.h"
#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/pubsub.h"
#include "execution/session.h"

namespace redstart {
namespace {

AclReason reason_of(AclDenial denial) {
  if (denial == AclDenial::channel) return AclReason::channel;
  return denial == AclDenial::key ? AclReason::key : AclReason::command;
}

std::string quoted_rule(const std::string& rule) {
  return "'" + rule.substr(0, rule.find('\0')) + "'";
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Applies rules in order up to the first that is wrong; returns it and what is wrong.
struct BadRule {
  std::string rule;
  AclRuleError error;
};
std::optional<BadRule> apply_all(AclRights& rights, const std::vector<std::string>& rules) {
  for (const std::string& rule : rules) {
    if (const auto error = rights.apply(rule)) return BadRule{rule, *error};
  }
  return std::nullopt;
}

}  // namespace

std::string denial_error(AclDenial denial, const std::string& command) {
  switch (denial) {
    case AclDenial::key:
      return "NOPERM this user has no permissions to access one of the keys used as arguments";
    case AclDenial::channel:
      return "NOPERM this user has no permissions to access one of the channels used as arguments";
    default:
      return "NOPERM this user has no permissions to run the '" + command + "' command";
  }
}

std::string denial_error_at_exec(AclDenial denial) {
  const std::string_view reason =
      denial == AclDenial::key       ? "no permission to touch the specified keys"
      : denial == AclDenial::channel ? "no permission to access one of the channels used as arguments"
                                     : "no permission to execute the command or subcommand";
  return "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC "
         "call. This command is no longer allowed for the following reason: " +
         std::string(reason);
}

std::string_view denial_error_in_script(AclDenial denial) {
  switch (denial) {
    case AclDenial::key:
      return "The user executing the script can't access at least one of the keys mentioned in the "
             "command arguments";
    case AclDenial::channel:
      return "The user executing the script can't publish to the channel mentioned in the command";
    default:
      return "The user executing the script can't run this command or subcommand";
  }
}

Acl::Acl(Executor& executor)
    : executor_(executor),
      catalog_(executor.commands()),
      default_user_(std::make_shared<AclUser>(std::string(kDefaultUser),
                                              AclRights::unrestricted(catalog_))) {
  users_.emplace(kDefaultUser, default_user_);
  Config& config = executor_.config();
  config.on_change("requirepass", [this]() -> std::optional<std::string> {
    follow_requirepass();
    return std::nullopt;
  });
  config.on_user_line([this](std::span<const std::string> words) { return check_line(words); });
  config.set_user_lines([this] { return lines(); });
}

AclRights Acl::new_rights() const {
  return {catalog_, executor_.config().new_users_have_all_channels()};
}

// --- Sessions

void Acl::become(Session& session, UserPointer user, bool authenticated) {
  const std::lock_guard lock(session.mutex);
  session.identity.become(std::move(user), authenticated);
}

void Acl::log_out(Session& session) {
  become(session, default_user_, executor_.options().embedded || !requires_authentication());
}

bool Acl::default_user_has_no_password() const {
  return default_user_->rights()->has_no_password();
}

bool Acl::requires_authentication() const {
  const auto rights = default_user_->rights();
  return !rights->has_no_password() || !rights->is_on();
}

bool Acl::authenticate(Session& session, std::string_view command, std::string_view name,
                       std::string_view password) {
  const UserPointer user = find(name);
  const auto rights = user ? user->rights() : nullptr;
  if (rights && rights->is_on() && rights->password_matches(password)) {
    become(session, user, true);
    return true;
  }
  note_denial(session, AclReason::auth, session.in_multi ? AclContext::multi : AclContext::toplevel, command, name);
  return false;
}

// --- Permissions

AclDecision Acl::check_user(const AclUser& user, const CommandSpec& spec, Words words) const {
  return user.rights()->check({spec, catalog_.table().index_of(spec), words});
}

AclDecision Acl::check(Session& session, const CommandSpec& spec, Words words,
                       AclContext context) {
  AclIdentity& identity = session.identity;
  if (identity.is_unrestricted()) return {};
  const AclDecision decision =
      identity.rights().check({spec, catalog_.table().index_of(spec), words});
  if (decision.denial != AclDenial::none) {
    note_denial(session, decision, context, spec, words, *identity.user());
  }
  return decision;
}

bool Acl::permits(Session& session, const CommandSpec& spec, Words words) const {
  AclIdentity& identity = session.identity;
  if (!identity.is_authenticated() || identity.user()->is_removed()) return false;
  const AclCall call{spec, catalog_.table().index_of(spec), words};
  return identity.rights().check(call).denial == AclDenial::none;
}

std::optional<std::string> Acl::refusal(Session& session, const CommandSpec& spec, Words words,
                                        AclContext context) {
  const AclDecision decision = check(session, spec, words, context);
  if (decision.denial == AclDenial::none) return std::nullopt;
  return denial_error(decision.denial, catalog_.table().full_name(spec));
}

std::optional<std::string> Acl::refusal_of_blocked(const Session& session, const CommandSpec& spec,
                                                   Words words) {
  UserPointer user;
  {
    const std::lock_guard lock(session.mutex);
    user = session.identity.user();
  }
  if (!user || user->unrestricted()) return std::nullopt;
  const AclDecision decision = check_user(*user, spec, words);
  if (decision.denial == AclDenial::none) return std::nullopt;
  note_denial(session, decision, AclContext::toplevel, spec, words, *user);
  return denial_error(decision.denial, catalog_.table().full_name(spec));
}

bool Acl::permits_reading_all(Session& session, const CommandSpec& spec, Words words) {
  return session.identity.is_unrestricted() ||
         session.identity.rights().permits_reading_all(
             {spec, catalog_.table().index_of(spec), words});
}

void Acl::note_denial(const Session& session, AclDecision decision, AclContext context,
                      const CommandSpec& spec, Words words, const AclUser& user) {
  const bool is_command = decision.denial == AclDenial::command;
  const std::string_view object =
      is_command ? std::string_view(catalog_.table().full_name(spec)) : words[decision.word];
  note_denial(session, reason_of(decision.denial), context, object, user.name);
}

void Acl::note_denial(const Session& session, AclReason reason, AclContext context,
                      std::string_view object, std::string_view user) {
  log_.add({.reason = reason,
            .context = context,
            .object = std::string(object),
            .user = std::string(user),
            .unix_time_ms = executor_.clock().unix_time_ms(),
            .client = client_line(session, executor_)},
           executor_.config().acl_log_length_max());
}

// --- Users

Acl::UserPointer Acl::find(std::string_view name) const {
  const std::shared_lock lock(users_mutex_);
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second;
}

std::vector<Acl::UserPointer> Acl::users() const {
  const std::shared_lock lock(users_mutex_);
  std::vector<UserPointer> result;
  for (const auto& [name, user] : users_) result.push_back(user);
  return result;
}

std::vector<std::string> Acl::lines() const {
  std::vector<std::string> result;
  for (const UserPointer& user : users()) {
    result.push_back("user " + user->name + " " + user->rights()->describe());
  }
  return result;
}

std::optional<std::string> Acl::set_user(std::string_view name, Words rules) {
  if (!is_user_name(name)) return "ERR Usernames can't contain spaces or null characters";
  const MergedRules merged = merge_selectors(rules);
  if (merged.unmatched) {
    return "ERR Unmatched parenthesis in acl selector starting at " +
           quoted_rule(std::string(rules[*merged.unmatched])) + ".";
  }
  const std::unique_lock lock(users_mutex_);
  const auto found = users_.find(name);
  AclRights rights = new_rights();
  if (found != users_.end()) {
    const bool all_channels = executor_.config().new_users_have_all_channels();
    rights = *found->second->rights();
    rights.set_all_channels_at_first(all_channels);
  }
  if (const auto bad = apply_all(rights, merged.rules)) {
    return "ERR Error in ACL SETUSER modifier " + quoted_rule(bad->rule) + ": " +
           std::string(message_of(bad->error));
  }
  if (found == users_.end()) {
    users_.emplace(name, std::make_shared<AclUser>(std::string(name), std::move(rights)));
    return std::nullopt;
  }
  AclUser& user = *found->second;
  user.set_rights(rights);
  end_forbidden_subscriptions(user, rights);
  return std::nullopt;
}

size_t Acl::remove_users(Words names, Session* caller) {
  const std::unique_lock lock(users_mutex_);
  size_t removed = 0;
  for (const std::string_view name : names) {
    const auto found = users_.find(name);
    if (found == users_.end()) continue;
    const UserPointer user = found->second;
    users_.erase(found);
    user->remove();
    end_sessions_of(*user, caller);
    ++removed;
  }
  return removed;
}

void Acl::end_sessions_of(const AclUser& user, Session* caller) {
  bool is_caller = false;
  ClientRegistry& clients = executor_.clients();
  clients.for_each([&](Session& session) {
    {
      const std::lock_guard lock(session.mutex);
      if (session.identity.user().get() != &user) return;
    }
    is_caller = is_caller || &session == caller;
    if (&session != caller) clients.kill(session);
  });
  if (!is_caller) return;
  caller->close_after_reply = true;  // only after it has been told
  become(*caller, default_user_, false);
}

// A pattern that somebody listens to must be among the permitted ones as it stands.
void Acl::end_forbidden_subscriptions(const AclUser& user, const AclRights& rights) {
  if (rights.has_all_channels()) return;
  executor_.pubsub().for_each([&](PubSub::Kind kind, std::string_view name, Session& session) {
    if (rights.permits_channel(name, kind == PubSub::Kind::pattern)) return;
    {
      const std::lock_guard lock(session.mutex);
      if (session.identity.user().get() != &user) return;
    }
    executor_.clients().kill(session);
  });
}

void Acl::follow_requirepass() {
  const std::string password = executor_.config().required_password();
  const std::unique_lock lock(users_mutex_);
  AclRights rights = *default_user_->rights();
  rights.apply("resetpass");
  rights.apply(password.empty() ? "nopass" : ">" + password);
  default_user_->set_rights(std::move(rights));
}

// --- Files

std::optional<std::string> Acl::check_line(std::span<const std::string> words) const {
  const std::vector<std::string_view> views(words.begin(), words.end());
  const MergedRules merged = merge_selectors(Words(views).subspan(1));
  const auto problem = [](const std::string& word, std::string_view what) {
    return "Error in user declaration " + quoted_rule(word) + ": " + std::string(what);
  };
  if (merged.unmatched) return problem(words[*merged.unmatched + 1], "Unmatched parenthesis");
  if (!is_user_name(words[0])) return problem(words[0], "Spaces are not allowed in user names");
  AclRights rights = new_rights();
  if (const auto bad = apply_all(rights, merged.rules)) {
    return problem(bad->rule, message_of(bad->error));
  }
  return std::nullopt;
}

std::optional<std::string> Acl::load_configured() {
  const Config& config = executor_.config();
  if (!config.required_password().empty()) follow_requirepass();
  const auto& user_lines = config.user_lines();
  const std::string path = config.acl_file();
  if (!path.empty()) {
    if (!user_lines.empty()) return "users may be in the configuration file or in an aclfile, not in both";
    return load_file(path, nullptr);
  }
  NewRights users;
  for (const std::vector<std::string>& words : user_lines) {
    if (const auto problem = check_line(words)) return problem;
    const std::vector<std::string_view> rules(words.begin() + 1, words.end());
    AclRights rights = new_rights();
    apply_all(rights, merge_selectors(rules).rules);
    users.insert_or_assign(words[0], std::move(rights));
  }
  const std::unique_lock lock(users_mutex_);
  for (auto& [name, rights] : users) {
    if (name == kDefaultUser) {
      default_user_->set_rights(std::move(rights));
    } else {
      users_.insert_or_assign(name, std::make_shared<AclUser>(name, std::move(rights)));
    }
  }
  return std::nullopt;
}

std::optional<std::string> Acl::parse_line(const std::string& place, std::string_view line, NewRights& users) const {
  const auto words = split_at(line, ' ');
  if (words[0] != "user" || words.size() < 2) {
    return place + " should start with user keyword followed by the username. ";
  }
  const std::string name(words[1]);
  if (!is_user_name(name)) return place + ": username '" + name + "' contains invalid characters. ";
  if (users.contains(name)) return place + ": Duplicate user '" + name + "' found. ";
  const MergedRules merged = merge_selectors(Words(words).subspan(2));
  if (merged.unmatched) return place + ": Unmatched parenthesis in selector definition. ";
  AclRights& rights = users.emplace(name, new_rights()).first->second;
  std::string problems;
  bool is_first = true;  // of those that say nothing of their rule, which may be a secret
  for (const std::string& rule : merged.rules) {
    const auto error = rights.apply(trimmed(rule));
    if (!error) continue;
    const std::string message = std::string(message_of(*error)) + ". ";
    if (error == AclRuleError::unknown_command) {
      problems += place + ": Error in applying operation " + quoted_rule(std::string(trimmed(rule))) + ": " + message;
    } else if (std::exchange(is_first, false)) {
      problems += place + ": " + message;
    }
  }
  return problems.empty() ? std::nullopt : std::optional(problems);
}

// All problems of a file in one line, so that they can be mended together.
std::optional<std::string> Acl::parse_file(const std::string& path, std::string_view text,
                                           NewRights& users) const {
  std::string problems;
  int number = 0;
  for (const std::string_view line : split_at(text, '\n')) {
    ++number;
    if (trimmed(line).empty()) continue;
    problems += parse_line(path + ":" + std::to_string(number), trimmed(line), users).value_or("");
  }
  if (problems.empty()) return std::nullopt;
  return problems +
         "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";
}

void Acl::replace_users(NewRights users, Session* caller) {
  if (!users.contains(kDefaultUser)) {
    users.emplace(kDefaultUser, AclRights::unrestricted(catalog_));
  }
  for (auto at = users_.begin(); at != users_.end();) {
    const UserPointer user = at->second;
    const auto loaded = users.find(user->name);
    if (loaded == users.end()) {
      user->remove();
      end_sessions_of(*user, caller);
      at = users_.erase(at);
      continue;
    }
    const bool is_changed = user->rights()->describe() != loaded->second.describe();
    user->set_rights(std::move(loaded->second));
    if (is_changed && user != default_user_) end_sessions_of(*user, caller);
    if (user == default_user_) end_forbidden_subscriptions(*user, *user->rights());
    users.erase(loaded);
    ++at;
  }
  for (auto& [name, rights] : users) {
    users_.emplace(name, std::make_shared<AclUser>(name, std::move(rights)));
  }
}

std::optional<std::string> Acl::load_file(const std::string& path, Session* caller) {
  const auto text = read_whole_file(path);
  if (!text) {
    return "Error loading ACLs, opening file '" + path + "': " + std::strerror(errno);
  }
  NewRights users;
  if (auto problem = parse_file(path, *text, users)) return problem;
  const std::unique_lock lock(users_mutex_);
  replace_users(std::move(users), caller);
  return std::nullopt;
}

std::optional<std::string> Acl::save_file(const std::string& path) const {
  std::string text;
  for (const std::string& line : lines()) text += line + "\n";
  return replace_file(path, text);
}

}  // namespace redstart
