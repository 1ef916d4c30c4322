#include "execution/session.h"

namespace redstart {
namespace {

uint64_t next_session_id() {
  static std::atomic<uint64_t> counter{0};
  return ++counter;
}

}  // namespace

Session::Session() : id(next_session_id()) {}

}  // namespace redstart
