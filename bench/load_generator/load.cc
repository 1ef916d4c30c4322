// load: sends one command, over and over, to a RESP server, and measures the server rather than
// itself. With --read, a second one in a given ratio: so many writes for each read.
//
// Requests are templates of fixed size in which only digits change, replies are counted without
// being parsed into values, and one thread drives all connections by epoll: the generator costs the
// kernel's price and a few nanoseconds, so a server on another core is always the slower side.
//
// A connection sends `pipeline` requests, waits for as many replies, and starts again
// (redis-benchmark's way). With --cpu-of the CPU time of the server process, all threads, is read
// from its own clock at the first and the last request. With --probe a second thread sends one
// request at fixed times and measures from the moment it was due, so a stalled server is charged
// for all the requests it held up.
//
// Prints one line of JSON. Rerun: load --help.
#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "options.h"
#include "reply_scanner.h"
#include "request_template.h"
#include "socket.h"

namespace load {
namespace {

constexpr size_t kReceiveBytes = 256 * 1024;

int64_t clock_ns(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), request_(options.command, options), random_(options.seed) {
    if (!options.read.empty()) read_.emplace(options.read, options);
    epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
    for (uint64_t i = 0; i < options_.pipeline; ++i) batch_ += request_.bytes();
    const auto count = static_cast<size_t>(options_.connection_count);
    connections_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      Socket& socket = connections_.emplace_back(Socket(options_)).socket;
      if (!options_.setup.empty()) socket.set_up(options_.setup);
      socket.stop_blocking();
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, socket.fd(), &event);
    }
  }

  ~Load() { close(epoll_fd_); }

  void run() {
    for (Connection& connection : connections_) start_batch(connection);
    std::vector<epoll_event> events(connections_.size());
    std::vector<char> buffer(kReceiveBytes);
    while (counts_.replies < sent_) {
      const int ready =
          epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), 30'000);
      if (ready == 0) fail("no reply within 30 seconds");
      for (int i = 0; i < ready; ++i) {
        Connection& connection = connections_[events[static_cast<size_t>(i)].data.u64];
        if ((events[static_cast<size_t>(i)].events & EPOLLOUT) != 0) flush(connection);
        if ((events[static_cast<size_t>(i)].events & ~EPOLLOUT) != 0) receive(connection, buffer);
      }
    }
  }

  const ReplyCounts& counts() const { return counts_; }

 private:
  struct Connection {
    Socket socket;
    uint64_t awaited = 0;
    ReplyScanner scanner = {};
    std::string unsent = {};
  };

  void start_batch(Connection& connection) {
    const uint64_t count = std::min(options_.pipeline, options_.request_count - sent_);
    if (count == 0) return;
    const size_t bytes = read_ ? mix_batch(count) : fill_batch(count);
    sent_ += count;
    connection.awaited = count;
    send_bytes(connection, std::string_view(batch_).substr(0, bytes));
  }

  // Both make the next `count` requests, and return their length.
  size_t fill_batch(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      request_.fill(batch_.data() + i * request_.size_bytes(), random_, options_.first + sent_ + i,
                    options_.range);
    }
    return count * request_.size_bytes();
  }
  size_t mix_batch(uint64_t count) {
    batch_.clear();
    for (uint64_t i = sent_; i < sent_ + count; ++i) {
      const bool is_read = i % (options_.writes_per_read + 1) == options_.writes_per_read;
      const RequestTemplate& request = is_read ? *read_ : request_;
      const size_t at = batch_.size();
      batch_ += request.bytes();
      request.fill(batch_.data() + at, random_, options_.first + i, options_.range);
    }
    return batch_.size();
  }

  void send_bytes(Connection& connection, std::string_view bytes) {
    const size_t sent = connection.socket.send(bytes);
    if (sent == bytes.size()) return;
    connection.unsent = std::string(bytes.substr(sent));
    watch(connection, EPOLLIN | EPOLLOUT);
  }

  void flush(Connection& connection) {
    watch(connection, EPOLLIN);
    const std::string rest = std::move(connection.unsent);
    connection.unsent.clear();
    if (!rest.empty()) send_bytes(connection, rest);
  }

  void watch(Connection& connection, uint32_t events) {
    epoll_event event{.events = events,
                      .data = {.u64 = static_cast<uint64_t>(&connection - connections_.data())}};
    epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.socket.fd(), &event);
  }

  void receive(Connection& connection, std::vector<char>& buffer) {
    // Over TLS there may be more that is read already: what epoll knows nothing of.
    while (connection.awaited > 0) {
      const auto received = connection.socket.receive(buffer);
      if (!received) return;
      take({buffer.data(), *received}, connection);
      if (options_.tls_ca.empty()) break;
    }
    if (connection.awaited == 0) start_batch(connection);
  }

  void take(std::string_view bytes, Connection& connection) {
    const uint64_t replies = connection.scanner.scan(bytes, counts_);
    if (replies > connection.awaited) fail("more replies than requests");
    connection.awaited -= replies;
  }

  const Options& options_;
  RequestTemplate request_;
  std::optional<RequestTemplate> read_;
  Random random_;
  int epoll_fd_ = -1;
  std::vector<Connection> connections_;
  std::string batch_;
  uint64_t sent_ = 0;
  ReplyCounts counts_;
};

// Sends one request at a time, on schedule, and keeps every latency.
class Probe {
 public:
  explicit Probe(const Options& options)
      : options_(options), request_(options.probe, options), random_(options.seed + 1) {
    if (options.probe.empty()) return;
    socket_.emplace(options);
    thread_ = std::thread([this] { run(); });
    // Ahead of the load's thread on the same core, or that thread's time slices would be measured.
    sched_param priority{.sched_priority = 1};
    pthread_setschedparam(thread_.native_handle(), SCHED_FIFO, &priority);
  }

  void stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
    std::sort(latencies_ns_.begin(), latencies_ns_.end());
  }

  size_t count() const { return latencies_ns_.size(); }
  double quantile_us(double fraction) const {
    if (latencies_ns_.empty()) return 0;
    const auto index = static_cast<size_t>(fraction * static_cast<double>(latencies_ns_.size()));
    return static_cast<double>(latencies_ns_[std::min(index, latencies_ns_.size() - 1)]) / 1000;
  }

 private:
  void run() {
    std::string bytes = request_.bytes();
    std::vector<char> buffer(kReceiveBytes);
    ReplyScanner scanner;
    ReplyCounts counts;
    int64_t due_ns = now_ns();
    while (!stopped_) {
      due_ns += options_.probe_interval_us * 1000;
      sleep_until(due_ns);
      request_.fill(bytes.data(), random_, 0, options_.probe_range);
      socket_->send(bytes);
      for (uint64_t replies = 0; replies == 0;) {
        const size_t received = *socket_->receive(buffer);
        replies = scanner.scan({buffer.data(), received}, counts);
      }
      latencies_ns_.push_back(now_ns() - due_ns);
    }
    if (counts.errors > 0) fail("probe: " + counts.first_error);
  }

  static void sleep_until(int64_t due_ns) {
    const timespec due{.tv_sec = due_ns / 1'000'000'000, .tv_nsec = due_ns % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
  }

  const Options& options_;
  RequestTemplate request_;
  Random random_;
  std::optional<Socket> socket_;
  std::atomic<bool> stopped_{false};
  std::vector<int64_t> latencies_ns_;
  std::thread thread_;
};

// The server's user and system time over all its threads, also those that have ended.
int64_t cpu_of_process_ns(int pid) {
  clockid_t clock{};
  if (clock_getcpuclockid(pid, &clock) != 0) fail("no process " + std::to_string(pid));
  return clock_ns(clock);
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace
}  // namespace load

int main(int argc, char** argv) {
  using namespace load;
  const Options options = parse_options(argc, argv);
  Load generator(options);
  Probe probe(options);
  const int64_t server_cpu_start_ns =
      options.cpu_of_pid != 0 ? cpu_of_process_ns(options.cpu_of_pid) : 0;
  const int64_t own_cpu_start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  const int64_t start_ns = now_ns();
  generator.run();
  const double seconds = static_cast<double>(now_ns() - start_ns) / 1e9;
  const auto own_cpu_ns =
      static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own_cpu_start_ns);
  const auto server_cpu_ns = static_cast<double>(
      options.cpu_of_pid != 0 ? cpu_of_process_ns(options.cpu_of_pid) - server_cpu_start_ns : 0);
  if (!options.probe.empty()) usleep(static_cast<useconds_t>(options.probe_seconds * 1e6));
  probe.stop();

  const double requests = std::max(1.0, static_cast<double>(generator.counts().replies));
  std::printf("{\"requests\": %.0f, \"seconds\": %.4f, \"requests_per_second\": %.0f, ", requests,
              seconds, requests / seconds);
  std::printf(
      "\"server_cpu_ns\": %.1f, \"client_cpu_ns\": %.1f, \"nulls\": %llu, \"errors\": %llu, ",
      server_cpu_ns / requests, own_cpu_ns / requests,
      static_cast<unsigned long long>(generator.counts().nulls),
      static_cast<unsigned long long>(generator.counts().errors));
  std::printf("\"first_error\": %s, \"probes\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, ",
              quoted(generator.counts().first_error).c_str(), probe.count(), probe.quantile_us(0.5),
              probe.quantile_us(0.99));
  std::printf("\"p999_us\": %.1f, \"max_us\": %.1f}\n", probe.quantile_us(0.999),
              probe.quantile_us(1));
  return 0;
}
