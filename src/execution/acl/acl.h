// Acl: the users of a store, who is who, and what is denied (AUTH, ACL).
//
// Every session is a user. What the user may do is asked before each command runs; a session of an
// unrestricted user is not asked about. A change of a user takes effect with the next command of each of its
// sessions.
//
// Threads: thread-safe; log_in(), log_out(), authenticate(), refusal() by the session's owner.
// Ownership: owns the users, together with their sessions.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "execution/acl/acl_log.h"
#include "execution/acl/catalog.h"
#include "execution/acl/user.h"

namespace redstart {

class Executor;
class Session;

inline constexpr std::string_view kDefaultUser = "default";

// Errors that tell of a denial: to who called; from EXEC, for a command that was permitted when it was queued;
// from a script's call. `command` is the full name.
std::string denial_error(AclDenial denial, const std::string& command);
std::string denial_error_at_exec(AclDenial denial);
std::string_view denial_error_in_script(AclDenial denial);

class Acl {
 public:
  using Words = std::span<const std::string_view>;
  using UserPointer = std::shared_ptr<AclUser>;

  // Follows `requirepass` from then on.
  explicit Acl(Executor& executor);

  // --- Sessions

  // The session becomes what a new one is: the default user, authenticated if that needs no password.
  void log_out(Session& session);
  // Whether the words prove who the session is; then it is that user. A failure is logged.
  // `command` as it was called, for the log.
  bool authenticate(Session& session, std::string_view command, std::string_view user, std::string_view password);
  // The default user needs a password, or is off.
  bool requires_authentication() const;
  // The default user has `nopass`.
  bool default_user_has_no_password() const;

  // --- Permissions. `spec` is a command of the store's table.

  // Whether the session's user may make the call, or why not; then the log has it. Cost: two loads for an
  // unrestricted user.
  AclDecision check(Session& session, const CommandSpec& spec, Words words, AclContext context);
  // The same without a word about it: whether an authenticated session may make the call.
  bool permits(Session& session, const CommandSpec& spec, Words words) const;
  // The same as the error that is replied, or nothing.
  std::optional<std::string> refusal(Session& session, const CommandSpec& spec, Words words,
                                     AclContext context = AclContext::toplevel);
  // The same for a session that waits in a blocking command, called by whoever has something for it.
  std::optional<std::string> refusal_of_blocked(const Session& session, const CommandSpec& spec,
                                                Words words);
  // Whether the session may make the call and read every key.
  bool permits_reading_all(Session& session, const CommandSpec& spec, Words words);
  // What a user may do; REQUIRES: words that fit the command.
  AclDecision check_user(const AclUser& user, const CommandSpec& spec, Words words) const;

  // --- Users

  UserPointer find(std::string_view name) const;
  // By name.
  std::vector<UserPointer> users() const;
  // Creates or changes a user, all rules or none. Returns the error, as SETUSER replies it.
  std::optional<std::string> set_user(std::string_view name, Words rules);
  // Returns how many there were. Their sessions end; `caller` after its reply.
  size_t remove_users(Words names, Session* caller);
  // "user alice on ..." for each.
  std::vector<std::string> lines() const;

  // --- Files

  // What a configuration says: its `user` lines, or its `aclfile`. Returns what is wrong. Before others use
  // the store.
  std::optional<std::string> load_configured();
  // What is wrong with a `user` line of a configuration file, its words without "user".
  std::optional<std::string> check_line(std::span<const std::string> words) const;
  // ACL LOAD: takes all users from the file, or leaves them as they are and says what is wrong. Sessions of
  // users that are gone or have changed end.
  std::optional<std::string> load_file(const std::string& path, Session* caller);
  // ACL SAVE; returns what went wrong.
  std::optional<std::string> save_file(const std::string& path) const;

  const AclCatalog& catalog() const { return catalog_; }
  AclLog& log() { return log_; }

 private:
  using Users = std::map<std::string, UserPointer, std::less<>>;
  using NewRights = std::map<std::string, AclRights, std::less<>>;

  AclRights new_rights() const;
  void follow_requirepass();
  void note_denial(const Session& session, AclDecision decision, AclContext context,
                   const CommandSpec& spec, Words words, const AclUser& user);
  void become(Session& session, UserPointer user, bool authenticated);
  void note_denial(const Session& session, AclReason reason, AclContext context, std::string_view object,
                   std::string_view user);
  std::optional<std::string> parse_file(const std::string& path, std::string_view text,
                                        NewRights& users) const;
  std::optional<std::string> parse_line(const std::string& place, std::string_view line, NewRights& users) const;
  // REQUIRES: users_mutex_ is held alone.
  void replace_users(NewRights users, Session* caller);
  void end_sessions_of(const AclUser& user, Session* caller);
  // Ends sessions of the user that listen to channels which `rights` do not permit.
  void end_forbidden_subscriptions(const AclUser& user, const AclRights& rights);

  Executor& executor_;
  const AclCatalog catalog_;
  AclLog log_;
  const UserPointer default_user_;
  mutable std::shared_mutex users_mutex_;  // guards users_
  Users users_;
};

}  // namespace redstart
