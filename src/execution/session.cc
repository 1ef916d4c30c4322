#include "execution/session.h"

#include <utility>

#include "execution/tracking.h"

namespace redstart {
namespace {

uint64_t next_session_id() {
  static std::atomic<uint64_t> counter{0};
  return ++counter;
}

}  // namespace

Session::Session() : id(next_session_id()) {}

Session::~Session() = default;

void Session::send_own_pushes() {
  for (auto& message : std::exchange(own_pushes, {})) on_push(std::move(message));
}

}  // namespace redstart
