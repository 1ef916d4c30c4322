// FunctionCheck: whether a store would take libraries of functions, one after the other.
//
// Threads: thread-compatible.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace redstart {

class Executor;

class FunctionCheck {
 public:
  FunctionCheck();
  ~FunctionCheck();
  // Why not.
  std::optional<std::string> refuse(std::string_view code);

 private:
  std::unique_ptr<Executor> executor_;  // once there is one to look at
};

}  // namespace redstart
