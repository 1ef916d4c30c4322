// The program redstart serve: its arguments, and what it is to the system that it runs on.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "tests/scenarios/server_process.h"
#include "tests/scenarios/stores.h"
#include "tests/server/raw_client.h"

namespace redstart::server_tests {
namespace {

using scenarios::eventually;
using scenarios::Program;
using scenarios::ServerProcess;

struct Outcome {
  int exit_code = -1;
  std::string output;
};

Outcome run_shell(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  char buffer[4096];
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) outcome.output.append(buffer, count);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    program_ = scenarios::path_of(Program::redstart);
    if (program_.empty()) GTEST_SKIP() << scenarios::missing_text(Program::redstart);
    char name[] = "/tmp/redstart-program-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  void TearDown() override {
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  static std::string read(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static Client client_of(const ServerProcess& server) { return open(server.url()).value(); }

  std::string program_, directory_;
};

TEST_F(ProgramTest, names_the_line_that_it_cannot_read) {
  const std::string file = write("bad.conf", "timeout 5\nnope 1\n");
  const Outcome outcome = run_shell(program_ + " serve " + file);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("at line 2\n>>> 'nope 1'\n"), std::string::npos) << outcome.output;
}

TEST_F(ProgramTest, explains_itself) {
  for (const char* command : {"serve", "check", "convert"}) {
    const Outcome outcome = run_shell(program_ + " " + command + " --help");
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_TRUE(outcome.output.starts_with("usage: redstart ")) << outcome.output;
  }
}

TEST_F(ProgramTest, says_which_stores_would_not_load_a_file) {
  const std::string lines = write("lines.jsonl", R"({"db":99,"key":"k","type":"string","value":"v"})" "\n"
                                                 R"({"key":"h","type":"hash","value":[["f","v",2000000000000]]})" "\n");
  ASSERT_EQ(run_shell(program_ + " convert " + lines + " " + path("some.rdb")).exit_code, 0);
  const Outcome outcome = run_shell(program_ + " check " + path("some.rdb"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("only with the directive databases 100 or more"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("1 hash with deadlines of fields: redis-server reads them from 7.4 on"),
            std::string::npos) << outcome.output;
  // It is there by now.
  EXPECT_EQ(run_shell(program_ + " convert " + lines + " " + path("some.rdb")).exit_code, 1);
  EXPECT_EQ(run_shell(program_ + " convert --force " + lines + " " + path("some.rdb")).exit_code, 0);
}

TEST_F(ProgramTest, says_what_is_damaged_and_where) {
  const std::string unknown = run_shell(program_ + " check " + write("unknown", "REDIS0099")).output;
  EXPECT_NE(unknown.find("unknown: a snapshot, 9 bytes\n"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("DAMAGED at byte 0: version 99 of the format is not known"), std::string::npos) << unknown;
  const std::string neither = run_shell(program_ + " check " + write("neither", "root:x:0:0\n")).output;
  EXPECT_EQ(neither, path("neither") + ": neither a snapshot nor a log, 11 bytes\n");
  const std::string refused = "#!lua name=a\\nnonsense";
  const std::string lines = write("lines.jsonl", "{\"function\":\"" + refused + "\"}\n");
  EXPECT_EQ(run_shell(program_ + " convert " + lines + " " + path("functions.rdb")).exit_code, 1);
}

TEST_F(ProgramTest, refuses_modules_of_a_file) {
  const std::string file = write("modules.conf", "loadmodule /x.so\n");
  const Outcome outcome = run_shell(program_ + " serve " + file);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("'loadmodule' is not supported"), std::string::npos) << outcome.output;
}

TEST_F(ProgramTest, reads_directives_from_standard_input) {
  const Outcome outcome = run_shell("printf 'timeout 5\\nnope 2\\n' | " + program_ + " serve --port 1 -");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find(">>> 'nope 2'"), std::string::npos) << outcome.output;
}

TEST_F(ProgramTest, refuses_a_log_file_that_it_cannot_write) {
  const Outcome outcome = run_shell(program_ + " serve --port 1 --logfile /nowhere/redstart.log");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("can't open the log file"), std::string::npos) << outcome.output;
}

TEST_F(ProgramTest, calls_commands_by_their_new_names) {
  const std::string file =
      write("renames.conf", "rename-command GET FETCH\nrename-command FLUSHALL \"\"\n");
  ServerProcess server(Program::redstart, {"--include", file});
  Client client = client_of(server);
  EXPECT_TRUE(client.set("a", "1").has_value());
  EXPECT_EQ(client.command("FETCH", "a").value().text(), "1");
  const auto refused = client.command("GET", "a");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("ERR unknown command 'GET'")) << refused.error().message;
  EXPECT_FALSE(client.command("FLUSHALL"));
}

TEST_F(ProgramTest, finds_and_rewrites_a_file_that_is_named_from_another_folder_than_dir) {
  std::filesystem::create_directory(path("data"));
  write("part.conf", "unixsocket socket\nport 0\n");
  write("main.conf", "# mine\ndir data\ninclude part.conf\ntimeout 5\n");
  const std::string start = program_ + " serve main.conf >log 2>&1 & echo $! >pid";
  ASSERT_EQ(run_shell("cd " + directory_ + " && (" + start + ")").exit_code, 0);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("data/socket")); })) << read(path("log"));
  Client client = open("unix:" + path("data/socket")).value();
  EXPECT_EQ(client.command("CONFIG", "SET", "timeout", 9).value().text(), "OK");
  EXPECT_EQ(client.command("CONFIG", "REWRITE").value().text(), "OK");
  const std::string kept = "# mine\ndir \"" + path("data") + "\"\ninclude part.conf\ntimeout 9\n";
  EXPECT_TRUE(read(path("main.conf")).starts_with(kept)) << read(path("main.conf"));
  client.command("SHUTDOWN", "NOSAVE");
  EXPECT_TRUE(eventually([&] { return run_shell("kill -0 $(cat " + path("pid") + ")").exit_code != 0; }));
}

// Nobody has to wait for gigabytes to be loaded that are not wanted.
TEST_F(ProgramTest, ends_at_once_when_it_is_told_to_while_it_loads) {
  ASSERT_EQ(::mkfifo(path("dump.rdb").c_str(), 0600), 0);  // a snapshot that takes for ever
  for (const char* signal : {"TERM", "INT"}) {
    const Outcome outcome = run_shell("timeout --preserve-status -k 20 -s " + std::string(signal) + " 1 " + program_ +
                                      " serve --port 0 --dir " + directory_ + " --unixsocket " + path("socket"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.output.ends_with("redstart serve: ended while loading\n")) << outcome.output;
  }
}

// Scripts wait for the port to open, and use the server then.
TEST_F(ProgramTest, executes_what_comes_first_when_there_is_nothing_to_load) {
  for (int round = 0; round < 10; ++round) {
    const uint16_t port = scenarios::free_port();
    Outcome outcome;
    std::thread program([&] {
      outcome = run_shell("timeout 30 " + program_ + " serve --port " + std::to_string(port) + " --appendonly yes" +
                          " --dir " + directory_ + " --appenddirname log-" + std::to_string(round));
    });
    std::optional<RawClient> client;
    for (const auto begin = std::chrono::steady_clock::now();
         !client && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10);) {
      client.emplace(port);
      if (!client->is_connected()) client.reset();
    }
    EXPECT_TRUE(client && client->answers("SET key value", "+OK\r\n"));
    if (client) client->send("SHUTDOWN NOSAVE\r\n");
    program.join();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  }
}

TEST_F(ProgramTest, writes_pid_title_and_log_of_the_level) {
  ServerProcess server(Program::redstart,
                       {"--pidfile", path("pid"), "--logfile", path("log"), "--loglevel", "warning",
                        "--enable-debug-command", "yes", "--proc-title-template", "{title} on {port}"});
  Client client = client_of(server);
  const std::string pid = std::to_string(server.pid());
  EXPECT_TRUE(eventually([&] { return read(path("pid")) == pid + "\n"; }));
  EXPECT_TRUE(eventually([&] {
    return std::string(read("/proc/" + pid + "/cmdline").c_str()) ==
           program_ + " on " + std::to_string(server.port());
  }));
  EXPECT_EQ(client.command("DEBUG", "LOG", "hello").value().text(), "OK");
  EXPECT_TRUE(read(path("log")).starts_with(pid + ":M ")) << read(path("log"));
  EXPECT_TRUE(read(path("log")).ends_with(" # DEBUG LOG: hello\n")) << read(path("log"));
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(path("pid")));
}

TEST_F(ProgramTest, tells_systemd_that_it_serves_and_stops) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path("notify").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto message = [fd] {
    char buffer[1024];
    const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
    return std::string(buffer, size > 0 ? static_cast<size_t>(size) : 0);
  };
  ::setenv("NOTIFY_SOCKET", path("notify").c_str(), 1);
  ServerProcess server(Program::redstart, {"--supervised", "auto"});
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_TRUE(message().ends_with("\nREADY=1\n"));
  const std::string info = client_of(server).info("server").value();
  EXPECT_NE(info.find("process_supervised:systemd\r\n"), std::string::npos);
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_TRUE(message().ends_with("\nSTOPPING=1\n"));
  ::close(fd);
}

}  // namespace
}  // namespace redstart::server_tests
