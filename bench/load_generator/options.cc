#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace load {
namespace {

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
    "  --tls-ca FILE            speak TLS; the certificates in FILE vouch for the server\n"
    "  --setup COMMAND          sent once on each connection before the load begins\n"
    "  --probe COMMAND          measure the latency of this command meanwhile\n"
    "  --probe-range N          {rand} inside the probe is below N (100000)\n"
    "  --probe-interval-us N    (500)\n"
    "  --probe-seconds S        go on probing for S seconds after the load's last reply (0)\n"
    "Placeholders {rand} {seq} {group} {item} are 12 digits with leading zeros; {randint} and "
    "{int} are\n"
    "1000000000 plus the random or the sequence number.\n";

}  // namespace

void fail(const std::string& what) {
  std::fprintf(stderr, "load: %s\n", what.c_str());
  std::exit(1);
}

Options parse_options(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::string*> texts = {
      {"--host", &options.host}, {"--command", &options.command}, {"--probe", &options.probe},
      {"--setup", &options.setup}, {"--tls-ca", &options.tls_ca},
      {"--read", &options.read}};
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

}  // namespace load
