// KeyScratch: room for the keys of one command, which a thread keeps from one command to the next, so that finding
// keys and locking their shards allocates nothing.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "command/keys.h"

namespace redstart {

struct KeyScratch {
  std::vector<KeyPosition> positions;
  std::vector<uint16_t> shards;
  std::vector<uint64_t> hashes;
};

// Lends its room to one run at a time; a run within that one makes room of its own.
class KeyScratchLender {
 public:
  std::unique_ptr<KeyScratch> lend() { return kept_ ? std::move(kept_) : std::make_unique<KeyScratch>(); }
  void take_back(std::unique_ptr<KeyScratch> scratch) {
    if (scratch->positions.capacity() <= kKeysKeptMax) kept_ = std::move(scratch);
  }

 private:
  static constexpr size_t kKeysKeptMax = 4096;  // one large command should not cost memory for ever

  std::unique_ptr<KeyScratch> kept_;
};

}  // namespace redstart
