// AsyncClient: the typed commands without waiting. What a method returns can be awaited in a coroutine, given a
// callback, or made a future:
//
//   redstart::AsyncTask<void> greet(redstart::Client client) {
//     auto async = client.async();
//     co_await async.set("greeting", "hello");
//     result<std::optional<std::string>> greeting = co_await async.get("greeting");
//   }
//   client.async().get("greeting").then([](auto greeting) { ... });
//   auto greeting = client.async().get("greeting").future().get();
//
// Nothing is sent before one of these is done. No event loop is needed or brought along: a coroutine goes on where the
// Scheduler says, by default on the thread of the client's that has completed the call. There, nothing may wait for the
// client itself. Calls of one AsyncClient that were begun in some order are executed in that order, blocking commands
// (BLPOP) apart: they hold up nobody.
//
// On an embedded store any other call is complete before it returns, so that a coroutine does not even suspend.
//
// Threads: AsyncClient is thread-safe. A call belongs to one thread until it is begun.
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "redstart/client.h"

namespace redstart {

namespace detail {

// What a coroutine waits for, once: something that is begun when it suspends, and completes on any thread.
template <class Outcome>
class Suspension {
 public:
  explicit Suspension(Scheduler scheduler) : scheduler_(std::move(scheduler)) {}
  // Before it has begun.
  Suspension(Suspension&& other) noexcept : scheduler_(std::move(other.scheduler_)) {}

  Scheduler take_scheduler() { return std::exchange(scheduler_, {}); }
  // Calls begin(complete), where complete(outcome) is to be called once. False: that has happened already, and the
  // coroutine goes on here, so that no stack grows.
  bool suspend(std::coroutine_handle<> waiting, auto&& begin) {
    begin([this, waiting](Outcome outcome) { complete(waiting, std::move(outcome)); });
    return phase_.exchange(Phase::suspended) != Phase::completed;
  }
  Outcome take() { return std::move(outcome_); }

 private:
  enum class Phase : unsigned char { begun, suspended, completed };
  void complete(std::coroutine_handle<> waiting, Outcome outcome) {
    outcome_ = std::move(outcome);
    // The coroutine may be gone with this object once somebody else goes on with it.
    const Scheduler scheduler = scheduler_;
    if (phase_.exchange(Phase::completed) != Phase::suspended) return;
    if (scheduler) {
      scheduler([waiting] { waiting.resume(); });
    } else {
      waiting.resume();
    }
  }

  Scheduler scheduler_;
  Outcome outcome_;
  std::atomic<Phase> phase_{Phase::begun};
};

}  // namespace detail

// A command that is to be done. Do one thing with it: co_await, then() or future().
template <class T>
class [[nodiscard]] AsyncCall {
 public:
  AsyncCall(std::shared_ptr<Backend> backend, const Call<T>& typed, Scheduler scheduler)
      : backend_(std::move(backend)), decode_(typed.decode), waiting_(std::move(scheduler)) {
    const WordSpan words = typed.words.span();
    batch_.commands.emplace_back(words.begin(), words.end());
    batch_.options = typed.options;
  }

  // For the whole call, time in queues included; see CallOptions.
  AsyncCall&& with(const CallOptions& options) && {
    batch_.options = options;
    return std::move(*this);
  }

  // On the thread that has completed the call, or by the Scheduler. An exception that leaves the callback on a thread
  // of the client's ends the process.
  void then(std::function<void(result<T>)> callback) && {
    backend_->submit(std::move(batch_), [decode = decode_, scheduler = waiting_.take_scheduler(),
                                         callback = std::move(callback)](BatchResult outcome) {
      if (!scheduler) return callback(decoded(decode, std::move(outcome)));
      // A std::function's captures are copyable.
      const auto kept = std::make_shared<BatchResult>(std::move(outcome));
      scheduler([decode, callback, kept] { callback(decoded(decode, std::move(*kept))); });
    });
  }
  std::future<result<T>> future() && {
    const auto promise = std::make_shared<std::promise<result<T>>>();
    waiting_.take_scheduler();
    std::move(*this).then([promise](result<T> value) { promise->set_value(std::move(value)); });
    return promise->get_future();
  }

  // --- What co_await calls.
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    return waiting_.suspend(waiting, [this](auto complete) { backend_->submit(std::move(batch_), complete); });
  }
  result<T> await_resume() { return decoded(decode_, waiting_.take()); }

 private:
  using Decode = result<T> (*)(Reply);
  static result<T> decoded(Decode decode, BatchResult outcome) {
    result<Reply> reply = std::move(outcome.front());
    if (reply) reply = checked(std::move(*reply));
    if (!reply) return std::unexpected(std::move(reply.error()));
    return decode(std::move(*reply));
  }

  std::shared_ptr<Backend> backend_;
  Decode decode_;
  detail::Suspension<BatchResult> waiting_;
  Batch batch_;
};

class AsyncClient : public CommandMethods<AsyncClient> {
 public:
  template <class T>
  using Returned = AsyncCall<T>;

  AsyncClient(std::shared_ptr<Backend> backend, Scheduler scheduler)
      : backend_(std::move(backend)), scheduler_(std::move(scheduler)) {}

  template <class T>
  AsyncCall<T> run(const Call<T>& typed) const {
    return AsyncCall<T>(backend_, typed, scheduler_);
  }
  // Any command out of strings and numbers.
  template <class... Parts>
  AsyncCall<Reply> command(const Parts&... parts) const {
    return run(detail::typed<Reply>(WordList(parts...)));
  }

 private:
  std::shared_ptr<Backend> backend_;
  Scheduler scheduler_;
};

inline AsyncClient Client::async(Scheduler scheduler) const { return AsyncClient(backend_, std::move(scheduler)); }

// A pipeline on its way; to be awaited. The pipeline must live until then.
class [[nodiscard]] AsyncRun {
 public:
  explicit AsyncRun(Pipeline& pipeline, CallOptions options = {}, Scheduler scheduler = {})
      : pipeline_(pipeline), options_(options), waiting_(std::move(scheduler)) {}
  AsyncRun(const AsyncRun&) = delete;

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    return waiting_.suspend(waiting, [this](auto complete) { pipeline_.start(complete, options_); });
  }
  result<void> await_resume() { return waiting_.take(); }

 private:
  Pipeline& pipeline_;
  const CallOptions options_;
  detail::Suspension<result<void>> waiting_;
};

// AsyncTask<T>: a coroutine that runs at once and gives a T: for programs that have no coroutine type of their own.
// Wait for it (wait()), or await it from another. Exceptions come out there.
template <class T>
class [[nodiscard]] AsyncTask {
  struct Nothing {};
  using Stored = std::conditional_t<std::is_void_v<T>, Nothing, T>;

  // Shared by the coroutine, which may end last, and the AsyncTask.
  struct State {
    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::optional<Stored> value;
    std::exception_ptr failure;
    std::coroutine_handle<> waiting;

    bool is_done() const { return value.has_value() || failure; }
    void finish(auto&& set) {
      std::coroutine_handle<> next;
      {
        const std::lock_guard lock(mutex);
        set();
        next = waiting;
        changed.notify_all();
      }
      if (next) next.resume();
    }
    T take() {
      if (failure) std::rethrow_exception(failure);
      if constexpr (!std::is_void_v<T>) return std::move(*value);
    }
  };

 public:
  struct PromiseBase {
    std::shared_ptr<State> state = std::make_shared<State>();
    AsyncTask get_return_object() { return AsyncTask(state); }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void unhandled_exception() {
      const auto kept = state;
      kept->finish([&] { kept->failure = std::current_exception(); });
    }
  };
  struct ValuePromise : PromiseBase {
    template <class Value>
    void return_value(Value&& value) {
      const auto kept = this->state;
      kept->finish([&] { kept->value.emplace(std::forward<Value>(value)); });
    }
  };
  struct VoidPromise : PromiseBase {
    void return_void() {
      const auto kept = this->state;
      kept->finish([&] { kept->value.emplace(); });
    }
  };
  using promise_type = std::conditional_t<std::is_void_v<T>, VoidPromise, ValuePromise>;

  // Waits for the end. Not on a thread of the client's.
  T wait() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->is_done(); });
    return state_->take();
  }

  bool await_ready() const {
    const std::lock_guard lock(state_->mutex);
    return state_->is_done();
  }
  bool await_suspend(std::coroutine_handle<> waiting) {
    const std::lock_guard lock(state_->mutex);
    if (state_->is_done()) return false;
    state_->waiting = waiting;
    return true;
  }
  T await_resume() { return state_->take(); }

 private:
  explicit AsyncTask(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace redstart
