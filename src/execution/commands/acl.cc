// ACL SETUSER | GETUSER | LIST | LOG ...: the users, and what they may do.
#include "execution/acl/acl.h"

#include <algorithm>

#include "base/quoted_words.h"
#include "base/text.h"
#include "command/table.h"
#include "execution/acl/password.h"
#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

// Redis quotes words in these errors up to their first zero byte.
std::string quoted(std::string_view word) {
  return "'" + quoted_in_error(word, std::string_view::npos) + "'";
}

Acl& acl_of(CommandContext& c) { return c.executor().acl(); }

void reply_names(CommandContext& c, std::span<const std::string_view> names) {
  c.reply().array(names.size());
  for (const std::string_view name : names) c.reply().bulk(name);
}

void run_cat(CommandContext& c) {
  if (c.arg_count() > 3) return reply_subcommand_syntax_error(c);
  if (c.arg_count() == 2) return reply_names(c, all_acl_categories());
  const AclCatalog& catalog = acl_of(c).catalog();
  const auto category = catalog.find_category(c.arg(2));
  if (!category) return c.error("ERR Unknown category " + quoted(c.arg(2).substr(0, 128)));
  std::vector<std::string_view> names;
  for (size_t i = 0; i < catalog.command_count(); ++i) {
    if (catalog.is_in_category(i, *category)) names.push_back(catalog.table().full_name(i));
  }
  reply_names(c, names);
}

void run_deluser(CommandContext& c) {
  const auto names = c.args().subspan(2);
  if (std::ranges::find(names, kDefaultUser) != names.end()) {
    return c.error("ERR The 'default' user cannot be removed");
  }
  c.reply().integer(static_cast<int64_t>(acl_of(c).remove_users(names, &c.session())));
}

void reply_denial(CommandContext& c, AclDecision decision, const std::string& command) {
  if (decision.denial == AclDenial::command) {
    return c.reply().bulk("This user has no permissions to run the '" + command + "' command");
  }
  const std::string_view kind = decision.denial == AclDenial::key ? "key" : "channel";
  c.reply().bulk("This user has no permissions to access the " + quoted(c.arg(decision.word + 3)) +
                 " " + std::string(kind));
}

void run_dryrun(CommandContext& c) {
  const auto user = acl_of(c).find(c.arg(2));
  if (!user) return c.error("ERR User " + quoted(c.arg(2)) + " not found");
  const CommandTable& table = c.executor().commands();
  const auto words = c.args().subspan(3);
  const CommandSpec* spec = table.find(words[0]);
  if (spec && !spec->subcommands.empty() && words.size() > 1) {
    spec = table.find_subcommand(*spec, words[1]);
  }
  if (!spec) return c.error("ERR Command " + quoted(words[0]) + " not found");
  const std::string& name = table.full_name(*spec);
  if (!spec->arity_fits(words.size())) {
    return c.error("ERR wrong number of arguments for '" + name + "' command");
  }
  const AclDecision decision = acl_of(c).check_user(*user, *spec, words);
  decision.denial == AclDenial::none ? c.reply().ok() : reply_denial(c, decision, name);
}

void run_genpass(CommandContext& c) {
  constexpr int64_t kBitsMax = 4096;
  if (c.arg_count() > 3) return reply_subcommand_syntax_error(c);
  int64_t bits = 256;
  if (c.arg_count() == 3 && !c.parse_integer(2, bits)) return;
  if (bits <= 0 || bits > kBitsMax) {
    return c.error(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
        "number up to 4096");
  }
  c.reply().bulk(random_hex_digits(static_cast<size_t>(bits + 3) / 4));
}

void reply_selector(CommandContext& c, const AclSelector& selector) {
  c.reply().bulk("commands");
  c.reply().bulk(selector.command_rules());
  c.reply().bulk("keys");
  c.reply().bulk(selector.key_rules());
  c.reply().bulk("channels");
  c.reply().bulk(selector.channel_rules());
}

void run_getuser(CommandContext& c) {
  const auto user = acl_of(c).find(c.arg(2));
  if (!user) return c.reply().null();
  const auto rights = user->rights();
  ReplySink& reply = c.reply();
  reply.map(6);
  reply.bulk("flags");
  reply.set(rights->flags().size());
  for (const std::string_view flag : rights->flags()) reply.bulk(flag);
  reply.bulk("passwords");
  reply.array(rights->password_digests().size());
  for (const std::string& digest : rights->password_digests()) reply.bulk(digest);
  reply_selector(c, rights->selectors()[0]);
  reply.bulk("selectors");
  const auto others = rights->selectors().subspan(1);
  reply.array(others.size());
  for (const AclSelector& selector : others) {
    reply.map(3);
    reply_selector(c, selector);
  }
}

void run_help(CommandContext& c) { reply_help(c); }

void run_list(CommandContext& c) {
  const auto lines = acl_of(c).lines();
  c.reply().array(lines.size());
  for (const std::string& line : lines) c.reply().bulk(line);
}

// The path of the users' file; empty: there is none, and that has been replied.
std::string file_of(CommandContext& c) {
  std::string path = c.executor().config().acl_file();
  if (path.empty()) {
    c.error(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
        "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
        "configuration file set) in order to store users in the Redis configuration.");
  }
  return path;
}

void run_load(CommandContext& c) {
  const std::string path = file_of(c);
  if (path.empty()) return;
  const auto problem = acl_of(c).load_file(path, &c.session());
  problem ? c.error("ERR " + *problem) : c.reply().ok();
}

void run_save(CommandContext& c) {
  const std::string path = file_of(c);
  if (path.empty()) return;
  const auto problem = acl_of(c).save_file(path);
  if (!problem) return c.reply().ok();
  c.executor().state().log("cannot save the users to " + path + ": " + *problem);
  c.error(
      "ERR There was an error trying to save the ACLs. Please check the server logs for more "
      "information");
}

void reply_entry(CommandContext& c, const AclLog::Entry& entry) {
  ReplySink& reply = c.reply();
  const auto text = [&](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  };
  const auto number = [&](std::string_view name, int64_t value) {
    reply.bulk(name);
    reply.integer(value);
  };
  reply.map(10);
  number("count", static_cast<int64_t>(entry.count));
  text("reason", name_of(entry.reason));
  text("context", name_of(entry.context));
  text("object", entry.object);
  text("username", entry.user);
  reply.bulk("age-seconds");
  const int64_t age_ms = c.executor().clock().unix_time_ms() - entry.unix_time_ms;
  reply.number(static_cast<double>(age_ms) / 1000);
  text("client-info", entry.client);
  number("entry-id", static_cast<int64_t>(entry.id));
  number("timestamp-created", entry.created_unix_time_ms);
  number("timestamp-last-updated", entry.unix_time_ms);
}

void run_log(CommandContext& c) {
  if (c.arg_count() > 3) return reply_subcommand_syntax_error(c);
  AclLog& log = acl_of(c).log();
  if (c.arg_count() == 3 && c.arg_is(2, "RESET")) {
    log.reset();
    return c.reply().ok();
  }
  int64_t count = 10;
  if (c.arg_count() == 3 && !c.parse_integer(2, count)) return;
  const auto entries = log.newest(static_cast<size_t>(std::max<int64_t>(count, 0)));
  c.reply().array(entries.size());
  for (const AclLog::Entry& entry : entries) reply_entry(c, entry);
}

void run_setuser(CommandContext& c) {
  const auto problem = acl_of(c).set_user(c.arg(2), c.args().subspan(3));
  problem ? c.error(*problem) : c.reply().ok();
}

void run_users(CommandContext& c) {
  const auto users = acl_of(c).users();
  c.reply().array(users.size());
  for (const auto& user : users) c.reply().bulk(user->name);
}

void run_whoami(CommandContext& c) { c.reply().bulk(c.session().identity.user()->name); }

constexpr uint32_t kForAdmins = kAdmin | kNoScript | kLoading | kStale;
constexpr uint32_t kForAll = kNoScript | kLoading | kStale;

constexpr Argument kCategory[] = {
    {.name = "categoryname", .type = ArgumentType::string, .flags = kOptional},
};
constexpr Argument kUsers[] = {
    {.name = "username", .type = ArgumentType::string, .flags = kMultiple},
};
constexpr Argument kUser[] = {
    {.name = "username", .type = ArgumentType::string},
};
constexpr Argument kDryrunArguments[] = {
    {.name = "username", .type = ArgumentType::string},
    {.name = "command", .type = ArgumentType::string},
    {.name = "arg", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};
constexpr Argument kBits[] = {
    {.name = "bits", .type = ArgumentType::integer, .flags = kOptional},
};
constexpr Argument kLogOperation[] = {
    {.name = "count", .type = ArgumentType::integer},
    {.name = "reset", .type = ArgumentType::pure_token, .token = "RESET"},
};
constexpr Argument kLogArguments[] = {
    {.name = "operation",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kLogOperation},
};
constexpr Argument kSetuserArguments[] = {
    {.name = "username", .type = ArgumentType::string},
    {.name = "rule", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr HistoryEntry kAclGetuserHistory[] = {
    {"6.2.0", "Tells channel patterns."},
    {"7.0.0", "Tells selectors; keys and channels are shown as the rules that give them."},
};

constexpr HistoryEntry kAclSetuserHistory[] = {
    {"6.2.0", "Takes rules about channels."},
    {"7.0.0", "Takes selectors, and rules about reading and writing keys."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "cat",
     .summary = "Lists the categories of commands, or the commands of one.",
     .complexity = "O(N), N: categories, or commands when one is given",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kForAll,
     .arguments = kCategory,
     .run = run_cat},
    {.name = "deluser",
     .summary = "Deletes users and closes their connections.",
     .complexity = "O(N + C), N: names, C: clients",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kForAdmins,
     .arguments = kUsers,
     .run = run_deluser},
    {.name = "dryrun",
     .summary = "Tells whether a user may make a call, without making it.",
     .complexity = "O(R), R: rules of the user",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -4,
     .flags = kForAdmins,
     .arguments = kDryrunArguments,
     .run = run_dryrun},
    {.name = "genpass",
     .summary = "Makes up a password that cannot be guessed.",
     .complexity = "O(N), N: bits",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kForAll,
     .arguments = kBits,
     .run = run_genpass},
    {.name = "getuser",
     .summary = "Shows what a user may do.",
     .complexity = "O(R), R: passwords and rules of the user",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = 3,
     .flags = kForAdmins,
     .arguments = kUser,
     .history = kAclGetuserHistory,
     .run = run_getuser},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "list",
     .summary = "Lists the users, each as a line of a configuration file.",
     .complexity = "O(R), R: rules of all users",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kForAdmins,
     .run = run_list},
    {.name = "load",
     .summary = "Takes the users from their file again.",
     .complexity = "O(R + C), R: rules of the file, C: clients",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kForAdmins,
     .run = run_load},
    {.name = "log",
     .summary = "Shows the latest calls and logins that were denied, or forgets them.",
     .complexity = "O(N), N: entries shown",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kForAdmins,
     .arguments = kLogArguments,
     .run = run_log},
    {.name = "save",
     .summary = "Writes the users to their file.",
     .complexity = "O(R), R: rules of all users",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kForAdmins,
     .run = run_save},
    {.name = "setuser",
     .summary = "Creates a user or changes what it may do.",
     .complexity = "O(R*N), R: rules given, N: commands of a category",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kForAdmins,
     .arguments = kSetuserArguments,
     .history = kAclSetuserHistory,
     .run = run_setuser},
    {.name = "users",
     .summary = "Lists the names of the users.",
     .complexity = "O(N), N: users",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kForAdmins,
     .run = run_users},
    {.name = "whoami",
     .summary = "Tells which user the session is.",
     .complexity = "O(1)",
     .since = "6.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kForAll,
     .run = run_whoami},
};

}  // namespace

REDSTART_COMMAND(acl) = {
    .name = "acl",
    .summary = "Shows and changes users and their permissions.",
    .complexity = "See the subcommands",
    .since = "6.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
