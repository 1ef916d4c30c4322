#include "tests/linearizability/workload.h"

#include <barrier>
#include <chrono>
#include <random>
#include <thread>

namespace redstart::linearizability {
namespace {

constexpr size_t kKeys = 3;

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Client {
 public:
  Client(size_t index, Target& target, const WorkloadOptions& options)
      : index_(index), target_(target), options_(options), random_(options.seed * 1000 + index) {}

  ClientHistory run() {
    while (history_.size() < options_.operations_per_client) {
      const uint64_t draw = below(100);
      if (draw < 12) {
        transaction();
      } else if (draw < 20) {
        watched_transaction();
      } else if (draw < 45) {
        pipeline(2 + below(4));
      } else {
        pipeline(1);
      }
    }
    return std::move(history_);
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  std::string key() {
    return "k" + std::to_string(options_.seed) + ":" + std::to_string(below(kKeys));
  }
  std::string value() {
    return below(3) == 0 ? std::to_string(below(10)) : "v" + std::to_string(below(1000));
  }

  Argv command(bool may_block) {
    switch (below(may_block ? 34 : 33)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        return {"GET", key()};
      case 6:
      case 7:
      case 8:
      case 9:
        return {"SET", key(), value()};
      case 10:
      case 11:
      case 12:
      case 13:
        return {"INCR", key()};
      case 14:
      case 15:
        return {"DEL", key()};
      case 16:
        return {"DEL", key(), key(), key()};
      case 17:
      case 18:
        return {"MSET", key(), value(), key(), value()};
      case 19:
        return {"MSETNX", key(), value(), key(), value()};
      case 20:
      case 21:
      case 22:
        return {"MGET", key(), key(), key()};
      case 23:
      case 24:
        return {"RENAME", key(), key()};
      case 25:
      case 26:
      case 27:
        return {"LPUSH", key(), value()};
      case 28:
      case 29:
        return {"LPOP", key()};
      case 30:
        return {"LMOVE", key(), key(), "LEFT", "LEFT"};
      case 31:
        return {"APPEND", key(), value()};
      case 32:
        return below(4) == 0 ? Argv{"FLUSHALL"} : Argv{"GET", key()};
      default:
        return {"BLPOP", key(), "0.002"};
    }
  }

  // One command, or several sent together: each is an operation of its own.
  void pipeline(size_t size) {
    std::vector<Argv> commands;
    for (size_t i = 0; i < size; ++i) commands.push_back(command(true));
    const int64_t invoked_ns = now_ns();
    const auto replies = target_.call(commands);
    const int64_t returned_ns = now_ns();
    for (size_t i = 0; i < size; ++i) {
      add({commands[i]}, false, invoked_ns, returned_ns, replies[i]);
    }
  }

  void transaction() {
    std::vector<Argv> commands;
    for (uint64_t i = 2 + below(3); i > 0; --i) commands.push_back(command(false));
    execute(commands);
  }

  void watched_transaction() {
    const std::string watched = key();
    const int64_t invoked_ns = now_ns();
    const auto replies = target_.call({{"WATCH", watched}, {"GET", watched}});
    const int64_t returned_ns = now_ns();
    add({{"WATCH", watched}}, false, invoked_ns, returned_ns, replies[0]);
    add({{"GET", watched}}, false, invoked_ns, returned_ns, replies[1]);
    execute({{"SET", watched, value()}, command(false)});
  }

  void execute(const std::vector<Argv>& commands) {
    std::vector<Argv> sent = {{"MULTI"}};
    sent.insert(sent.end(), commands.begin(), commands.end());
    sent.push_back({"EXEC"});
    const int64_t invoked_ns = now_ns();
    const auto replies = target_.call(sent);
    add(commands, true, invoked_ns, now_ns(), replies.back());
  }

  void add(std::vector<Argv> commands, bool atomic, int64_t invoked_ns, int64_t returned_ns,
           const oracle::RawReply& reply) {
    // Which null a missing reply is spelled with is the differential test's business.
    std::string result = reply.is_null ? "(nil)" : oracle::to_text(reply);
    history_.push_back(
        {index_, std::move(commands), atomic, invoked_ns, returned_ns, std::move(result)});
  }

  size_t index_;
  Target& target_;
  const WorkloadOptions& options_;
  std::mt19937_64 random_;
  ClientHistory history_;
};

}  // namespace

std::vector<ClientHistory> record(std::vector<std::unique_ptr<Target>>& targets,
                                  const WorkloadOptions& options) {
  std::vector<ClientHistory> histories(options.client_count);
  std::barrier start(static_cast<std::ptrdiff_t>(options.client_count));
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < options.client_count; ++i) {
    threads.emplace_back([&, i] {
      Client client(i, *targets[i], options);
      start.arrive_and_wait();
      histories[i] = client.run();
    });
  }
  threads.clear();
  return histories;
}

}  // namespace redstart::linearizability
