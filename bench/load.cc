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
// Prints one line of JSON. Rerun: bench/load --help.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr size_t kReceiveBytes = 256 * 1024;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "load: %s\n", what.c_str());
  std::exit(1);
}

int64_t clock_ns(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }

// xorshift64*: one multiplication a number.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  uint64_t below(uint64_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    const uint64_t bits = state_ * 0x2545F4914F6CDD1Dull;
    return static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * bound) >> 64);
  }

 private:
  uint64_t state_;
};

void write_digits(char* out, size_t width, uint64_t value) {
  for (size_t i = width; i-- > 0;) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

struct Options {
  std::string host = "127.0.0.1";
  int port = 6379;
  std::string command = "PING";
  std::string read;  // beside `command`; empty: that alone
  uint64_t writes_per_read = 1;
  uint64_t request_count = 1'000'000;
  int connection_count = 50;
  uint64_t pipeline = 1;
  uint64_t range = 3'000'000;
  uint64_t first = 0;
  uint64_t group_size = 10;
  size_t value_bytes = 64;
  uint64_t seed = 1;
  int cpu_of_pid = 0;
  std::string probe;
  std::string setup;  // for each connection
  uint64_t probe_range = 100'000;
  int64_t probe_interval_us = 500;
  double probe_seconds = 0;
};

constexpr const char* kHelp =
    "load --port N --command \"SET key:{rand} {value}\" [options]\n"
    "  --read COMMAND           sent in between, after every --writes-per-read of the others\n"
    "  --writes-per-read N      (1)\n"
    "  --host ADDRESS           server's address (127.0.0.1)\n"
    "  --requests N             how many to send (1000000)\n"
    "  --connections N          (50)\n"
    "  --pipeline N             requests that a connection sends before it waits (1)\n"
    "  --range N                {rand} and {randint} are below N (3000000)\n"
    "  --first N                {seq} counts from N (0)\n"
    "  --group-size N           {group} is seq / N, {item} is seq % N (10)\n"
    "  --value-bytes N          length of {value} (64)\n"
    "  --seed N                 of the random numbers (1)\n"
    "  --cpu-of PID             report the CPU time of this process per request\n"
    "  --setup COMMAND          sent once on each connection before the load begins\n"
    "  --probe COMMAND          measure the latency of this command meanwhile\n"
    "  --probe-range N          {rand} inside the probe is below N (100000)\n"
    "  --probe-interval-us N    (500)\n"
    "  --probe-seconds S        go on probing for S seconds after the load's last reply (0)\n"
    "Placeholders {rand} {seq} {group} {item} are 12 digits with leading zeros; {randint} and "
    "{int} are\n"
    "1000000000 plus the random or the sequence number.\n";

// A request as bytes, in which a few runs of digits change from one request to the next.
class RequestTemplate {
 public:
  RequestTemplate(const std::string& command, const Options& options) : options_(options) {
    std::vector<std::string> words;
    for (size_t at = 0; at < command.size();) {
      const size_t end = std::min(command.find(' ', at), command.size());
      if (end > at) words.push_back(command.substr(at, end - at));
      at = end + 1;
    }
    bytes_ = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) add_word(word);
  }

  size_t size_bytes() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }

  // REQUIRES: `out` holds this template's bytes already.
  void fill(char* out, Random& random, uint64_t sequence, uint64_t range) const {
    for (const Patch& patch : patches_) {
      uint64_t value = 0;
      switch (patch.kind) {
        case Kind::rand:
          value = random.below(range);
          break;
        case Kind::seq:
          value = sequence;
          break;
        case Kind::group:
          value = sequence / options_.group_size;
          break;
        case Kind::item:
          value = sequence % options_.group_size;
          break;
      }
      write_digits(out + patch.offset, patch.width, value);
    }
  }

 private:
  enum class Kind { rand, seq, group, item };
  struct Patch {
    size_t offset;
    size_t width;
    Kind kind;
  };

  void add_word(const std::string& word) {
    std::string text;
    std::vector<Patch> patches;
    for (size_t i = 0; i < word.size();) {
      const size_t close = word[i] == '{' ? word.find('}', i) : std::string::npos;
      if (close == std::string::npos) {
        text += word[i++];
        continue;
      }
      add_placeholder(word.substr(i + 1, close - i - 1), text, patches);
      i = close + 1;
    }
    bytes_ += "$" + std::to_string(text.size()) + "\r\n";
    for (Patch& patch : patches)
      patches_.push_back({bytes_.size() + patch.offset, patch.width, patch.kind});
    bytes_ += text + "\r\n";
  }

  void add_placeholder(const std::string& name, std::string& text,
                       std::vector<Patch>& patches) const {
    static const std::map<std::string, Kind> kinds = {
        {"rand", Kind::rand}, {"seq", Kind::seq}, {"group", Kind::group}, {"item", Kind::item}};
    if (name == "value") {
      Random random(options_.seed + 77);
      for (size_t i = 0; i < options_.value_bytes; ++i)
        text += static_cast<char>('a' + random.below(26));
    } else if (name == "int" || name == "randint") {
      text += '1';
      patches.push_back({text.size(), 9, name == "int" ? Kind::seq : Kind::rand});
      text += "000000000";
    } else if (auto it = kinds.find(name); it != kinds.end()) {
      patches.push_back({text.size(), 12, it->second});
      text += "000000000000";
    } else {
      fail("unknown placeholder {" + name + "}");
    }
  }

  const Options& options_;
  std::string bytes_;
  std::vector<Patch> patches_;
};

struct ReplyCounts {
  uint64_t replies = 0;
  uint64_t nulls = 0;
  uint64_t errors = 0;
  std::string first_error;
};

// Counts complete replies in a stream of bytes that may be cut anywhere.
class ReplyScanner {
 public:
  // Returns how many replies ended inside `bytes`.
  uint64_t scan(std::string_view bytes, ReplyCounts& counts) {
    const uint64_t before = counts.replies;
    while (!bytes.empty()) {
      if (skip_ > 0) {
        const size_t skipped = std::min(skip_, bytes.size());
        bytes.remove_prefix(skipped);
        skip_ -= skipped;
        if (skip_ == 0) end_element(counts);
        continue;
      }
      const void* newline = std::memchr(bytes.data(), '\n', bytes.size());
      if (newline == nullptr) {
        partial_line_.append(bytes);
        break;
      }
      const size_t length =
          static_cast<size_t>(static_cast<const char*>(newline) - bytes.data()) + 1;
      if (partial_line_.empty()) {
        take_line(bytes.substr(0, length), counts);
      } else {
        partial_line_.append(bytes.substr(0, length));
        take_line(partial_line_, counts);
        partial_line_.clear();
      }
      bytes.remove_prefix(length);
    }
    return counts.replies - before;
  }

 private:
  static int64_t parse_length(std::string_view line) {
    const bool negative = line[1] == '-';
    int64_t value = 0;
    for (size_t i = negative ? 2 : 1; i < line.size() && line[i] >= '0'; ++i) {
      value = value * 10 + (line[i] - '0');
    }
    return negative ? -value : value;
  }

  void take_line(std::string_view line, ReplyCounts& counts) {
    switch (line[0]) {
      case '$':
      case '=':
        if (const int64_t length = parse_length(line); length >= 0) {
          skip_ = static_cast<size_t>(length) + 2;
          return;
        }
        ++counts.nulls;
        break;
      case '*':
      case '~':
      case '>':
        open_aggregate(parse_length(line), counts);
        return;
      case '%':
        open_aggregate(2 * parse_length(line), counts);
        return;
      case '-':
        if (counts.errors++ == 0) counts.first_error = line.substr(0, line.size() - 2);
        break;
      case '_':
        ++counts.nulls;
        break;
      default:
        break;
    }
    end_element(counts);
  }

  void open_aggregate(int64_t element_count, ReplyCounts& counts) {
    if (element_count < 0) ++counts.nulls;
    if (element_count > 0)
      open_elements_ += static_cast<uint64_t>(element_count) + (open_elements_ == 0);
    // The aggregate itself counts as an element of whatever holds it.
    end_element(counts);
  }

  void end_element(ReplyCounts& counts) {
    if (open_elements_ > 0) --open_elements_;
    if (open_elements_ == 0) ++counts.replies;
  }

  size_t skip_ = 0;
  uint64_t open_elements_ = 0;
  std::string partial_line_;
};

int connect_to(const Options& options) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(options.port));
  if (inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1)
    fail("bad address " + options.host);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect to " + options.host + ":" + std::to_string(options.port) + ": " +
         std::strerror(errno));
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// Sends a command in a line and waits for its reply, which must be a status.
void set_up(int fd, const std::string& command) {
  const std::string line = command + "\r\n";
  std::string reply(512, '\0');
  const ssize_t sent = send(fd, line.data(), line.size(), MSG_NOSIGNAL);
  const ssize_t received = sent < 0 ? sent : recv(fd, reply.data(), reply.size(), 0);
  if (received <= 0 || reply[0] != '+') fail("refused: " + command);
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), request_(options.command, options), random_(options.seed) {
    if (!options.read.empty()) read_.emplace(options.read, options);
    epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
    for (uint64_t i = 0; i < options_.pipeline; ++i) batch_ += request_.bytes();
    connections_.resize(static_cast<size_t>(options_.connection_count));
    for (size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].fd = connect_to(options_);
      if (!options_.setup.empty()) set_up(connections_[i].fd, options_.setup);
      fcntl(connections_[i].fd, F_SETFL, fcntl(connections_[i].fd, F_GETFL) | O_NONBLOCK);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, connections_[i].fd, &event);
    }
  }

  ~Load() {
    for (Connection& connection : connections_) close(connection.fd);
    close(epoll_fd_);
  }

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
    int fd = -1;
    uint64_t awaited = 0;
    ReplyScanner scanner;
    std::string unsent;
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
    ssize_t written = send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) fail(std::string("send: ") + std::strerror(errno));
    if (written < 0) written = 0;
    if (static_cast<size_t>(written) == bytes.size()) return;
    connection.unsent = std::string(bytes.substr(static_cast<size_t>(written)));
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
    epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.fd, &event);
  }

  void receive(Connection& connection, std::vector<char>& buffer) {
    const ssize_t received = recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (received == 0) fail("the server closed a connection");
    if (received < 0) {
      if (errno == EAGAIN) return;
      fail(std::string("recv: ") + std::strerror(errno));
    }
    const uint64_t replies =
        connection.scanner.scan({buffer.data(), static_cast<size_t>(received)}, counts_);
    if (replies > connection.awaited) fail("more replies than requests");
    connection.awaited -= replies;
    if (connection.awaited == 0) start_batch(connection);
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
    fd_ = connect_to(options);
    thread_ = std::thread([this] { run(); });
    // Ahead of the load's thread on the same core, or that thread's time slices would be measured.
    sched_param priority{.sched_priority = 1};
    pthread_setschedparam(thread_.native_handle(), SCHED_FIFO, &priority);
  }

  ~Probe() {
    if (fd_ >= 0) close(fd_);
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
      if (send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) fail("probe: send failed");
      for (uint64_t replies = 0; replies == 0;) {
        const ssize_t received = recv(fd_, buffer.data(), buffer.size(), 0);
        if (received <= 0) fail("probe: the server closed the connection");
        replies = scanner.scan({buffer.data(), static_cast<size_t>(received)}, counts);
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
  int fd_ = -1;
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

Options parse_options(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::string*> texts = {
      {"--host", &options.host}, {"--command", &options.command}, {"--probe", &options.probe},
      {"--setup", &options.setup}, {"--read", &options.read}};
  const std::map<std::string, uint64_t*> numbers = {{"--requests", &options.request_count},
                                                    {"--pipeline", &options.pipeline},
                                                    {"--writes-per-read", &options.writes_per_read},
                                                    {"--range", &options.range},
                                                    {"--first", &options.first},
                                                    {"--group-size", &options.group_size},
                                                    {"--value-bytes", &options.value_bytes},
                                                    {"--seed", &options.seed},
                                                    {"--probe-range", &options.probe_range}};
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (i + 1 == argc) fail(name + " needs a value");
    const char* value = argv[i + 1];
    if (auto text = texts.find(name); text != texts.end())
      *text->second = value;
    else if (auto number = numbers.find(name); number != numbers.end())
      *number->second = std::strtoull(value, nullptr, 10);
    else if (name == "--port")
      options.port = std::atoi(value);
    else if (name == "--connections")
      options.connection_count = std::atoi(value);
    else if (name == "--cpu-of")
      options.cpu_of_pid = std::atoi(value);
    else if (name == "--probe-interval-us")
      options.probe_interval_us = std::atoll(value);
    else if (name == "--probe-seconds")
      options.probe_seconds = std::atof(value);
    else
      fail("unknown option " + name + "; see --help");
  }
  if (options.pipeline == 0 || options.range == 0 || options.connection_count < 1 ||
      options.group_size == 0 || options.probe_range == 0) {
    fail("--pipeline, --range, --probe-range, --connections and --group-size must be positive");
  }
  return options;
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

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  Load load(options);
  Probe probe(options);
  const int64_t server_cpu_start_ns =
      options.cpu_of_pid != 0 ? cpu_of_process_ns(options.cpu_of_pid) : 0;
  const int64_t own_cpu_start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  const int64_t start_ns = now_ns();
  load.run();
  const double seconds = static_cast<double>(now_ns() - start_ns) / 1e9;
  const auto own_cpu_ns =
      static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own_cpu_start_ns);
  const auto server_cpu_ns = static_cast<double>(
      options.cpu_of_pid != 0 ? cpu_of_process_ns(options.cpu_of_pid) - server_cpu_start_ns : 0);
  if (!options.probe.empty()) usleep(static_cast<useconds_t>(options.probe_seconds * 1e6));
  probe.stop();

  const double requests = std::max(1.0, static_cast<double>(load.counts().replies));
  std::printf("{\"requests\": %.0f, \"seconds\": %.4f, \"requests_per_second\": %.0f, ", requests,
              seconds, requests / seconds);
  std::printf(
      "\"server_cpu_ns\": %.1f, \"client_cpu_ns\": %.1f, \"nulls\": %llu, \"errors\": %llu, ",
      server_cpu_ns / requests, own_cpu_ns / requests,
      static_cast<unsigned long long>(load.counts().nulls),
      static_cast<unsigned long long>(load.counts().errors));
  std::printf("\"first_error\": %s, \"probes\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, ",
              quoted(load.counts().first_error).c_str(), probe.count(), probe.quantile_us(0.5),
              probe.quantile_us(0.99));
  std::printf("\"p999_us\": %.1f, \"max_us\": %.1f}\n", probe.quantile_us(0.999),
              probe.quantile_us(1));
  return 0;
}
