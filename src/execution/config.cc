#include "execution/config.h"

#include <algorithm>
#include <limits>
#include <map>
#include <ranges>

#include "base/glob.h"
#include "base/numbers.h"
#include "base/text.h"
#include "command/table.h"
#include "execution/config_values.h"

namespace redstart {
namespace {

constexpr int64_t kHzMin = 1, kHzMax = 500;

struct LessIgnoringCase {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return std::ranges::lexicographical_compare(a, b, {}, to_lower, to_lower);
  }
};

// Rows by name, aliases included.
using RowMap = std::map<std::string_view, size_t, LessIgnoringCase>;

const RowMap& rows_by_name() {
  static const RowMap rows = [] {
    RowMap result;
    for (size_t i = 0; i < kDirectives.size(); ++i) {
      result.emplace(kDirectives[i].name, i);
      if (!kDirectives[i].alias.empty()) result.emplace(kDirectives[i].alias, i);
    }
    return result;
  }();
  return rows;
}

std::optional<size_t> find_row(std::string_view name) {
  const auto found = rows_by_name().find(name);
  if (found == rows_by_name().end()) return std::nullopt;
  return found->second;
}

bool is_glob(std::string_view pattern) {
  return pattern.find_first_of("*?[\\") != std::string_view::npos;
}

std::string set_error(std::string_view name, std::string_view what) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
         std::string(what);
}

}  // namespace

Config::Config() : values_(std::make_unique<Value[]>(kDirectives.size())) {
  for (size_t i = 0; i < kDirectives.size(); ++i) {
    const Directive& directive = kDirectives[i];
    const std::string fallback(directive.kind == DirectiveKind::directory ? "."
                                                                          : directive.fallback);
    if (directive.kind == DirectiveKind::replicaof) continue;
    const auto words =
        directive.has(kManyWords) ? split_words(fallback) : std::vector<std::string>{fallback};
    assign(i, words, false);
  }
  io_threads_is_set_ = false;
  refresh();
}

Config::~Config() = default;

// --- Assignment

std::optional<std::string> Config::assign_number(size_t index, const std::string& word) {
  const auto number = parse_directive_number(kDirectives[index], word);
  if (!number) return number.error();
  values_[index].number.store(*number, std::memory_order_relaxed);
  if (index == directive_index("io-threads")) io_threads_is_set_ = true;
  return std::nullopt;
}

std::optional<std::string> Config::assign_choices(size_t index,
                                                  std::span<const std::string> words) {
  const auto number = parse_directive_choices(kDirectives[index], words);
  if (!number) return number.error();
  values_[index].number.store(*number, std::memory_order_relaxed);
  return std::nullopt;
}

std::optional<std::string> Config::assign_words(size_t index, std::span<const std::string> words,
                                                bool from_file) {
  const Directive& directive = kDirectives[index];
  std::string current = values_[index].text;
  if (directive.kind == DirectiveKind::save) {
    // CONFIG SET replaces the save points; the lines of a file add up, the first replaces the
    // defaults.
    if (!from_file || !save_was_loaded_) current.clear();
    save_was_loaded_ = save_was_loaded_ || from_file;
  }
  auto text = assign_directive_words(directive, current, words);
  if (!text) return text.error();
  values_[index].text = std::move(*text);
  return std::nullopt;
}

std::optional<std::string> Config::assign(size_t index, std::span<const std::string> words,
                                          bool from_file) {
  const Directive& directive = kDirectives[index];
  if (directive.kind == DirectiveKind::choice || directive.kind == DirectiveKind::choices) {
    return assign_choices(index, words);
  }
  if (!directive.is_numeric()) return assign_words(index, words, from_file);
  if (words.size() != 1) return "wrong number of arguments";
  return assign_number(index, words[0]);
}

void Config::refresh() {
  auto& hz_value = values_[directive_index("hz")].number;
  hz_value = std::clamp(hz_value.load(), kHzMin, kHzMax);
  notify_events_ =
      parse_notify_events(values_[directive_index("notify-keyspace-events")].text).value_or(0);
  const auto limits = split_words(values_[directive_index("client-output-buffer-limit")].text);
  for (size_t i = 0; i < output_limits_.size(); ++i) {
    const auto amount = [&](size_t word) { return parse_memory(limits[i * 4 + word]).value_or(0); };
    output_limits_[i].hard_bytes = amount(1);
    output_limits_[i].soft_bytes = amount(2);
    output_limits_[i].soft_seconds = static_cast<int64_t>(amount(3));
  }
  const auto size = [&](size_t index) { return static_cast<size_t>(number(index)); };
  const EncodingLimits encoding{
      .hash_max_listpack_entries = size(directive_index("hash-max-listpack-entries")),
      .hash_max_listpack_value = size(directive_index("hash-max-listpack-value")),
      .zset_max_listpack_entries = size(directive_index("zset-max-listpack-entries")),
      .zset_max_listpack_value = size(directive_index("zset-max-listpack-value")),
      .set_max_intset_entries = size(directive_index("set-max-intset-entries")),
      .set_max_listpack_entries = size(directive_index("set-max-listpack-entries")),
      .set_max_listpack_value = size(directive_index("set-max-listpack-value")),
      .list_max_listpack_size = number(directive_index("list-max-listpack-size")),
      .stream_node_max_bytes = size(directive_index("stream-node-max-bytes")),
      .stream_node_max_entries = size(directive_index("stream-node-max-entries")),
  };
  const auto known = std::ranges::find_if(
      limit_snapshots_, [&](const auto& snapshot) { return *snapshot == encoding; });
  if (known != limit_snapshots_.end()) {
    limits_.store(known->get(), std::memory_order_release);
  } else {
    limit_snapshots_.push_back(std::make_unique<const EncodingLimits>(encoding));
    limits_.store(limit_snapshots_.back().get(), std::memory_order_release);
  }
}

// --- CONFIG SET and GET

std::optional<std::string> Config::set(std::span<const Setting> settings) {
  std::vector<size_t> indices;
  for (const auto& [name, value] : settings) {
    const auto index = find_row(name);
    if (!index) {
      return "ERR Unknown option or number of arguments for CONFIG SET - '" + std::string(name) +
             "'";
    }
    const Directive& directive = kDirectives[*index];
    if (directive.has(kImmutable)) return set_error(name, "can't set immutable config");
    const bool protects = number(directive_index("enable-protected-configs")) == 0;
    if (directive.has(kProtected) && protects) {
      return set_error(name, "can't set protected config");
    }
    // An alias is not the same name, and what comes later wins: so it is in Redis.
    const auto earlier = settings.first(indices.size());
    const auto is_same = [&](const Setting& other) { return equal_ignoring_case(other.first, name); };
    if (std::ranges::any_of(earlier, is_same)) return set_error(name, "duplicate parameter");
    indices.push_back(*index);
  }
  return set_checked(settings, indices);
}

std::optional<std::string> Config::set_checked(std::span<const Setting> settings,
                                               std::span<const size_t> indices) {
  const std::lock_guard set_lock(set_mutex_);
  std::vector<Saved> saved;
  {
    const std::unique_lock lock(values_mutex_);
    for (size_t i = 0; i < settings.size(); ++i) {
      const size_t index = indices[i];
      saved.push_back({index, number(index), values_[index].text});
      const std::string value(settings[i].second);
      const auto words =
          kDirectives[index].has(kManyWords) ? split_words(value) : std::vector<std::string>{value};
      if (const auto problem = assign(index, words, false)) {
        restore(saved);
        return set_error(settings[i].first, *problem);
      }
    }
    refresh();
  }
  return follow_changes(saved);
}

std::optional<std::string> Config::follow_changes(std::span<const Saved> saved) {
  std::vector<const Hook*> called;
  for (const Saved& change : saved) {
    const size_t row = change.index;
    if (number(row) == change.number && text(row) == change.text) continue;
    for (const auto& [index, hook] : hooks_) {
      if (index != row) continue;
      called.push_back(&hook);
      const auto problem = hook();
      if (!problem) continue;
      {
        const std::unique_lock lock(values_mutex_);
        restore(saved);
      }
      for (const Hook* again : called) (*again)();
      return set_error(kDirectives[row].name, *problem);
    }
  }
  return std::nullopt;
}

void Config::restore(std::span<const Saved> saved) {
  // Backwards: a directive may have been set twice, by its alias too.
  for (const Saved& value : std::views::reverse(saved)) {
    values_[value.index].number.store(value.number, std::memory_order_relaxed);
    values_[value.index].text = value.text;
  }
  refresh();
}

std::vector<std::pair<std::string, std::string>> Config::get(
    std::span<const std::string_view> patterns) const {
  // A name without wildcards is given back in the letter case that it was asked in.
  std::map<std::string_view, size_t, LessIgnoringCase> matches;
  for (const std::string_view pattern : patterns) {
    if (!is_glob(pattern)) {
      if (const auto row = find_row(pattern)) matches.emplace(pattern, *row);
      continue;
    }
    for (const auto& [name, index] : rows_by_name()) {
      if (kDirectives[index].has(kHiddenName)) continue;
      if (glob_match(pattern, name, true)) matches.emplace(name, index);
    }
  }
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& [name, index] : matches) result.emplace_back(name, shown(index));
  return result;
}

std::string Config::text(size_t index) const {
  const std::shared_lock lock(values_mutex_);
  return values_[index].text;
}

std::string Config::shown(size_t index) const {
  const Directive& directive = kDirectives[index];
  return directive.is_numeric() ? show_directive_number(directive, number(index)) : text(index);
}

std::optional<std::string> Config::value_of(std::string_view name) const {
  const auto index = find_row(name);
  if (!index) return std::nullopt;
  return shown(*index);
}

void Config::on_change(std::string_view name, Hook hook) {
  const std::lock_guard lock(set_mutex_);
  hooks_.emplace_back(*find_row(name), std::move(hook));
}

void Config::force(std::string_view name, std::string_view value) {
  const std::unique_lock lock(values_mutex_);
  assign(*find_row(name), std::vector<std::string>{std::string(value)}, false);
  refresh();
}

// --- Typed reading

AccessPolicy Config::access_policy() const {
  const EvictionPolicy policy = maxmemory_policy();
  return {.lfu = counts_frequency(policy),
          .lfu_log_factor = static_cast<int>(number(directive_index("lfu-log-factor"))),
          .lfu_decay_time_min = static_cast<int>(number(directive_index("lfu-decay-time")))};
}

uint64_t Config::maxmemory_bytes() const {
  return static_cast<uint64_t>(number(directive_index("maxmemory")));
}
EvictionPolicy Config::maxmemory_policy() const {
  return static_cast<EvictionPolicy>(number(directive_index("maxmemory-policy")));
}
int Config::maxmemory_samples() const {
  return static_cast<int>(number(directive_index("maxmemory-samples")));
}
int Config::maxmemory_eviction_tenacity() const {
  return static_cast<int>(number(directive_index("maxmemory-eviction-tenacity")));
}
bool Config::lazyfree_lazy_eviction() const {
  return number(directive_index("lazyfree-lazy-eviction")) != 0;
}
bool Config::lazyfree_lazy_expire() const {
  return number(directive_index("lazyfree-lazy-expire")) != 0;
}
int Config::databases() const { return static_cast<int>(number(directive_index("databases"))); }
int Config::hz() const { return static_cast<int>(number(directive_index("hz"))); }

std::string Config::required_password() const { return text(directive_index("requirepass")); }
std::string Config::acl_file() const { return text(directive_index("aclfile")); }
size_t Config::acl_log_length_max() const {
  return static_cast<size_t>(number(directive_index("acllog-max-len")));
}
bool Config::new_users_have_all_channels() const {
  return number(directive_index("acl-pubsub-default")) != 0;
}

LogLevel Config::log_level() const {
  return static_cast<LogLevel>(number(directive_index("loglevel")));
}
int Config::syslog_facility() const {
  return static_cast<int>(number(directive_index("syslog-facility")));
}
int64_t Config::slowlog_threshold_us() const {
  return number(directive_index("slowlog-log-slower-than"));
}
size_t Config::slowlog_length_max() const {
  return static_cast<size_t>(number(directive_index("slowlog-max-len")));
}
int64_t Config::large_request_threshold_bytes() const {
  return number(directive_index("commandlog-request-larger-than"));
}
size_t Config::large_request_log_length_max() const {
  return static_cast<size_t>(number(directive_index("commandlog-large-request-max-len")));
}
int64_t Config::large_reply_threshold_bytes() const {
  return number(directive_index("commandlog-reply-larger-than"));
}
size_t Config::large_reply_log_length_max() const {
  return static_cast<size_t>(number(directive_index("commandlog-large-reply-max-len")));
}
int64_t Config::busy_reply_threshold_ms() const {
  return number(directive_index("busy-reply-threshold"));
}
int64_t Config::latency_threshold_ms() const {
  return number(directive_index("latency-monitor-threshold"));
}
bool Config::latency_tracking() const { return number(directive_index("latency-tracking")) != 0; }

std::vector<double> Config::latency_percentiles() const {
  std::vector<double> result;
  for (const std::string& word :
       split_words(text(directive_index("latency-tracking-info-percentiles")))) {
    result.push_back(parse_double(word).value_or(0));
  }
  return result;
}

std::vector<std::string> Config::bind_addresses() const {
  return split_words(text(directive_index("bind")));
}
int Config::port() const { return static_cast<int>(number(directive_index("port"))); }
int Config::tls_port() const { return static_cast<int>(number(directive_index("tls-port"))); }

TlsSettings Config::tls_settings() const {
  const auto is_on = [&](size_t index) { return number(index) != 0; };
  constexpr TlsSettings::Peer kPeers[] = {TlsSettings::Peer::unchecked, TlsSettings::Peer::checked,
                                          TlsSettings::Peer::checked_if_shown};
  return {
      .certificate_file = text(directive_index("tls-cert-file")),
      .key_file = text(directive_index("tls-key-file")),
      .key_password = text(directive_index("tls-key-file-pass")),
      .ca_file = text(directive_index("tls-ca-cert-file")),
      .ca_directory = text(directive_index("tls-ca-cert-dir")),
      .dh_params_file = text(directive_index("tls-dh-params-file")),
      .protocols = text(directive_index("tls-protocols")),
      .ciphers = text(directive_index("tls-ciphers")),
      .cipher_suites = text(directive_index("tls-ciphersuites")),
      .prefers_server_ciphers = is_on(directive_index("tls-prefer-server-ciphers")),
      .caches_sessions = is_on(directive_index("tls-session-caching")),
      .session_cache_size = number(directive_index("tls-session-cache-size")),
      .session_cache_timeout_s = number(directive_index("tls-session-cache-timeout")),
      .peer = kPeers[number(directive_index("tls-auth-clients"))],
  };
}

std::span<const std::string_view> Config::tls_directives() {
  static constexpr std::string_view kNames[] = {
      "tls-port",           "tls-cert-file",       "tls-key-file",
      "tls-key-file-pass",  "tls-ca-cert-file",    "tls-ca-cert-dir",
      "tls-dh-params-file", "tls-protocols",       "tls-ciphers",
      "tls-ciphersuites",   "tls-auth-clients",    "tls-prefer-server-ciphers",
      "tls-session-caching", "tls-session-cache-size", "tls-session-cache-timeout"};
  return kNames;
}

std::string Config::unix_socket() const { return text(directive_index("unixsocket")); }
int Config::unix_socket_permissions() const {
  return static_cast<int>(number(directive_index("unixsocketperm")));
}
int Config::tcp_backlog() const { return static_cast<int>(number(directive_index("tcp-backlog"))); }
int Config::tcp_keepalive_s() const {
  return static_cast<int>(number(directive_index("tcp-keepalive")));
}
int Config::idle_timeout_s() const { return static_cast<int>(number(directive_index("timeout"))); }
int Config::io_threads() const { return static_cast<int>(number(directive_index("io-threads"))); }
bool Config::protected_mode() const { return number(directive_index("protected-mode")) != 0; }

uint64_t Config::client_bytes_max() const {
  const int64_t limit = number(directive_index("maxmemory-clients"));
  if (limit >= 0) return static_cast<uint64_t>(limit);
  return maxmemory_bytes() / 100 * static_cast<uint64_t>(-limit);
}
size_t Config::tracking_keys_max() const {
  return static_cast<size_t>(number(directive_index("tracking-table-max-keys")));
}
uint32_t Config::clients_max() const {
  return static_cast<uint32_t>(number(directive_index("maxclients")));
}
int Config::accepts_per_cycle_max(bool is_tls) const {
  return static_cast<int>(number(is_tls ? directive_index("max-new-tls-connections-per-cycle")
                                        : directive_index("max-new-connections-per-cycle")));
}
uint64_t Config::query_buffer_limit_bytes() const {
  return static_cast<uint64_t>(number(directive_index("client-query-buffer-limit")));
}
uint64_t Config::bulk_bytes_max() const {
  return static_cast<uint64_t>(number(directive_index("proto-max-bulk-len")));
}
size_t Config::hll_sparse_bytes_max() const {
  return static_cast<size_t>(number(directive_index("hll-sparse-max-bytes")));
}

OutputBufferLimit Config::output_buffer_limit(ClientClass of) const {
  const AtomicLimit& limit = output_limits_[static_cast<size_t>(of)];
  return {.hard_bytes = limit.hard_bytes.load(std::memory_order_relaxed),
          .soft_bytes = limit.soft_bytes.load(std::memory_order_relaxed),
          .soft_seconds = limit.soft_seconds.load(std::memory_order_relaxed)};
}

bool Config::stop_writes_on_save_error() const {
  return number(directive_index("stop-writes-on-bgsave-error")) != 0;
}

bool Config::rdb_compression() const { return number(directive_index("rdbcompression")) != 0; }

bool Config::rdb_checksum() const { return number(directive_index("rdbchecksum")) != 0; }

std::vector<SavePoint> Config::save_points() const {
  std::vector<SavePoint> result;
  const auto words = split_words(text(directive_index("save")));
  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    result.push_back({parse_int64(words[i]).value_or(0), parse_int64(words[i + 1]).value_or(0)});
  }
  return result;
}

Config::ProtectedAction Config::debug_command_allowed() const {
  return static_cast<ProtectedAction>(number(directive_index("enable-debug-command")));
}

Config::ProtectedAction Config::module_command_allowed() const {
  return static_cast<ProtectedAction>(number(directive_index("enable-module-command")));
}

}  // namespace redstart
