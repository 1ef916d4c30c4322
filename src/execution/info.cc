#include "execution/info.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/cycle_clock.h"
#include "base/text.h"
#include "command/table.h"
#include "execution/acl/acl.h"
#include "execution/client_registry.h"
#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/config_values.h"
#include "execution/eviction.h"
#include "execution/executor.h"
#include "execution/memory_report.h"
#include "execution/persistence.h"
#include "execution/pubsub.h"
#include "execution/scripting/scripting.h"
#include "execution/store_state.h"
#include "execution/tracking.h"
#include "execution/wait_registry.h"

namespace redstart {
namespace {

constexpr std::string_view kVersion = "7.0.15";

// Collects "name:value" lines.
class Text {
 public:
  void section(std::string_view name) {
    if (!text_.empty()) text_ += "\r\n";
    text_.append("# ").append(name).append("\r\n");
  }
  void add(std::string_view name, std::string_view value) {
    text_.append(name).append(":").append(value).append("\r\n");
  }
  template <std::integral T>
  void add(std::string_view name, T value) {
    add(name, std::string_view(std::to_string(value)));
  }
  void add(std::string_view name, const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    add(name, std::string_view(text));
  }
  // A figure and the same for people.
  void add_bytes(std::string_view name, uint64_t bytes) {
    add(name, bytes);
    add(std::string(name) + "_human", std::string_view(human_bytes(bytes)));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

struct Scope {
  Executor& executor;
  Access& access;
  Text& text;
};

double ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

int64_t difference(uint64_t a, uint64_t b) {
  return static_cast<int64_t>(a) - static_cast<int64_t>(b);
}

std::string executable_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

// listenerN: what a server listens on.
void add_listeners(Text& text, const Config& config) {
  int count = 0;
  const auto add = [&](const std::string& listener) { text.add("listener" + std::to_string(count++), listener); };
  std::string addresses;
  for (const std::string& address : config.bind_addresses()) addresses += ",bind=" + address;
  if (config.port() != 0) add("name=tcp" + addresses + ",port=" + std::to_string(config.port()));
  if (!config.unix_socket().empty()) add("name=unix,bind=" + config.unix_socket());
  if (config.tls_port() != 0) add("name=tls" + addresses + ",port=" + std::to_string(config.tls_port()));
}

void add_server(Scope& s) {
  s.text.section("Server");
  utsname system{};
  uname(&system);
  const Config& config = s.executor.config();
  const StoreState& state = s.executor.state();
  const int64_t now_us = s.executor.clock().unix_time_us();
  const int64_t uptime_s =
      (s.executor.clock().monotonic_time_ns() - state.started_monotonic_ns) / 1'000'000'000;
  s.text.add("redis_version", kVersion);
  s.text.add("redis_git_sha1", "00000000");
  s.text.add("redis_git_dirty", 0);
  s.text.add("redis_build_id", state.run_id.substr(0, 16));
  s.text.add("redis_mode", "standalone");
  s.text.add("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  s.text.add("arch_bits", sizeof(void*) * 8);
  s.text.add("monotonic_clock", "POSIX clock_gettime");
  s.text.add("multiplexing_api", "epoll");
  s.text.add("atomicvar_api", "c11-builtin");
  s.text.add("gcc_version", __VERSION__);
  s.text.add("process_id", getpid());
  s.text.add("process_supervised", state.supervisor());
  s.text.add("run_id", state.run_id);
  s.text.add("tcp_port", s.executor.options().embedded ? 0 : config.port());
  s.text.add("server_time_usec", now_us);
  s.text.add("uptime_in_seconds", uptime_s);
  s.text.add("uptime_in_days", uptime_s / 86400);
  s.text.add("hz", config.hz());
  s.text.add("configured_hz", config.hz());
  s.text.add("lru_clock", now_us / 1'000'000 & ((1 << 24) - 1));
  s.text.add("executable", executable_path());
  s.text.add("config_file", config.file_path());
  s.text.add("io_threads_active", s.executor.options().embedded ? 0 : 1);
  if (!s.executor.options().embedded) add_listeners(s.text, config);
}

void add_clients(Scope& s) {
  s.text.section("Clients");
  size_t input_max = 0, output_max = 0, waits_with_deadline = 0;
  s.executor.clients().for_each([&](Session& session) {
    const Session::TransportInfo transport = session.transport();
    input_max = std::max(input_max, transport.query_buffer_bytes);
    output_max = std::max(output_max, transport.output_buffer_bytes + transport.output_list_bytes);
    const auto waiter = session.shown_blocked ? session.waiter.get() : nullptr;
    if (waiter && waiter->deadline_ms != 0) ++waits_with_deadline;
  });
  s.text.add("connected_clients", s.executor.clients().count());
  s.text.add("cluster_connections", 0);
  s.text.add("maxclients", s.executor.config().clients_max());
  s.text.add("client_recent_max_input_buffer", input_max);
  s.text.add("client_recent_max_output_buffer", output_max);
  s.text.add("blocked_clients", s.executor.waits().blocked_count());
  s.text.add("tracking_clients", s.executor.tracking().client_count());
  s.text.add("clients_in_timeout_table", waits_with_deadline);
  s.text.add("total_blocking_keys", s.executor.waits().key_count());
  s.text.add("total_blocking_keys_on_nokey", s.executor.waits().loss_key_count());
}

void add_scripting_memory(Text& text, Executor& executor) {
  Scripting& scripting = executor.scripting();
  const Scripting::Memory memory = scripting.memory();
  const auto all = scripting.functions().all();
  const uint64_t code_bytes = scripting.functions().code_bytes();
  const uint64_t vm_bytes = memory.eval_bytes + memory.function_bytes, script_bytes = scripting.cached_bytes();
  text.add("used_memory_lua", memory.eval_bytes);
  text.add("used_memory_vm_eval", memory.eval_bytes);
  text.add("used_memory_lua_human", human_bytes(memory.eval_bytes));
  text.add("used_memory_scripts_eval", script_bytes);
  text.add("number_of_cached_scripts", scripting.count());
  text.add("number_of_functions", all->functions.size());
  text.add("number_of_libraries", all->libraries.size());
  text.add("used_memory_vm_functions", memory.function_bytes);
  text.add("used_memory_vm_total", vm_bytes);
  text.add("used_memory_vm_total_human", human_bytes(vm_bytes));
  text.add("used_memory_functions", code_bytes);
  text.add("used_memory_scripts", script_bytes + code_bytes);
  text.add("used_memory_scripts_human", human_bytes(script_bytes + code_bytes));
}

void add_allocator(Text& text, const MemoryReport& report) {
  text.add("allocator_frag_ratio", "%.2f", ratio(report.allocator_used_bytes, report.used_bytes));
  text.add("allocator_frag_bytes", difference(report.allocator_used_bytes, report.used_bytes));
  text.add("allocator_rss_ratio", "%.2f",
           ratio(report.allocator_bytes, report.allocator_used_bytes));
  text.add("allocator_rss_bytes", difference(report.allocator_bytes, report.allocator_used_bytes));
  text.add("rss_overhead_ratio", "%.2f", ratio(report.resident_bytes, report.allocator_bytes));
  text.add("rss_overhead_bytes", difference(report.resident_bytes, report.allocator_bytes));
  text.add("mem_fragmentation_ratio", "%.2f", ratio(report.resident_bytes, report.used_bytes));
  text.add("mem_fragmentation_bytes", difference(report.resident_bytes, report.used_bytes));
}

void add_memory(Scope& s) {
  s.text.section("Memory");
  const MemoryReport report = memory_report(s.executor, s.access);
  const Config& config = s.executor.config();
  s.text.add_bytes("used_memory", report.used_bytes);
  s.text.add_bytes("used_memory_rss", report.resident_bytes);
  s.text.add_bytes("used_memory_peak", report.peak_bytes);
  s.text.add("used_memory_peak_perc", "%.2f%%", ratio(report.used_bytes, report.peak_bytes) * 100);
  s.text.add("used_memory_overhead", report.overhead_bytes);
  s.text.add("used_memory_startup", report.startup_bytes);
  s.text.add("used_memory_dataset", report.dataset_bytes());
  s.text.add("used_memory_dataset_perc", "%.2f%%",
             ratio(report.dataset_bytes(), report.used_bytes - report.startup_bytes) * 100);
  s.text.add("allocator_allocated", report.used_bytes);
  s.text.add("allocator_active", report.allocator_used_bytes);
  s.text.add("allocator_resident", report.allocator_bytes);
  s.text.add_bytes("total_system_memory", report.system_bytes);
  add_scripting_memory(s.text, s.executor);
  s.text.add_bytes("maxmemory", config.maxmemory_bytes());
  s.text.add("maxmemory_policy", *config.value_of("maxmemory-policy"));
  add_allocator(s.text, report);
  s.text.add("mem_not_counted_for_evict", report.startup_bytes + report.client_bytes + report.tracking_bytes);
  s.text.add("mem_replication_backlog", 0);
  s.text.add("mem_total_replication_buffers", 0);
  s.text.add("mem_clients_slaves", 0);
  s.text.add("mem_clients_normal", report.client_bytes);
  s.text.add("mem_cluster_links", 0);
  s.text.add("mem_aof_buffer", 0);
  s.text.add("mem_allocator", "redstart-heap");
  s.text.add("active_defrag_running", 0);
  s.text.add("lazyfree_pending_objects", s.executor.state().pending_frees());
  s.text.add("lazyfreed_objects", s.executor.state().lazily_freed());
}

void add_loading(Scope& s, const Persistence::Status& p) {
  const uint64_t loaded = std::min(p.loading_loaded_bytes, p.loading_total_bytes);
  const int64_t elapsed_s = s.executor.clock().unix_time_ms() / 1000 - p.loading_begun_unix_s;
  const double part = p.loading_total_bytes == 0
                          ? 0
                          : static_cast<double>(loaded) / static_cast<double>(p.loading_total_bytes);
  s.text.add("loading_start_time", p.loading_begun_unix_s);
  s.text.add("loading_total_bytes", p.loading_total_bytes);
  s.text.add("loading_rdb_used_mem", p.loading_used_memory_bytes);
  s.text.add("loading_loaded_bytes", loaded);
  s.text.add("loading_loaded_perc", "%.2f", 100 * part);
  s.text.add("loading_eta_seconds",
             part == 0 ? 1 : static_cast<int64_t>(static_cast<double>(elapsed_s) * (1 - part) / part));
}

// Forks, which do not happen here, show as their fields' neutral values.
void add_persistence(Scope& s) {
  const Persistence::Status p = s.executor.persistence().status();
  const bool is_loading = s.executor.persistence().is_loading();
  s.text.section("Persistence");
  s.text.add("loading", is_loading ? 1 : 0);
  s.text.add("async_loading", 0);
  s.text.add("current_cow_peak", 0);
  s.text.add("current_cow_size", 0);
  s.text.add("current_cow_size_age", 0);
  s.text.add("current_fork_perc", "%.2f",
             100.0 * static_cast<double>(p.current_keys) /
                 static_cast<double>(std::max<uint64_t>(p.current_keys_total, 1)));
  s.text.add("current_save_keys_processed", p.current_keys);
  s.text.add("current_save_keys_total", p.current_keys_total);
  s.text.add("rdb_changes_since_last_save", p.changes_since_save);
  s.text.add("rdb_bgsave_in_progress", p.is_saving ? 1 : 0);
  s.text.add("rdb_last_save_time", p.last_save_unix_s);
  s.text.add("rdb_last_bgsave_status", p.last_save_succeeded ? "ok" : "err");
  if (!p.last_save_succeeded) s.text.add("rdb_last_bgsave_error", p.last_save_error);
  s.text.add("rdb_last_bgsave_time_sec", p.last_save_duration_s);
  s.text.add("rdb_current_bgsave_time_sec", p.current_save_duration_s);
  s.text.add("rdb_saves", p.saves);
  s.text.add("rdb_last_cow_size", 0);
  s.text.add("rdb_last_load_keys_expired", p.load_expired_keys);
  s.text.add("rdb_last_load_keys_loaded", p.loaded_keys);
  s.text.add("aof_enabled", p.is_logging ? 1 : 0);
  s.text.add("aof_rewrite_in_progress", p.is_rewriting ? 1 : 0);
  s.text.add("aof_rewrite_scheduled", p.is_rewrite_scheduled ? 1 : 0);
  s.text.add("aof_last_rewrite_time_sec", p.last_rewrite_duration_s);
  s.text.add("aof_current_rewrite_time_sec", p.current_rewrite_duration_s);
  s.text.add("aof_last_bgrewrite_status", p.last_rewrite_succeeded ? "ok" : "err");
  if (!p.last_rewrite_succeeded) s.text.add("aof_last_bgrewrite_error", p.last_rewrite_error);
  s.text.add("aof_rewrites", p.rewrites);
  s.text.add("aof_rewrites_consecutive_failures", p.rewrite_failures);
  s.text.add("aof_last_write_status", p.log_failure ? "err" : "ok");
  s.text.add("aof_last_cow_size", 0);
  s.text.add("module_fork_in_progress", 0);
  s.text.add("module_fork_last_cow_size", 0);
  if (p.is_logging) {
    s.text.add("aof_current_size", p.log_bytes);
    s.text.add("aof_base_size", p.log_size_after_rewrite);
    s.text.add("aof_pending_rewrite", 0);
    s.text.add("aof_buffer_length", p.log_pending_bytes);
    s.text.add("aof_pending_bio_fsync", p.is_syncing ? 1 : 0);
    s.text.add("aof_delayed_fsync", 0);
    if (p.log_failure) s.text.add("aof_last_write_error", *p.log_failure);
  }
  if (is_loading) add_loading(s, p);
}

void add_traffic(Scope& s, std::span<ThreadContext* const> threads) {
  const Rates& rates = s.executor.state().rates();
  ThreadContext::TransportTotals bytes;
  uint64_t calls = 0;
  for (const ThreadContext* thread : threads) {
    calls += thread->call_count();
    thread->add_transport_to(bytes);
  }
  const auto kilobytes = [](uint64_t count) { return static_cast<double>(count) / 1024; };
  s.text.add("total_connections_received", s.executor.clients().connections_received.load());
  s.text.add("total_commands_processed", calls);
  s.text.add("instantaneous_ops_per_sec", rates.commands_per_s());
  s.text.add("total_net_input_bytes", bytes.input_bytes);
  s.text.add("total_net_output_bytes", bytes.output_bytes);
  s.text.add("total_net_repl_input_bytes", 0);
  s.text.add("total_net_repl_output_bytes", 0);
  s.text.add("instantaneous_input_kbps", "%.2f", kilobytes(rates.input_bytes_per_s()));
  s.text.add("instantaneous_output_kbps", "%.2f", kilobytes(rates.output_bytes_per_s()));
  s.text.add("instantaneous_input_repl_kbps", "%.2f", 0);
  s.text.add("instantaneous_output_repl_kbps", "%.2f", 0);
  s.text.add("rejected_connections", s.executor.clients().connections_rejected.load());
  s.text.add("tls_handshakes_failed", s.executor.clients().tls_handshakes_failed.load());
}

void add_keyspace_totals(Scope& s) {
  const KeyspaceTotals totals = s.executor.keyspace().totals();
  PubSub& pubsub = s.executor.pubsub();
  s.text.add("sync_full", 0);
  s.text.add("sync_partial_ok", 0);
  s.text.add("sync_partial_err", 0);
  s.text.add("expired_keys", totals.expired);
  s.text.add("expired_subkeys", totals.expired_fields);
  s.text.add("expired_stale_perc", "%.2f", 0);
  s.text.add("expired_time_cap_reached_count", 0);
  s.text.add("expire_cycle_cpu_milliseconds", 0);
  s.text.add("evicted_keys", totals.evicted);
  s.text.add("evicted_clients", s.executor.clients().evicted_clients.load());
  s.text.add("total_eviction_exceeded_time", s.executor.eviction().exceeded_ms_in_all());
  s.text.add("current_eviction_exceeded_time", s.executor.eviction().exceeded_ms_now());
  s.text.add("keyspace_hits", totals.hits);
  s.text.add("keyspace_misses", totals.misses);
  const AclLog& acl_log = s.executor.acl().log();
  s.text.add("acl_access_denied_auth", acl_log.denied(AclReason::auth));
  s.text.add("acl_access_denied_cmd", acl_log.denied(AclReason::command));
  s.text.add("acl_access_denied_key", acl_log.denied(AclReason::key));
  s.text.add("acl_access_denied_channel", acl_log.denied(AclReason::channel));
  s.text.add("pubsub_channels", pubsub.channel_count(PubSub::Kind::channel));
  s.text.add("pubsub_patterns", pubsub.pattern_count());
  s.text.add("pubsubshard_channels", pubsub.channel_count(PubSub::Kind::shard_channel));
}

void add_stats(Scope& s) {
  s.text.section("Stats");
  const auto threads = s.executor.thread_contexts();
  add_traffic(s, threads);
  add_keyspace_totals(s);
  for (const std::string_view name :
       {"latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
        "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
        "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time"}) {
    s.text.add(name, 0);
  }
  const Tracking& tracking = s.executor.tracking();
  s.text.add("tracking_total_keys", tracking.key_count());
  s.text.add("tracking_total_items", tracking.item_count());
  s.text.add("tracking_total_prefixes", tracking.prefix_count());
  s.text.add("unexpected_error_replies", 0);
  uint64_t errors = 0;
  for (const auto& [code, count] : merged_errors(threads)) errors += count;
  ThreadContext::TransportTotals bytes;
  for (const ThreadContext* thread : threads) thread->add_transport_to(bytes);
  s.text.add("total_error_replies", errors);
  s.text.add("dump_payload_sanitizations", 0);
  s.text.add("total_reads_processed", bytes.reads);
  s.text.add("total_writes_processed", bytes.writes);
  s.text.add("io_threaded_reads_processed", bytes.reads);
  s.text.add("io_threaded_writes_processed", bytes.writes);
  s.text.add("reply_buffer_shrinks", 0);
  s.text.add("reply_buffer_expands", 0);
}

void add_replication(Scope& s) {
  s.text.section("Replication");
  s.text.add("role", "master");
  s.text.add("connected_slaves", 0);
  s.text.add("master_failover_state", "no-failover");
  s.text.add("master_replid", s.executor.state().replication_id());
  s.text.add("master_replid2", std::string(40, '0'));
  s.text.add("master_repl_offset", 0);
  s.text.add("second_repl_offset", -1);
  s.text.add("repl_backlog_active", 0);
  s.text.add("repl_backlog_size", *s.executor.config().value_of("repl-backlog-size"));
  s.text.add("repl_backlog_first_byte_offset", 0);
  s.text.add("repl_backlog_histlen", 0);
}

void add_cpu(Scope& s) {
  s.text.section("CPU");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  rusage self{}, children{}, thread{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  s.text.add("used_cpu_sys", "%.6f", seconds(self.ru_stime));
  s.text.add("used_cpu_user", "%.6f", seconds(self.ru_utime));
  s.text.add("used_cpu_sys_children", "%.6f", seconds(children.ru_stime));
  s.text.add("used_cpu_user_children", "%.6f", seconds(children.ru_utime));
  s.text.add("used_cpu_sys_main_thread", "%.6f", seconds(thread.ru_stime));
  s.text.add("used_cpu_user_main_thread", "%.6f", seconds(thread.ru_utime));
}

void add_modules(Scope& s) { s.text.section("Modules"); }

void add_command_stats(Scope& s) {
  s.text.section("Commandstats");
  const auto threads = s.executor.thread_contexts();
  const CommandTable& table = s.executor.commands();
  for (size_t i = 0; i < table.size(); ++i) {
    const CommandStats stats = merged_stats(threads, i);
    if (stats.calls == 0 && stats.rejected == 0 && stats.failed == 0) continue;
    const uint64_t total_ns = CycleClock::to_ns(stats.cycles);
    const double per_call_us =
        stats.calls == 0 ? 0
                         : static_cast<double>(total_ns) / 1000 / static_cast<double>(stats.calls);
    char line[256];
    std::snprintf(line, sizeof line,
                  "calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
                  static_cast<unsigned long long>(stats.calls),
                  static_cast<unsigned long long>(total_ns / 1000), per_call_us,
                  static_cast<unsigned long long>(stats.rejected),
                  static_cast<unsigned long long>(stats.failed));
    s.text.add("cmdstat_" + table.full_name(i), std::string_view(line));
  }
}

void add_error_stats(Scope& s) {
  s.text.section("Errorstats");
  for (const auto& [code, count] : merged_errors(s.executor.thread_contexts())) {
    s.text.add("errorstat_" + code, std::string_view("count=" + std::to_string(count)));
  }
}

void add_latency_stats(Scope& s) {
  s.text.section("Latencystats");
  if (!s.executor.config().latency_tracking()) return;
  const auto threads = s.executor.thread_contexts();
  const auto percentiles = s.executor.config().latency_percentiles();
  const CommandTable& table = s.executor.commands();
  for (size_t i = 0; i < table.size(); ++i) {
    const CommandStats stats = merged_stats(threads, i);
    if (std::ranges::all_of(stats.latencies, [](uint64_t count) { return count == 0; })) continue;
    std::string line;
    for (const double percentile : percentiles) {
      const auto duration_ns = CycleClock::to_ns(stats.percentile_cycles(percentile));
      char text[64];
      std::snprintf(text, sizeof text, "%sp%s=%.3f", line.empty() ? "" : ",",
                    trimmed_number(percentile).c_str(), static_cast<double>(duration_ns) / 1000);
      line += text;
    }
    s.text.add("latency_percentiles_usec_" + table.full_name(i), std::string_view(line));
  }
}

void add_cluster(Scope& s) {
  s.text.section("Cluster");
  s.text.add("cluster_enabled", 0);
}

// The mean time to live of a sample of the keys with a deadline.
int64_t mean_ttl_ms(Scope& s, int db) {
  constexpr size_t kSampleShards = 32;
  constexpr int kSamplesPerShard = 8;
  Keyspace& keyspace = s.executor.keyspace();
  Random& random = s.executor.thread_context().random();
  const int64_t now_ms = s.access.now_ms();
  __int128 sum_ms = 0;  // a deadline may be as far away as there are numbers
  int64_t count = 0;
  size_t sampled = 0;
  for (size_t index = 0; index < Keyspace::kShards && sampled < kSampleShards; ++index) {
    Shard& shard = keyspace.shard(index);
    if (shard.counts[static_cast<size_t>(db)].volatile_keys.get() == 0) continue;
    ++sampled;
    ShardLocks lock;
    if (!s.access.locks().holds(index)) lock.lock_one(keyspace, index);
    const DatabaseShard* database = shard.find_database(db);
    for (int i = 0; i < kSamplesPerShard && database && database->entries.size() != 0; ++i) {
      const Entry* entry = database->entries.random(random);
      if (!entry->has_deadline()) continue;
      sum_ms += std::max<int64_t>(0, entry->deadline_ms() - now_ms);
      ++count;
    }
  }
  return count == 0 ? 0 : static_cast<int64_t>(sum_ms / count);
}

void add_keyspace(Scope& s) {
  s.text.section("Keyspace");
  const Keyspace& keyspace = s.executor.keyspace();
  for (int db = 0; db < keyspace.database_count(); ++db) {
    const size_t keys = keyspace.key_count(db);
    if (keys == 0) continue;
    const size_t volatile_keys = keyspace.volatile_count(db);
    const int64_t ttl_ms = volatile_keys == 0 ? 0 : mean_ttl_ms(s, db);
    std::string text = "keys=" + std::to_string(keys) + ",expires=" + std::to_string(volatile_keys) +
                       ",avg_ttl=" + std::to_string(ttl_ms);
    const size_t timed_hashes = keyspace.timed_hash_count(db);
    if (timed_hashes > 0) text += ",subexpiry=" + std::to_string(timed_hashes);
    s.text.add("db" + std::to_string(db), std::string_view(text));
  }
}

struct Section {
  std::string_view name;
  void (*add)(Scope&);
  bool is_default;
};
constexpr Section kSections[] = {
    {"server", add_server, true},
    {"clients", add_clients, true},
    {"memory", add_memory, true},
    {"persistence", add_persistence, true},
    {"stats", add_stats, true},
    {"replication", add_replication, true},
    {"cpu", add_cpu, true},
    {"modules", add_modules, true},
    {"commandstats", add_command_stats, false},
    {"errorstats", add_error_stats, true},
    {"latencystats", add_latency_stats, false},
    {"cluster", add_cluster, true},
    {"keyspace", add_keyspace, true},
};

bool asks_for(std::string_view name, const Section& section) {
  if (equal_ignoring_case(name, "default")) return section.is_default;
  return equal_ignoring_case(name, "all") || equal_ignoring_case(name, "everything") ||
         equal_ignoring_case(name, section.name);
}

}  // namespace

std::string info_text(Executor& executor, Access& access, std::span<const std::string_view> names) {
  constexpr std::string_view kDefault[] = {"default"};
  if (names.empty()) names = kDefault;
  Text text;
  Scope scope{executor, access, text};
  for (const Section& section : kSections) {
    const auto wants = [&](std::string_view name) { return asks_for(name, section); };
    if (std::ranges::any_of(names, wants)) section.add(scope);
  }
  return text.take();
}

}  // namespace redstart
