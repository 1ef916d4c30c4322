// crash_load: writes to a store from several threads until somebody kills it or the store, and tells of each
// write that was acknowledged; later it looks whether the store still has them.
//
//   crash_load write URL     prints "thread step" for each step that was acknowledged
//   crash_load check URL     reads such lines, and prints what is missing
//
// URL is a server's, or file:DIRECTORY for a store in this process, whose writes are acknowledged when they are
// written or, with synced:DIRECTORY, when they are on disk.
//
// A step n of a thread is a transaction that appends n to a list, counts and keeps n in a hash, followed by a SET of
// n. So at any moment the thread's list is 1, 2 ... m, its counter and its hash's field say m, and its text says m or
// m - 1: whatever else is left was torn apart, lost in the middle or made up.
//
// Exit code: 0 everything is there (or the store went away while writing), 1 something is not, 2 it cannot be looked.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client/embedded.h"
#include "redstart/client.h"
#include "store/registry.h"

namespace {

using redstart::Client;
using redstart::Durability;

constexpr size_t kThreads = 4;
constexpr std::chrono::seconds kSlowDisk{60};  // a sync may take its time where much else is written
constexpr int64_t kStepsPerRewrite = 500;
constexpr int64_t kSwept = 1000;  // elements of a list that are read at once

std::string key(size_t thread, std::string_view what) {
  return "thread:" + std::to_string(thread) + ":" + std::string(what);
}

// One system call, so that a line is told whole or not at all.
void tell(size_t thread, int64_t step) {
  char line[64];
  const int size = std::snprintf(line, sizeof line, "%zu %lld\n", thread, static_cast<long long>(step));
  if (::write(STDOUT_FILENO, line, static_cast<size_t>(size)) != size) std::_Exit(2);
}

// For people: why a store that nobody has killed refuses.
bool fail(const redstart::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return false;
}

bool write_step(Client& client, size_t thread, int64_t step) {
  const std::string text = std::to_string(step);
  auto transaction = client.transaction();
  transaction.rpush(key(thread, "list"), text);
  const auto count = transaction.command("INCR", key(thread, "count"));
  transaction.command("HSET", key(thread, "hash"), "step", text);
  if (const auto done = transaction.run(); !done) return fail(done.error());
  if (!*count) return fail(count.get().error());
  const auto set = client.command("SET", key(thread, "text"), text);
  return set || fail(set.error());
}

void write_steps(Client client, size_t thread) {
  const auto length = client.command("LLEN", key(thread, "list"));
  if (!length) return;
  for (int64_t step = length->as_integer() + 1; write_step(client, thread, step); ++step) {
    tell(thread, step);
    // Refused while one is running.
    if (thread == 0 && step % kStepsPerRewrite == 0) static_cast<void>(client.command("BGREWRITEAOF"));
  }
}

Client open_or_end(const std::string& url) {
  const auto fail = [&](const std::string& why) {
    std::fprintf(stderr, "cannot open %s: %s\n", url.c_str(), why.c_str());
    std::exit(2);
  };
  for (const auto& [scheme, durability] : {std::pair("file:", Durability::written), {"synced:", Durability::synced}}) {
    if (!url.starts_with(scheme)) continue;
    auto store = redstart::open_file_store(url.substr(url.find(':') + 1));
    if (!store) fail(store.error());
    const redstart::OpenOptions options{.durability = durability};
    return Client(std::make_shared<redstart::EmbeddedBackend>(*store, options, false));
  }
  auto client = redstart::open(url, {.call_timeout = kSlowDisk});
  if (!client) fail(client.error().message);
  return *client;
}

int write(const std::string& url) {
  const Client client = open_or_end(url);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) threads.emplace_back(write_steps, client, i);
  for (std::thread& thread : threads) thread.join();
  return 0;
}

int64_t number(Client& client, const std::vector<std::string>& words) {
  redstart::WordList list;
  list.add_all(words);
  const auto reply = client.call(list.span());
  if (!reply) {
    std::fprintf(stderr, "%s: %s\n", words[0].c_str(), reply.error().message.c_str());
    std::exit(2);
  }
  return reply->is_text() ? std::stoll(reply->text()) : reply->as_integer();
}

// Whether the list is 1, 2 ... length.
bool list_is_whole(Client& client, size_t thread, int64_t length) {
  for (int64_t begin = 0; begin < length; begin += kSwept) {
    const auto part = client.command("LRANGE", key(thread, "list"), begin, begin + kSwept - 1);
    if (!part) return false;
    for (int64_t i = 0; const auto& element : part->elements()) {
      if (element.text() != std::to_string(begin + ++i)) return false;
    }
  }
  return true;
}

bool check_thread(Client& client, size_t thread, int64_t acknowledged) {
  const int64_t length = number(client, {"LLEN", key(thread, "list")});
  const int64_t count = number(client, {"GET", key(thread, "count")});
  const int64_t kept = number(client, {"HGET", key(thread, "hash"), "step"});
  const int64_t text = number(client, {"GET", key(thread, "text")});
  const bool is_right = length >= acknowledged && text >= acknowledged && count == length && kept == length &&
                        (text == length || text + 1 == length) && list_is_whole(client, thread, length);
  std::printf("%sthread %zu: %lld acknowledged; list %lld, count %lld, hash %lld, text %lld\n",
              is_right ? "" : "WRONG: ", thread, static_cast<long long>(acknowledged), static_cast<long long>(length),
              static_cast<long long>(count), static_cast<long long>(kept), static_cast<long long>(text));
  return is_right;
}

int check(const std::string& url) {
  std::array<int64_t, kThreads> acknowledged{};
  size_t thread;
  int64_t step;
  while (std::cin >> thread >> step) {
    if (thread < kThreads) acknowledged[thread] = std::max(acknowledged[thread], step);
  }
  Client client = open_or_end(url);
  bool is_right = true;
  for (size_t i = 0; i < kThreads; ++i) is_right = check_thread(client, i, acknowledged[i]) && is_right;
  return is_right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (mode == "write") return write(argv[2]);
  if (mode == "check") return check(argv[2]);
  std::fprintf(stderr, "usage: crash_load write|check URL\n");
  return 2;
}
