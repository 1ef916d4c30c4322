// ClientTarget: the store under test through the client library, so that the embedded engine
// (memory:) and the library's own connections are checked like the server.
//
// Threads: thread-compatible; targets that share a Client have sessions of their own.
#pragma once

#include <redstart/client.h>

#include <string>
#include <vector>

#include "tests/linearizability/target.h"

namespace redstart::linearizability {

class ClientTarget final : public Target {
 public:
  // Throws WireError when no session can be opened.
  explicit ClientTarget(const Client& client);

  std::vector<oracle::RawReply> call(const std::vector<oracle::Argv>& commands) override;

 private:
  Client session_;
};

// Targets on one store, named by its URL.
MakeTarget targets_on(const std::string& url);

}  // namespace redstart::linearizability
