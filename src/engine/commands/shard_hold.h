// ShardHold: one shard locked for a while by a command that walks the keyspace shard by shard.
// Inside a transaction, which holds all of them, it does nothing.
//
// Threads: thread-compatible.
#pragma once

#include <cstddef>

#include "engine/access.h"

namespace redstart {

class ShardHold {
 public:
  ShardHold(Access& access, size_t index)
      : locks_(access.locks().holds_all() ? nullptr : &access.locks()) {
    if (locks_) locks_->lock_one(access.keyspace(), index);
  }
  ShardHold(const ShardHold&) = delete;
  ~ShardHold() {
    if (locks_) locks_->unlock();
  }

 private:
  ShardLocks* const locks_;
};

}  // namespace redstart
