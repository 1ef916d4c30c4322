// What the load program is asked to do, by its command line.
//
// Threads: immutable once parsed.
#pragma once

#include <cstdint>
#include <string>

namespace load {

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
  std::string tls_ca;  // not empty: over TLS
  std::string setup;  // for each connection
  uint64_t probe_range = 100'000;
  int64_t probe_interval_us = 500;
  double probe_seconds = 0;
};

// Prints the help, or what is wrong, and ends the program where nothing can be measured.
Options parse_options(int argc, char** argv);
[[noreturn]] void fail(const std::string& what);

}  // namespace load
