// redstart: the program. Its first argument names what to do.
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "cli/check.h"
#include "cli/convert.h"
#include "cli/process_title.h"
#include "cli/serve.h"
#include "cli/tools.h"

namespace {

constexpr char kUsage[] =
    "usage: redstart serve [FILE.conf | -] [--DIRECTIVE VALUE ...] [-]\n"
    "\n"
    "  serve    puts a store on a socket for any Redis client. Directives are those of "
    "redis.conf,\n"
    "           from a file, standard input (-) and arguments; without any it listens on\n"
    "           127.0.0.1:6379. Example: redstart serve --port 7000\n"
    "  check FILE|DIRECTORY [--fix]\n"
    "           tells what is in a snapshot or a log, and whether a store could load it;\n"
    "           --fix cuts off what a crash has left of the last write\n"
    "  convert FROM TO [--from-format FORMAT] [--to-format FORMAT] [--force]\n"
    "           data from one kind of file to another: snapshots, logs, commands, JSON lines\n"
    "  check-system             tells which kernel settings a busy machine should have otherwise\n"
    "  layouts [URL]            tells what the same data costs in different layouts on a store\n"
    "  monitor-writes [URL] [SECONDS] [KEY ...]\n"
    "                           tells how a store's writes do, and how long the queues KEY are\n"
    "  version  tells the version\n"
    "  help     shows this text\n";

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string command = arguments.empty() ? "help" : arguments.front();
  if (command == "serve" && arguments.size() == 2 && arguments[1] == "--help") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (command == "serve") {
    const std::string program = argv[0];
    redstart::ProcessTitle::prepare(argc, argv);
    return redstart::serve(program, std::span(arguments).subspan(1));
  }
  const auto rest = std::span(arguments).subspan(arguments.empty() ? 0 : 1);
  if (command == "check") return redstart::check(rest);
  if (command == "convert") return redstart::convert_files(rest);
  if (command == "check-system") return redstart::check_system(rest);
  if (command == "layouts") return redstart::layouts(rest);
  if (command == "monitor-writes") return redstart::monitor_writes(rest);
  if (command == "version" || command == "--version" || command == "-v") {
    std::puts("redstart " REDSTART_VERSION);
    return 0;
  }
  if (command == "help" || command == "--help" || command == "-h") {
    std::fputs(kUsage, stdout);
    return arguments.empty() ? 1 : 0;
  }
  std::fprintf(stderr, "redstart: there is no command '%s'\n\n%s", command.c_str(), kUsage);
  return 1;
}
