// ChangeListener: hears of what other processes change, and takes it out of the local level.
//
// The local level is open exactly while the connection that tells of changes is known to work: it is closed, and so
// emptied, when the connection is lost or does not answer a PING in time.
//
// Threads: one of its own, and the client's that brings the messages. Ownership: borrows the local level.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "patterns/cache/local_level.h"
#include "redstart/patterns/cache.h"

namespace redstart {

class ChangeListener {
 public:
  // `sender`: whose own messages say nothing new.
  ChangeListener(Client client, const CacheOptions& options, std::string channel, std::string sender,
                 LocalLevel& level);
  ~ChangeListener();
  uint64_t resets() const { return resets_; }
  bool wait_until_open(std::chrono::milliseconds timeout);

 private:
  struct Recipient;
  void listen();
  result<void> subscribe(Client& session);
  void on_push(const Reply& push);
  void watch(Client& session);
  void lose();

  Client client_;
  const CacheOptions& options_;
  const std::string channel_, sender_;
  LocalLevel& level_;
  std::atomic<uint64_t> resets_{0};
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool lost_ = true;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace redstart
