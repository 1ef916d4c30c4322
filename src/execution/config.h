// Config: the configuration of a store: what a redis.conf says, what CONFIG SET changes and CONFIG GET
// shows. The directives themselves are rows in directives.h.
//
// Values are read while commands run, so each is an atomic number or, if it is text, behind a lock. What
// must follow a change (listening on another port, evicting at once) registers with on_change.
//
// Threads: thread-safe; load() and on_change() before others read. Ownership: owns its values.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/access.h"
#include "execution/directives.h"
#include "execution/eviction_policy.h"
#include "execution/log_level.h"
#include "tls/context.h"
#include "types/object.h"

namespace redstart {

class CommandTable;  // command/table.h

struct SavePoint {
  int64_t seconds;
  int64_t changes;
};

enum class ClientClass : uint8_t { normal, replica, pubsub };

struct OutputBufferLimit {
  uint64_t hard_bytes = 0;  // 0: none
  uint64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
};

// What is wrong in a configuration file.
struct ConfigFileError {
  int line = 0;  // counted from 1; 0: not a line's fault
  std::string line_text;
  std::string message;
  // As redis-server prints it.
  std::string report() const;
};

class Config {
 public:
  Config();
  ~Config();

  // --- CONFIG SET and GET

  using Setting = std::pair<std::string_view, std::string_view>;  // name, value
  // Sets all or none. Returns the error reply, or nothing.
  std::optional<std::string> set(std::span<const Setting> settings);
  // Name and value of every directive whose name matches one of the glob patterns.
  std::vector<std::pair<std::string, std::string>> get(
      std::span<const std::string_view> patterns) const;
  // The value of a directive as CONFIG GET shows it; nothing: no such directive.
  std::optional<std::string> value_of(std::string_view name) const;
  // Called when CONFIG SET has changed the directive; returns what went wrong, and then the change is
  // taken back (and the hooks that had run are called again). May read this Config, but not set it.
  using Hook = std::function<std::optional<std::string>()>;
  void on_change(std::string_view name, Hook hook);
  // Sets what CONFIG SET may not; REQUIRES: a valid value.
  void force(std::string_view name, std::string_view value);

  // --- Files

  // Reads the lines of a configuration file, `include`d files too. `base` says what relative names of
  // included files are relative to ("" is the current directory).
  std::optional<ConfigFileError> load(std::string_view text);
  std::optional<ConfigFileError> load_file(const std::string& path);
  // The file that was loaded, or empty.
  const std::string& file_path() const { return file_path_; }
  // Writes the values that differ from the file's, or from the defaults, into the loaded file; keeps its
  // comments and order. Returns what went wrong. REQUIRES: a file was loaded.
  enum class Rewrite : uint8_t { changed, all };
  std::optional<std::string> rewrite_file(Rewrite what = Rewrite::changed) const;
  // What the lines `rename-command` asked for since the last call, in their order: from, to.
  using CommandRename = std::pair<std::string, std::string>;
  std::vector<CommandRename> take_command_renames();
  // The `user` lines of the files that were loaded, as words without "user".
  const std::vector<std::vector<std::string>>& user_lines() const { return user_lines_; }
  // Called with each of them; returns what is wrong with it.
  using CheckUserLine = std::function<std::optional<std::string>(std::span<const std::string>)>;
  void on_user_line(CheckUserLine check) { check_user_line_ = std::move(check); }
  // Tells the lines that rewrite_file() writes for the users, unless they have a file of their own.
  void set_user_lines(std::function<std::vector<std::string>()> tell) {
    tell_user_lines_ = std::move(tell);
  }
  // Turns program arguments ("--port 7000 --save ''") into lines of a file.
  static std::string lines_of_arguments(std::span<const std::string> arguments);

  // --- What the rest of the store reads

  const EncodingLimits& encoding_limits() const {
    return *limits_.load(std::memory_order_acquire);
  }
  AccessPolicy access_policy() const;
  uint64_t maxmemory_bytes() const;
  EvictionPolicy maxmemory_policy() const;
  int maxmemory_samples() const;
  int maxmemory_eviction_tenacity() const;
  bool lazyfree_lazy_eviction() const;
  bool lazyfree_lazy_expire() const;
  int databases() const;
  int hz() const;

  // Off by DEBUG SET-ACTIVE-EXPIRE 0.
  bool active_expiry() const { return active_expiry_.load(std::memory_order_relaxed); }
  // DEBUG PAUSE-CRON: off, nothing is done by the clock alone but what clients wait for.
  bool does_periodic_work() const { return periodic_work_.load(std::memory_order_relaxed); }
  void set_periodic_work(bool on) { periodic_work_.store(on, std::memory_order_relaxed); }
  void set_active_expiry(bool on) { active_expiry_.store(on, std::memory_order_relaxed); }

  std::string required_password() const;  // empty: none
  std::string acl_file() const;           // empty: none
  size_t acl_log_length_max() const;
  bool new_users_have_all_channels() const;  // acl-pubsub-default

  LogLevel log_level() const;
  int syslog_facility() const;  // a number of syslog(3)
  int64_t slowlog_threshold_us() const;  // negative: off
  size_t slowlog_length_max() const;
  int64_t large_request_threshold_bytes() const;  // negative: off
  size_t large_request_log_length_max() const;
  int64_t large_reply_threshold_bytes() const;  // negative: off
  size_t large_reply_log_length_max() const;
  int64_t latency_threshold_ms() const;
  // How long a script may run before others are told BUSY; 0: as long as it likes.
  int64_t busy_reply_threshold_ms() const;
  bool latency_tracking() const;
  std::vector<double> latency_percentiles() const;
  uint32_t notify_events() const { return notify_events_.load(std::memory_order_relaxed); }

  std::vector<std::string> bind_addresses() const;
  int port() const;
  int tls_port() const;
  TlsSettings tls_settings() const;
  // The directives that tls_settings() reads.
  static std::span<const std::string_view> tls_directives();
  std::string unix_socket() const;
  int unix_socket_permissions() const;
  int tcp_backlog() const;
  int tcp_keepalive_s() const;
  int idle_timeout_s() const;
  int io_threads() const;
  bool io_threads_is_set() const { return io_threads_is_set_.load(std::memory_order_relaxed); }
  bool protected_mode() const;
  uint32_t clients_max() const;
  uint64_t client_bytes_max() const;   // maxmemory-clients, a share of maxmemory told in bytes; 0: none
  size_t tracking_keys_max() const;    // tracking-table-max-keys; 0: none
  int accepts_per_cycle_max(bool is_tls) const;  // max-new-connections-per-cycle, max-new-tls-...
  uint64_t query_buffer_limit_bytes() const;
  uint64_t bulk_bytes_max() const;  // proto-max-bulk-len
  size_t hll_sparse_bytes_max() const;
  OutputBufferLimit output_buffer_limit(ClientClass of) const;
  bool stop_writes_on_save_error() const;
  bool rdb_compression() const;
  bool rdb_checksum() const;
  std::vector<SavePoint> save_points() const;

  enum class ProtectedAction : uint8_t { no, yes, local };
  ProtectedAction debug_command_allowed() const;
  ProtectedAction module_command_allowed() const;

 private:
  struct Value {
    std::atomic<int64_t> number{0};
    std::string text;  // as CONFIG GET shows it, for directives that are not numeric
  };
  struct Saved {
    size_t index;
    int64_t number;
    std::string text;
  };

  int64_t number(size_t index) const {
    return values_[index].number.load(std::memory_order_relaxed);
  }
  std::string text(size_t index) const;
  std::string shown(size_t index) const;
  // REQUIRES: values_mutex_ is held. Nothing: done; otherwise what is wrong with the words.
  std::optional<std::string> assign(size_t index, std::span<const std::string> words,
                                    bool from_file);
  std::optional<std::string> assign_number(size_t index, const std::string& word);
  std::optional<std::string> assign_choices(size_t index, std::span<const std::string> words);
  std::optional<std::string> assign_words(size_t index, std::span<const std::string> words,
                                          bool from_file);
  std::optional<std::string> set_checked(std::span<const Setting> settings,
                                         std::span<const size_t> indices);
  // Calls the hooks of what has changed since `saved`.
  std::optional<std::string> follow_changes(std::span<const Saved> saved);
  std::optional<std::string> load_user(const std::vector<std::string>& words);
  std::optional<std::string> load_line(std::string_view line, int depth);
  std::optional<std::string> load_include(const std::string& pattern, int depth);
  std::optional<std::string> rename_command(const std::string& from, const std::string& to);
  std::optional<ConfigFileError> load_at_depth(std::string_view text, int depth);
  void restore(std::span<const Saved> saved);
  // Rebuilds what is derived from values. REQUIRES: values_mutex_ is held.
  void refresh();

  std::mutex set_mutex_;                    // one CONFIG SET at a time
  mutable std::shared_mutex values_mutex_;  // guards the texts
  std::unique_ptr<Value[]> values_;
  std::vector<std::pair<size_t, Hook>> hooks_;
  std::string file_path_;
  std::vector<std::vector<std::string>> user_lines_;
  CheckUserLine check_user_line_;
  std::function<std::vector<std::string>()> tell_user_lines_;
  std::unique_ptr<CommandTable> renamed_commands_;  // what the names are after all renames
  std::vector<CommandRename> renames_;
  bool save_was_loaded_ = false;  // the first save line of a file replaces the defaults

  std::atomic<const EncodingLimits*> limits_{nullptr};
  // Every snapshot that was ever current, since a reader may still look at it; equal ones are reused.
  std::vector<std::unique_ptr<const EncodingLimits>> limit_snapshots_;
  std::atomic<bool> active_expiry_{true}, periodic_work_{true};
  std::atomic<bool> io_threads_is_set_{false};
  std::atomic<uint32_t> notify_events_{0};
  struct AtomicLimit {
    std::atomic<uint64_t> hard_bytes{0};
    std::atomic<uint64_t> soft_bytes{0};
    std::atomic<int64_t> soft_seconds{0};
  };
  std::array<AtomicLimit, 3> output_limits_;
};

}  // namespace redstart
