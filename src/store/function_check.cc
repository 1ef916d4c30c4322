#include "store/function_check.h"

#include "execution/executor.h"
#include "execution/scripting/script_runner.h"
#include "execution/scripting/scripting.h"

namespace redstart {

FunctionCheck::FunctionCheck() = default;
FunctionCheck::~FunctionCheck() = default;

std::optional<std::string> FunctionCheck::refuse(std::string_view code) {
  if (!executor_) executor_ = std::make_unique<Executor>(Executor::Options{.databases = 1, .embedded = true});
  const auto library = ScriptRunner::of(executor_->thread_context(), *executor_).load_library(code);
  if (!library) return library.error();
  return executor_->scripting().functions().add(*library, false);
}

}  // namespace redstart
