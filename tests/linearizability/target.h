// Target: the store under test, as one client sees it.
//
// Threads: thread-compatible; every client of a test has a target of its own.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/differential/wire.h"

namespace redstart::linearizability {

class Target {
 public:
  virtual ~Target() = default;
  // Sends all commands before it waits; one reply per command.
  virtual std::vector<oracle::RawReply> call(const std::vector<oracle::Argv>& commands) = 0;
};

using MakeTarget = std::function<std::unique_ptr<Target>()>;

// Over a connection of its own to a RESP server.
class WireTarget final : public Target {
 public:
  explicit WireTarget(const oracle::Address& address) : wire_(address, 2) {}

  std::vector<oracle::RawReply> call(const std::vector<oracle::Argv>& commands) override {
    wire_.send(commands);
    std::vector<oracle::RawReply> replies;
    for (size_t i = 0; i < commands.size(); ++i)
      replies.push_back(oracle::parse_reply(wire_.receive()));
    return replies;
  }

 private:
  oracle::Wire wire_;
};

}  // namespace redstart::linearizability
