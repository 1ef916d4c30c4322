// AclRights: what a user may do, and how it proves who it is: what a line of rules ("on >secret ~app:* +@read
// (+set ~log:*)") comes to.
//
// A user has a root selector and any number of further ones in parentheses. Each selector names commands,
// keys and channels; a call is permitted when one selector permits all of it.
//
// Threads: thread-compatible; once published by an AclUser, immutable. Ownership: borrows the catalog.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/keys.h"
#include "command/spec.h"
#include "execution/acl/catalog.h"

namespace redstart {

// What is wrong with a rule.
enum class AclRuleError : uint8_t {
  syntax,
  unknown_command,
  needless_key_pattern,
  needless_channel_pattern,
  unknown_password,
  bad_digest,
  argument_of_subcommand,
};
// For people, as Redis says it.
std::string_view message_of(AclRuleError error);

// Why a call is not permitted. The later ones tell more: they come from a selector with the command.
enum class AclDenial : uint8_t { none, command, key, channel };

struct AclDecision {
  AclDenial denial = AclDenial::none;
  size_t word = 0;  // the key or channel that is denied
};

// One call, its keys found when first asked for.
class AclCall {
 public:
  AclCall(const CommandSpec& spec, size_t command, std::span<const std::string_view> words)
      : spec(spec), command(command), words(words) {}
  std::span<const KeyPosition> keys() const;

  const CommandSpec& spec;
  const size_t command;  // its number in the table
  const std::span<const std::string_view> words;

 private:
  mutable std::optional<std::vector<KeyPosition>> keys_;
};

// Commands, keys and channels that go together.
class AclSelector {
 public:
  explicit AclSelector(const AclCatalog& catalog);

  std::optional<AclRuleError> apply(std::string_view rule);
  AclDecision check(const AclCall& call) const;
  bool permits_key(std::string_view key, uint16_t key_flags) const;
  // A channel's name, or a pattern of names, which must then be permitted literally.
  bool permits_channel(std::string_view name, bool is_pattern) const;
  // Whether every key may be read.
  bool reads_all_keys() const;
  bool has_all_channels() const { return all_channels_; }
  const std::vector<std::string>& channel_patterns() const { return channels_; }
  bool is_unrestricted() const;

  // "-@all +get", "~a* %R~b*", "&news.*".
  std::string command_rules() const;
  std::string key_rules() const;
  std::string channel_rules() const;
  // All three, in the form of ACL LIST.
  std::string describe() const;

 private:
  static constexpr uint8_t kRead = 1, kWrite = 2;
  struct KeyPattern {
    uint8_t access;
    std::string pattern;
  };

  void set_all_commands(bool permitted);
  void set_command(const CommandSpec& spec, bool permitted);
  void note_rule(std::string_view name, bool permitted);
  std::optional<AclRuleError> apply_category(std::string_view name, bool permitted);
  std::optional<AclRuleError> apply_command(std::string_view name, bool permitted);
  std::optional<AclRuleError> permit_first_argument(std::string_view name);
  std::optional<AclRuleError> apply_key_pattern(std::string_view rule);
  std::optional<AclRuleError> apply_channel_pattern(std::string_view pattern);
  bool permits_command(const AclCall& call) const;
  AclDecision check_keys(const AclCall& call) const;
  AclDecision check_channels(const AclCall& call) const;

  const AclCatalog* catalog_;
  std::vector<bool> permitted_;  // by the commands' numbers
  // Commands that are permitted with these first arguments only.
  std::map<size_t, std::vector<std::string>> first_arguments_;
  bool starts_with_all_ = false;    // rules_ follow on +@all, else on -@all
  std::vector<std::string> rules_;  // "+get", "-@write": what made permitted_ what it is
  bool all_keys_ = false;
  std::vector<KeyPattern> keys_;
  bool all_channels_ = false;
  std::vector<std::string> channels_;
};

class AclRights {
 public:
  // A new user's: off, without a password, without any permission but for channels if `all_channels`.
  AclRights(const AclCatalog& catalog, bool all_channels);
  // The default user's at first: on, nopass, everything.
  static AclRights unrestricted(const AclCatalog& catalog);

  // What `reset` and new selectors give from now on (the directive acl-pubsub-default).
  void set_all_channels_at_first(bool all) { all_channels_at_first_ = all; }

  // Applies one rule; selectors must be whole (see merge_selectors). After an error nothing has changed.
  std::optional<AclRuleError> apply(std::string_view rule);

  bool is_on() const { return on_; }
  bool has_no_password() const { return no_password_; }
  bool password_matches(std::string_view password) const;
  const std::vector<std::string>& password_digests() const { return digests_; }
  // The flags as ACL GETUSER shows them.
  std::vector<std::string_view> flags() const;
  // The root first.
  std::span<const AclSelector> selectors() const { return selectors_; }

  AclDecision check(const AclCall& call) const;
  bool permits_key(std::string_view key, uint16_t key_flags) const;
  bool permits_channel(std::string_view name, bool is_pattern) const;
  // Whether some selector permits the call and the reading of every key (SORT with patterns).
  bool permits_reading_all(const AclCall& call) const;
  bool has_all_channels() const;
  // Every call is permitted.
  bool is_unrestricted() const;
  // All rules in one line, from which apply() makes the same rights.
  std::string describe() const;

 private:
  void reset();
  std::optional<AclRuleError> add_password(std::string_view rule);
  std::optional<AclRuleError> remove_password(std::string_view rule);
  std::optional<AclRuleError> add_selector(std::string_view rule);

  const AclCatalog* catalog_;
  bool all_channels_at_first_;
  bool on_ = false;
  bool no_password_ = false;
  // Whether what RESTORE gets is checked: kept for those who ask, since it always is.
  enum class Sanitizing : uint8_t { unsaid, always, never };
  Sanitizing sanitizing_ = Sanitizing::unsaid;
  std::vector<std::string> digests_;
  std::vector<AclSelector> selectors_;
};

// Rules with selectors that were given in several words put together: "(+get", "~a*)" is one rule.
struct MergedRules {
  std::vector<std::string> rules;
  std::optional<size_t> unmatched;  // the word with a parenthesis that nothing closes
};
MergedRules merge_selectors(std::span<const std::string_view> words);

// Whether a user may have this name.
bool is_user_name(std::string_view name);

}  // namespace redstart
