#include "execution/acl/rights.h"

#include <algorithm>

#include "base/glob.h"
#include "base/quoted_words.h"
#include "base/text.h"
#include "execution/acl/password.h"

namespace redstart {
namespace {

bool has_space(std::string_view text) {
  return text.find_first_of(std::string_view(" \t\n\v\f\r\0", 7)) != std::string_view::npos;
}

void append_word(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

}  // namespace

std::string_view message_of(AclRuleError error) {
  switch (error) {
    case AclRuleError::syntax:
      return "Syntax error";
    case AclRuleError::unknown_command:
      return "Unknown command or category name in ACL";
    case AclRuleError::needless_key_pattern:
      return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not "
             "have any effect. Try 'resetkeys' to start with an empty list of patterns";
    case AclRuleError::needless_channel_pattern:
      return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does "
             "not have any effect. Try 'resetchannels' to start with an empty list of channels";
    case AclRuleError::unknown_password:
      return "The password you are trying to remove from the user does not exist";
    case AclRuleError::bad_digest:
      return "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
             "characters";
    case AclRuleError::argument_of_subcommand:
      return "Allowing first-arg of a subcommand is not supported";
  }
  return "";
}

std::span<const KeyPosition> AclCall::keys() const {
  if (!keys_) extract_keys(spec, words, keys_.emplace());
  return *keys_;
}

// --- Selectors

AclSelector::AclSelector(const AclCatalog& catalog)
    : catalog_(&catalog), permitted_(catalog.command_count()) {}

std::optional<AclRuleError> AclSelector::apply(std::string_view rule) {
  const auto is = [&](std::string_view word) { return equal_ignoring_case(rule, word); };
  if (is("allkeys") || is("~*") || is("resetkeys")) {
    all_keys_ = !is("resetkeys");
    keys_.clear();
  } else if (is("allchannels") || is("&*") || is("resetchannels")) {
    all_channels_ = !is("resetchannels");
    channels_.clear();
  } else if (is("allcommands") || is("+@all")) {
    set_all_commands(true);
  } else if (is("nocommands") || is("-@all")) {
    set_all_commands(false);
  } else if (rule.starts_with('~') || rule.starts_with('%')) {
    return apply_key_pattern(rule);
  } else if (rule.starts_with('&')) {
    return apply_channel_pattern(rule.substr(1));
  } else if (rule.starts_with('+') || rule.starts_with('-')) {
    const bool permitted = rule[0] == '+';
    const std::string_view name = rule.substr(1);
    if (name.starts_with('@')) return apply_category(name.substr(1), permitted);
    return apply_command(name, permitted);
  } else {
    return AclRuleError::syntax;
  }
  return std::nullopt;
}

void AclSelector::set_all_commands(bool permitted) {
  permitted_.assign(permitted_.size(), permitted);
  first_arguments_.clear();
  starts_with_all_ = permitted;
  rules_.clear();
}

// A container stands for its subcommands too.
void AclSelector::set_command(const CommandSpec& spec, bool permitted) {
  const size_t command = catalog_->table().index_of(spec);
  permitted_[command] = permitted;
  first_arguments_.erase(command);
  for (const CommandSpec& subcommand : spec.subcommands) set_command(subcommand, permitted);
}

// A rule makes earlier ones about the same command or its subcommands void.
void AclSelector::note_rule(std::string_view name, bool permitted) {
  const std::string lower = lower_case(name);
  std::erase_if(rules_, [&](const std::string& rule) {
    const std::string_view earlier = std::string_view(rule).substr(1);
    return earlier.starts_with(lower) &&
           (earlier.size() == lower.size() || earlier[lower.size()] == '|');
  });
  rules_.push_back((permitted ? "+" : "-") + lower);
}

std::optional<AclRuleError> AclSelector::apply_category(std::string_view name, bool permitted) {
  const auto category = catalog_->find_category(name);
  if (!category) return AclRuleError::unknown_command;
  const CommandTable& table = catalog_->table();
  const auto apply_to = [&](const CommandSpec& spec) {
    if (catalog_->is_in_category(table.index_of(spec), *category)) set_command(spec, permitted);
  };
  for (const CommandSpec* spec : table.all()) {
    apply_to(*spec);
    for (const CommandSpec& subcommand : spec->subcommands) apply_to(subcommand);
  }
  note_rule("@" + std::string(name), permitted);
  return std::nullopt;
}

std::optional<AclRuleError> AclSelector::apply_command(std::string_view name, bool permitted) {
  const size_t bar = name.rfind('|');
  if (permitted && bar != std::string_view::npos) {
    const CommandSpec* command = catalog_->find(name.substr(0, bar));
    if (!command) return AclRuleError::unknown_command;
    if (catalog_->table().container_of(*command)) return AclRuleError::argument_of_subcommand;
    if (bar + 1 == name.size()) return AclRuleError::syntax;
    if (command->subcommands.empty()) return permit_first_argument(name);
  }
  const CommandSpec* spec = catalog_->find(name);
  if (!spec) return AclRuleError::unknown_command;
  set_command(*spec, permitted);
  note_rule(name, permitted);
  return std::nullopt;
}

std::optional<AclRuleError> AclSelector::permit_first_argument(std::string_view name) {
  const size_t bar = name.rfind('|');
  const CommandSpec* spec = catalog_->find(name.substr(0, bar));
  auto& arguments = first_arguments_[catalog_->table().index_of(*spec)];
  const std::string argument = lower_case(name.substr(bar + 1));
  if (std::ranges::find(arguments, argument) == arguments.end()) arguments.push_back(argument);
  note_rule(name, true);
  return std::nullopt;
}

std::optional<AclRuleError> AclSelector::apply_key_pattern(std::string_view rule) {
  if (all_keys_) return AclRuleError::needless_key_pattern;
  uint8_t access = rule[0] == '~' ? kRead | kWrite : 0;
  size_t at = 1;
  for (; rule[0] == '%' && at < rule.size(); ++at) {
    const char letter = to_upper(rule[at]);
    const uint8_t wanted = letter == 'R' ? kRead : letter == 'W' ? kWrite : 0;
    if (rule[at] == '~' && access != 0) {
      ++at;
      break;
    }
    if (wanted == 0 || (access & wanted) != 0) return AclRuleError::syntax;
    access |= wanted;
  }
  const std::string_view pattern = rule.substr(at);
  if (access == 0 || has_space(pattern)) return AclRuleError::syntax;
  const auto known = std::ranges::find(keys_, pattern, &KeyPattern::pattern);
  if (known != keys_.end()) {
    known->access |= access;
  } else {
    keys_.push_back({access, std::string(pattern)});
  }
  return std::nullopt;
}

std::optional<AclRuleError> AclSelector::apply_channel_pattern(std::string_view pattern) {
  if (all_channels_) return AclRuleError::needless_channel_pattern;
  if (has_space(pattern)) return AclRuleError::syntax;
  if (std::ranges::find(channels_, pattern) == channels_.end()) channels_.emplace_back(pattern);
  return std::nullopt;
}

bool AclSelector::permits_command(const AclCall& call) const {
  if (permitted_[call.command] || call.spec.has(kNoAuth)) return true;
  const auto found = first_arguments_.find(call.command);
  if (found == first_arguments_.end() || call.words.size() < 2) return false;
  return std::ranges::any_of(found->second, [&](const std::string& argument) {
    return equal_ignoring_case(argument, call.words[1]);
  });
}

bool AclSelector::permits_key(std::string_view key, uint16_t key_flags) const {
  if (all_keys_) return true;
  uint8_t access = 0;
  if (key_flags & kKeyAccess) access |= kRead;
  if (key_flags & (kKeyInsert | kKeyDelete | kKeyUpdate)) access |= kWrite;
  return std::ranges::any_of(keys_, [&](const KeyPattern& pattern) {
    return (pattern.access & access) == access && glob_match(pattern.pattern, key);
  });
}

bool AclSelector::permits_channel(std::string_view name, bool is_pattern) const {
  if (all_channels_) return true;
  return std::ranges::any_of(channels_, [&](const std::string& pattern) {
    return is_pattern ? pattern == name : glob_match(pattern, name);
  });
}

bool AclSelector::reads_all_keys() const {
  return all_keys_ || std::ranges::any_of(keys_, [](const KeyPattern& pattern) {
           return (pattern.access & kRead) != 0 && pattern.pattern == "*";
         });
}

AclDecision AclSelector::check_keys(const AclCall& call) const {
  if (all_keys_) return {};
  for (const KeyPosition& key : call.keys()) {
    if (!permits_key(call.words[key.index], key.flags)) return {AclDenial::key, key.index};
  }
  return {};
}

AclDecision AclSelector::check_channels(const AclCall& call) const {
  const auto use = catalog_->channels_of(call.command);
  if (all_channels_ || use == AclCatalog::Channels::none) return {};
  const size_t end = use == AclCatalog::Channels::first ? 2 : call.words.size();
  for (size_t i = 1; i < end; ++i) {
    if (!permits_channel(call.words[i], use == AclCatalog::Channels::patterns)) {
      return {AclDenial::channel, i};
    }
  }
  return {};
}

AclDecision AclSelector::check(const AclCall& call) const {
  if (!permits_command(call)) return {AclDenial::command};
  const AclDecision keys = check_keys(call);
  return keys.denial == AclDenial::none ? check_channels(call) : keys;
}

bool AclSelector::is_unrestricted() const {
  return all_keys_ && all_channels_ && std::ranges::find(permitted_, false) == permitted_.end();
}

std::string AclSelector::command_rules() const {
  std::string text = starts_with_all_ ? "+@all" : "-@all";
  for (const std::string& rule : rules_) append_word(text, rule);
  return text;
}

std::string AclSelector::key_rules() const {
  if (all_keys_) return "~*";
  std::string text;
  for (const KeyPattern& pattern : keys_) {
    constexpr std::string_view kPrefixes[] = {"", "%R~", "%W~", "~"};
    append_word(text, std::string(kPrefixes[pattern.access]) + pattern.pattern);
  }
  return text;
}

std::string AclSelector::channel_rules() const {
  if (all_channels_) return "&*";
  std::string text;
  for (const std::string& pattern : channels_) append_word(text, "&" + pattern);
  return text;
}

std::string AclSelector::describe() const {
  std::string text = key_rules();
  if (!all_channels_) append_word(text, "resetchannels");
  if (all_channels_ || !channels_.empty()) append_word(text, channel_rules());
  append_word(text, command_rules());
  return text;
}

// --- Users

AclRights::AclRights(const AclCatalog& catalog, bool all_channels)
    : catalog_(&catalog), all_channels_at_first_(all_channels) {
  reset();
}

AclRights AclRights::unrestricted(const AclCatalog& catalog) {
  AclRights rights(catalog, true);
  for (const std::string_view rule : {"+@all", "~*", "on", "nopass"}) rights.apply(rule);
  return rights;
}

void AclRights::reset() {
  on_ = no_password_ = false;
  sanitizing_ = Sanitizing::unsaid;
  digests_.clear();
  selectors_.assign(1, AclSelector(*catalog_));
  if (all_channels_at_first_) selectors_[0].apply("allchannels");
}

std::optional<AclRuleError> AclRights::apply(std::string_view rule) {
  if (rule.empty()) return std::nullopt;
  const auto is = [&](std::string_view word) { return equal_ignoring_case(rule, word); };
  if (is("on") || is("off")) {
    on_ = is("on");
  } else if (is("sanitize-payload") || is("skip-sanitize-payload")) {
    sanitizing_ = is("sanitize-payload") ? Sanitizing::always : Sanitizing::never;
  } else if (is("nopass") || is("resetpass")) {
    no_password_ = is("nopass");
    digests_.clear();
  } else if (is("clearselectors")) {
    selectors_.erase(selectors_.begin() + 1, selectors_.end());
  } else if (is("reset")) {
    reset();
    sanitizing_ = Sanitizing::always;
  } else if (rule[0] == '>' || rule[0] == '#') {
    return add_password(rule);
  } else if (rule[0] == '<' || rule[0] == '!') {
    return remove_password(rule);
  } else if (rule[0] == '(' && rule.ends_with(')')) {
    return add_selector(rule);
  } else {
    return selectors_[0].apply(rule);
  }
  return std::nullopt;
}

std::optional<AclRuleError> AclRights::add_password(std::string_view rule) {
  const std::string_view text = rule.substr(1);
  if (rule[0] == '#' && !is_password_digest(text)) return AclRuleError::bad_digest;
  std::string digest = rule[0] == '#' ? std::string(text) : password_digest(text);
  if (std::ranges::find(digests_, digest) == digests_.end()) digests_.push_back(std::move(digest));
  no_password_ = false;
  return std::nullopt;
}

std::optional<AclRuleError> AclRights::remove_password(std::string_view rule) {
  const std::string_view text = rule.substr(1);
  if (rule[0] == '!' && !is_password_digest(text)) return AclRuleError::bad_digest;
  const std::string digest = rule[0] == '!' ? std::string(text) : password_digest(text);
  if (std::erase(digests_, digest) == 0) return AclRuleError::unknown_password;
  return std::nullopt;
}

std::optional<AclRuleError> AclRights::add_selector(std::string_view rule) {
  const auto words = split_quoted_words(rule.substr(1, rule.size() - 2));
  if (!words) return AclRuleError::syntax;
  AclSelector selector(*catalog_);
  if (all_channels_at_first_) selector.apply("allchannels");
  for (const std::string& word : *words) {
    if (const auto error = selector.apply(word)) return error;
  }
  selectors_.push_back(std::move(selector));
  return std::nullopt;
}

bool AclRights::password_matches(std::string_view password) const {
  if (no_password_) return true;
  const std::string digest = password_digest(password);
  bool matches = false;
  for (const std::string& known : digests_) matches |= equal_in_constant_time(known, digest);
  return matches;
}

std::vector<std::string_view> AclRights::flags() const {
  std::vector<std::string_view> result{on_ ? "on" : "off"};
  if (no_password_) result.push_back("nopass");
  if (sanitizing_ == Sanitizing::never) result.push_back("skip-sanitize-payload");
  if (sanitizing_ == Sanitizing::always) result.push_back("sanitize-payload");
  return result;
}

// No selector has the command: that is said. Otherwise what the selectors that come furthest lack, of several
// keys or channels the last one.
AclDecision AclRights::check(const AclCall& call) const {
  AclDecision worst{AclDenial::command};
  for (const AclSelector& selector : selectors_) {
    const AclDecision decision = selector.check(call);
    if (decision.denial == AclDenial::none) return decision;
    if (decision.denial > worst.denial ||
        (decision.denial == worst.denial && decision.word > worst.word)) {
      worst = decision;
    }
  }
  return worst;
}

bool AclRights::permits_key(std::string_view key, uint16_t key_flags) const {
  return std::ranges::any_of(selectors_, [&](const AclSelector& selector) {
    return selector.permits_key(key, key_flags);
  });
}

bool AclRights::permits_channel(std::string_view name, bool is_pattern) const {
  return std::ranges::any_of(selectors_, [&](const AclSelector& selector) {
    return selector.permits_channel(name, is_pattern);
  });
}

bool AclRights::permits_reading_all(const AclCall& call) const {
  return std::ranges::any_of(selectors_, [&](const AclSelector& selector) {
    return selector.check(call).denial == AclDenial::none && selector.reads_all_keys();
  });
}

bool AclRights::has_all_channels() const {
  return std::ranges::any_of(selectors_, &AclSelector::has_all_channels);
}

bool AclRights::is_unrestricted() const {
  return std::ranges::any_of(selectors_, &AclSelector::is_unrestricted);
}

std::string AclRights::describe() const {
  std::string text;
  for (const std::string_view flag : flags()) append_word(text, flag);
  for (const std::string& digest : digests_) append_word(text, "#" + digest);
  append_word(text, selectors_[0].describe());
  for (size_t i = 1; i < selectors_.size(); ++i) {
    append_word(text, "(" + selectors_[i].describe() + ")");
  }
  return text;
}

// As Redis does it, a word that opens a selector while another is open takes its place.
MergedRules merge_selectors(std::span<const std::string_view> words) {
  MergedRules merged;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool opens = word.starts_with('(') && !word.ends_with(')');
    if (!merged.unmatched) {
      merged.rules.emplace_back(word);
    } else if (opens) {
      merged.rules.back() = word;
    } else {
      merged.rules.back().append(" ").append(word);
    }
    if (opens) {
      merged.unmatched = i;
    } else if (word.ends_with(')')) {
      merged.unmatched.reset();
    }
  }
  return merged;
}

bool is_user_name(std::string_view name) { return !has_space(name); }

}  // namespace redstart
