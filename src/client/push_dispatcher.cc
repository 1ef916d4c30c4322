#include "client/push_dispatcher.h"

#include <utility>

namespace redstart {

PushDispatcher::~PushDispatcher() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->pending.clear();
  }
  state_->changed.notify_all();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();  // it holds the state and ends after this call of the handler
  } else {
    thread_.join();
  }
}

void PushDispatcher::set_handler(PushHandler handler) {
  const std::lock_guard lock(state_->mutex);
  const bool is_wanted = handler != nullptr;
  state_->handler = std::make_shared<const PushHandler>(std::move(handler));
  if (is_wanted && !thread_.joinable()) thread_ = std::thread([state = state_] { run(state); });
}

void PushDispatcher::push(std::shared_ptr<const Reply> message) {
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->handler || !*state_->handler) return;
    if (state_->pending.size() == kPendingMax) state_->pending.pop_front();
    state_->pending.push_back(std::move(message));
  }
  state_->changed.notify_one();
}

void PushDispatcher::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (true) {
    state->changed.wait(lock, [&] { return state->stopping || !state->pending.empty(); });
    if (state->stopping) return;
    const auto message = std::move(state->pending.front());
    state->pending.pop_front();
    const auto handler = state->handler;
    lock.unlock();
    if (*handler) (*handler)(*message);
    lock.lock();
  }
}

}  // namespace redstart
