#include "execution/commands/client_tracking.h"

#include <string>
#include <vector>

#include "execution/client_registry.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "execution/tracking.h"

namespace redstart {
namespace {

struct ModeName {
  std::string_view word;
  TrackingFlag flag;
};
constexpr ModeName kModes[] = {
    {"BCAST", kTrackingBroadcast},
    {"OPTIN", kTrackingOptIn},
    {"OPTOUT", kTrackingOptOut},
    {"NOLOOP", kTrackingNoLoop},
};

uint16_t flags_of(const Session& session) {
  return session.tracking ? session.tracking->flags.load(std::memory_order_relaxed) : uint16_t{0};
}

bool parse_redirect(CommandContext& c, size_t index, TrackingOptions& options) {
  if (options.redirect_id != 0) {
    c.error("ERR A client can only redirect to a single other client");
    return false;
  }
  int64_t id;
  if (!c.parse_integer(index, id)) return false;
  options.redirect_id = static_cast<uint64_t>(id);
  if (c.executor().clients().with(options.redirect_id, [](Session&) {})) return true;
  c.error("ERR The client ID you want redirect to does not exist");
  return false;
}

bool parse_mode(CommandContext& c, size_t index, TrackingOptions& options) {
  for (const ModeName& mode : kModes) {
    if (!c.arg_is(index, mode.word)) continue;
    options.flags |= mode.flag;
    return true;
  }
  c.syntax_error();
  return false;
}

bool parse_options(CommandContext& c, TrackingOptions& options) {
  for (size_t i = 3; i < c.arg_count(); ++i) {
    const bool has_value = i + 1 < c.arg_count();
    if (has_value && c.arg_is(i, "REDIRECT")) {
      if (!parse_redirect(c, ++i, options)) return false;
    } else if (has_value && c.arg_is(i, "PREFIX")) {
      options.prefixes.emplace_back(c.arg(++i));
    } else if (!parse_mode(c, i, options)) {
      return false;
    }
  }
  return true;
}

// What is wrong with the modes among themselves, or with those that the session has; empty: nothing.
std::string_view conflict(uint16_t present, const TrackingOptions& options) {
  const uint16_t wanted = options.flags;
  const bool is_on = (present & kTrackingOn) != 0;
  if (!(wanted & kTrackingBroadcast) && !options.prefixes.empty()) {
    return "ERR PREFIX option requires BCAST mode to be enabled";
  }
  if (is_on && ((present ^ wanted) & kTrackingBroadcast)) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "
           "re-enabling it with a different mode.";
  }
  constexpr uint16_t kChoosing = kTrackingOptIn | kTrackingOptOut;
  if ((wanted & kTrackingBroadcast) && (wanted & kChoosing)) {
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  }
  if ((wanted & kChoosing) == kChoosing) {
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  }
  if ((wanted & kChoosing) && (present & kChoosing) && (wanted & kChoosing) != (present & kChoosing)) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
           "re-enabling it with a different mode.";
  }
  return {};
}

bool overlap(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

bool complain_of_overlap(CommandContext& c, std::string_view prefix, std::string_view kind,
                         std::string_view other) {
  std::string error = "ERR Prefix '";
  error.append(prefix).append("' overlaps with ").append(kind).append(" prefix '").append(other);
  c.error(error + "'. Prefixes for a single client must not overlap.");
  return false;
}

// Two prefixes of one client may not be told of the same key.
bool check_prefixes(CommandContext& c, const std::vector<std::string>& prefixes) {
  for (size_t i = 0; i < prefixes.size(); ++i) {
    const std::string& prefix = prefixes[i];
    if (c.session().tracking) {
      for (const std::string& present : c.session().tracking->prefixes) {
        if (overlap(prefix, present)) return complain_of_overlap(c, prefix, "an existing", present);
      }
    }
    for (size_t j = i + 1; j < prefixes.size(); ++j) {
      if (overlap(prefix, prefixes[j])) {
        return complain_of_overlap(c, prefix, "another provided", prefixes[j]);
      }
    }
  }
  return true;
}

std::vector<std::string_view> flag_names(const Session& session) {
  const uint16_t flags = flags_of(session);
  std::vector<std::string_view> names;
  const auto add_if = [&](uint16_t flag, std::string_view name) {
    if (flags & flag) names.push_back(name);
  };
  names.push_back(flags & kTrackingOn ? "on" : "off");
  add_if(kTrackingBroadcast, "bcast");
  add_if(kTrackingOptIn, "optin");
  if (session.caching_given) add_if(kTrackingOptIn, "caching-yes");
  add_if(kTrackingOptOut, "optout");
  if (session.caching_given) add_if(kTrackingOptOut, "caching-no");
  add_if(kTrackingNoLoop, "noloop");
  add_if(kTrackingBrokenRedirect, "broken_redirect");
  return names;
}

}  // namespace

int64_t redirect_of(const Session& session) {
  if (!(flags_of(session) & kTrackingOn)) return -1;
  return static_cast<int64_t>(session.tracking->redirect_id.load(std::memory_order_relaxed));
}

void run_client_tracking(CommandContext& c) {
  TrackingOptions options;
  if (!parse_options(c, options)) return;
  Tracking& tracking = c.executor().tracking();
  if (c.arg_is(2, "OFF")) {
    tracking.disable(c.session());
    return c.reply().ok();
  }
  if (!c.arg_is(2, "ON")) return c.syntax_error();
  const std::string_view error = conflict(flags_of(c.session()), options);
  if (!error.empty()) return c.error(error);
  if ((options.flags & kTrackingBroadcast) && !check_prefixes(c, options.prefixes)) return;
  tracking.enable(c.session(), options);
  c.reply().ok();
}

void run_client_caching(CommandContext& c) {
  const uint16_t flags = flags_of(c.session());
  if (!(flags & kTrackingOn)) {
    return c.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  const bool yes = c.arg_is(2, "YES");
  if (!yes && !c.arg_is(2, "NO")) return c.syntax_error();
  if (yes && !(flags & kTrackingOptIn)) {
    return c.error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (!yes && !(flags & kTrackingOptOut)) {
    return c.error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  c.session().caching_given = true;
  c.reply().ok();
}

void run_client_getredir(CommandContext& c) { c.reply().integer(redirect_of(c.session())); }

void run_client_trackinginfo(CommandContext& c) {
  const Session& session = c.session();
  ReplySink& reply = c.reply();
  reply.map(3);
  reply.bulk("flags");
  const auto flags = flag_names(session);
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.bulk(flag);
  reply.bulk("redirect");
  reply.integer(redirect_of(session));
  reply.bulk("prefixes");
  if (!session.tracking) return reply.array(0);
  reply.array(session.tracking->prefixes.size());
  for (const std::string& prefix : session.tracking->prefixes) reply.bulk(prefix);
}

}  // namespace redstart
