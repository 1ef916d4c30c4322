// replay: sends a trace of bench/eviction to a RESP server that is used as a cache, and counts the hits: GET, and SET
// of what was missing. The server's maxmemory is set, and corrected again and again, so that it keeps just as many keys
// as asked for.
//
// A batch of GETs is sent at once; a key that is missing twice in a batch is missing once. A quarter of the
// trace warms the cache up, the rest is counted. Prints one line of JSON; `keys` is the mean number of keys meanwhile.
//
// Rerun: build/release/bench/eviction/replay PORT TRACE KEYS CACHED REQUESTS SEED (driven by bench/eviction/compare)
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "traces.h"

namespace {

constexpr size_t kBatch = 64;
constexpr size_t kValueBytes = 64;
constexpr size_t kCorrections = 40;  // of maxmemory, while warming up and while counting
// Fewer say little of what one takes: the server's buffers come and go meanwhile.
constexpr size_t kMeasuredKeys = 20'000;
constexpr std::string_view kOutOfMemory = "-OOM";

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "replay: %s\n", what.c_str());
  std::exit(1);
}

class Connection {
 public:
  explicit Connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("no connection");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Connection() { close(socket_); }

  void add(std::initializer_list<std::string_view> words) {
    out_ += "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
      out_ += "$" + std::to_string(word.size()) + "\r\n";
      out_.append(word).append("\r\n");
    }
  }
  void send_all() {
    for (size_t sent = 0; sent < out_.size();) {
      const ssize_t count = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) fail("the server closed the connection");
      sent += static_cast<size_t>(count);
    }
    out_.clear();
  }
  // The next reply: its line, or the bytes of a bulk string; "$-1" for null. Ends with any error but OOM.
  std::string reply() {
    const std::string line = read_line();
    if (line[0] == '-' && !line.starts_with(kOutOfMemory)) fail(line);
    if (line[0] != '$' || line == "$-1") return line;
    const size_t size = std::strtoull(line.c_str() + 1, nullptr, 10);
    while (in_.size() - at_ < size + 2) receive();
    std::string bytes = in_.substr(at_, size);
    at_ += size + 2;
    return bytes;
  }
  std::string call(std::initializer_list<std::string_view> words) {
    add(words);
    send_all();
    return reply();
  }

 private:
  std::string read_line() {
    size_t end;
    while ((end = in_.find("\r\n", at_)) == std::string::npos) receive();
    std::string line = in_.substr(at_, end - at_);
    at_ = end + 2;
    return line;
  }
  void receive() {
    in_.erase(0, at_);
    at_ = 0;
    char bytes[64 * 1024];
    const ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) fail("the server closed the connection");
    in_.append(bytes, static_cast<size_t>(count));
  }

  int socket_;
  std::string out_, in_;
  size_t at_ = 0;
};

class Replay {
 public:
  Replay(int port, size_t cached) : connection_(port), cached_(cached) {}

  // Fills the server with as many keys as it is to keep, and lets it keep no more.
  void fill() {
    connection_.call({"FLUSHALL"});
    connection_.call({"CONFIG", "SET", "maxmemory", "0"});
    const uint64_t before = used_bytes();
    const size_t measured = std::max(cached_, kMeasuredKeys);
    set_first(measured);
    bytes_per_key_ = std::max<uint64_t>(1, (used_bytes() - before) / measured);
    if (measured > cached_) {
      connection_.call({"FLUSHALL"});
      set_first(cached_);
    }
    limit(used_bytes());
  }

  struct Outcome {
    size_t hits = 0;
    size_t refusals = 0;    // SETs for which there was no memory, even without any key
    double keys_mean = 0;
  };
  Outcome run(std::span<const uint32_t> trace) {
    Outcome outcome;
    const size_t step = std::max<size_t>(kBatch, trace.size() / kCorrections);
    size_t keys_sum = 0, steps = 0;
    for (size_t at = 0; at < trace.size(); at += step, ++steps) {
      run_step(trace.subspan(at, std::min(step, trace.size() - at)), outcome);
      const size_t keys = key_count();
      keys_sum += keys;
      correct(keys);
    }
    outcome.keys_mean = static_cast<double>(keys_sum) / static_cast<double>(std::max<size_t>(steps, 1));
    return outcome;
  }

 private:
  static std::string name_of(uint32_t key) {
    char text[24];
    std::snprintf(text, sizeof text, "key:%012u", key);
    return text;
  }
  void set(uint32_t key) { connection_.add({"SET", name_of(key), value_}); }
  void set_first(size_t keys) {
    for (size_t first = 0; first < keys; first += kBatch) {
      const size_t count = std::min(kBatch, keys - first);
      for (size_t i = 0; i < count; ++i) set(static_cast<uint32_t>(first + i));
      connection_.send_all();
      for (size_t i = 0; i < count; ++i) connection_.reply();
    }
  }
  void run_step(std::span<const uint32_t> trace, Outcome& outcome) {
    for (size_t at = 0; at < trace.size(); at += kBatch) {
      run_batch(trace.subspan(at, std::min(kBatch, trace.size() - at)), outcome);
    }
  }
  void run_batch(std::span<const uint32_t> keys, Outcome& outcome) {
    for (const uint32_t key : keys) connection_.add({"GET", name_of(key)});
    connection_.send_all();
    std::vector<uint32_t> missing;
    for (const uint32_t key : keys) {
      if (connection_.reply() != "$-1" || std::ranges::find(missing, key) != missing.end()) continue;
      missing.push_back(key);
    }
    for (const uint32_t key : missing) set(key);
    connection_.send_all();
    for (size_t i = 0; i < missing.size(); ++i) outcome.refusals += connection_.reply().starts_with(kOutOfMemory);
    outcome.hits += keys.size() - missing.size();
  }
  size_t key_count() { return std::strtoull(connection_.call({"DBSIZE"}).c_str() + 1, nullptr, 10); }
  uint64_t used_bytes() {
    const std::string info = connection_.call({"INFO", "memory"});
    return std::strtoull(info.c_str() + info.find("used_memory:") + 12, nullptr, 10);
  }
  void limit(uint64_t bytes) {
    limit_bytes_ = bytes;
    connection_.call({"CONFIG", "SET", "maxmemory", std::to_string(bytes)});
  }
  void correct(size_t keys) {
    const auto surplus = static_cast<int64_t>(keys) - static_cast<int64_t>(cached_);
    if (std::abs(surplus) * 200 <= static_cast<int64_t>(cached_)) return;
    // At most by half at once: used_memory counts more than what the limit is about, so the first guess is too high.
    const int64_t limit_bytes = static_cast<int64_t>(limit_bytes_);
    const int64_t less_bytes = surplus * static_cast<int64_t>(bytes_per_key_);
    limit(static_cast<uint64_t>(limit_bytes - std::min(less_bytes, limit_bytes / 2)));
  }

  Connection connection_;
  const size_t cached_;
  const std::string value_ = std::string(kValueBytes, 'v');
  uint64_t bytes_per_key_ = 1;
  uint64_t limit_bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) fail("usage: replay PORT TRACE KEYS CACHED REQUESTS SEED");
  const auto number = [&](int index) { return std::strtoull(argv[index], nullptr, 10); };
  const size_t requests = number(5);
  const auto trace = traces::Generator(number(3), requests, number(6)).make(argv[2]);
  Replay replay(static_cast<int>(number(1)), number(4));
  replay.fill();
  const auto all = std::span(trace);
  replay.run(all.first(requests / 4));
  const auto outcome = replay.run(all.subspan(requests / 4));
  std::printf("{\"hit_percent\": %.2f, \"keys\": %.0f, \"refusals\": %zu}\n",
              100 * static_cast<double>(outcome.hits) / static_cast<double>(requests - requests / 4), outcome.keys_mean,
              outcome.refusals);
  return 0;
}
