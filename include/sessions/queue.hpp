// Queues: calls that do not wait, for hosts with an event loop. All since 0.1.
//
// Session::load(), load_value(), commit(), regenerate() and destroy() take a queue after what they take otherwise, and
// then never wait for a store:
//
//   session.commit(queue, [](sessions::Result<void> result) { ... });     calls back
//   sessions::Result<void> result = co_await session.commit(queue);       in a coroutine of C++20
//
// Both are done at once when nothing has to be waited for: then the callback is called before commit() returns, and the
// coroutine goes on without having been suspended. Otherwise the host's loop sees that descriptor() is readable and
// calls dispatch(), which calls back and resumes. A callback or a coroutine may do anything there, the ending of the
// queue and of the session included. Each callback is called exactly once, but for the child of a fork.
//
// Until then the session answers Status::misuse to everything, and may be moved or ended: its call then ends with
// Status::canceled. So does that of a queue that ends. The callback is moved in; a coroutine that is destroyed while it
// waits is not resumed.
//
// What a callback throws comes out of the call that called it: of commit() when that was done at once, otherwise of
// dispatch(), which calls all others before; of several exceptions it is the first. So does what leaves a coroutine
// that dispatch() has resumed. A loop that is written in C must not be reached by it. What is thrown when a queue ends
// is dropped.
#pragma once

#include <sessions/queue.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <sessions/border.hpp>
#include <string_view>
#include <utility>

#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine)
#include <coroutine>
#endif

namespace sessions {
inline namespace v0 {

class Session;

namespace border {

// What dispatch() has to throw, shared with the calls that are under way. Null when there was no memory: then nobody is
// told.
using Thrown = std::shared_ptr<std::exception_ptr>;

// Keeps the exception that is being handled.
inline void keep(const Thrown& thrown) noexcept {
  if (thrown && !*thrown) {
    *thrown = std::current_exception();
  }
}

}  // namespace border

// One thread at a time; any number of sessions of any manager may share one.
class Queue {
 public:
  using Handle = sessions_queue;

  // Fails with Status::nomem, and Status::unavailable when no descriptor is left.
  static Result<Queue> make() {
    return border::made<Queue>(
        [](sessions_queue** queue, sessions_error** error) { return sessions_queue_new(queue, error); });
  }

  // Takes over a handle of C.
  explicit Queue(sessions_queue* handle) noexcept : handle_(handle) {}

  sessions_queue* handle() const noexcept { return handle_.get(); }
  sessions_queue* release() noexcept { return handle_.release(); }

  // Readable while results wait for dispatch(); not to be read from or closed.
  std::int32_t descriptor() const noexcept { return sessions_queue_descriptor(handle()); }

  // Calls back for each result that is there; never waits. Gives how many there were. Throws what a callback or a
  // coroutine has thrown; fails with Status::misuse in the child of a fork.
  Result<std::size_t> dispatch() {
    const border::Thrown thrown = thrown_;  // a callback may end this queue
    std::size_t dispatched = 0;
    Result<void> ended =
        border::checked([&](sessions_error** error) { return sessions_queue_dispatch(handle(), &dispatched, error); });
    if (!ended) {
      return std::move(ended).error();
    }
    if (thrown && *thrown) {
      std::rethrow_exception(std::exchange(*thrown, nullptr));
    }
    return dispatched;
  }

 private:
  friend class Session;

  static border::Thrown make_thrown() noexcept {
    return border::call_host([] { return std::make_shared<std::exception_ptr>(); },
                             [](Status) { return border::Thrown(); });
  }

  border::Owned<sessions_queue, sessions_queue_free> handle_;
  border::Thrown thrown_ = make_thrown();
};

namespace border {

// A call of a session that does not wait: commit, regenerate or destroy.
template <auto function>
struct EndCall {
  sessions_session* session;
  sessions_queue* queue;

  sessions_status operator()(sessions_done_fn done, void* user_data, sessions_error** error) const {
    return function(session, queue, done, user_data, error);
  }
};

// Likewise: load or load_value.
template <auto function>
struct LoadCall {
  sessions_session* session;
  std::string_view cookie;
  sessions_queue* queue;

  sessions_status operator()(sessions_done_fn done, void* user_data, sessions_error** error) const {
    return function(session, cookie.data(), cookie.size(), queue, done, user_data, error);
  }
};

inline Result<void> ended(sessions_status status, const sessions_error* error) noexcept {
  return status == SESSIONS_OK ? Result<void>() : Result<void>(Error(static_cast<Status>(status), error));
}

// The user data of a call that is under way.
template <class Done>
struct Completion {
  Done done;
  Thrown thrown;

  // A sessions_done_fn.
  static void finish(void* user_data, sessions_status status, const sessions_error* error) noexcept {
    const std::unique_ptr<Completion> self(static_cast<Completion*>(user_data));
    call_host([&] { self->done(ended(status, error)); }, [&](Status) { keep(self->thrown); });
  }
};

// Makes the call, and has `done` called once.
template <class Done, class Call>
void start(const Thrown& thrown, Done done, const Call& call) {
  std::unique_ptr<Completion<Done>> completion(new (std::nothrow) Completion<Done>{std::move(done), thrown});
  if (!completion) {
    done(Result<void>(Error(Status::nomem)));
    return;
  }
  sessions_error* error = nullptr;
  const sessions_status status = call(&Completion<Done>::finish, completion.get(), &error);
  const Owned<sessions_error, sessions_error_free> owned(error);
  if (status == SESSIONS_PENDING) {
    static_cast<void>(completion.release());
  } else {
    completion->done(ended(status, error));
  }
}

#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine)
// What is co_awaited; the call begins then.
template <class Call>
class [[nodiscard]] Awaitable {
 public:
  Awaitable(Thrown thrown, const Call& call) noexcept : thrown_(std::move(thrown)), call_(call) {}
  Awaitable(const Awaitable&) = delete;
  Awaitable& operator=(const Awaitable&) = delete;
  Awaitable(Awaitable&&) = delete;
  Awaitable& operator=(Awaitable&&) = delete;
  ~Awaitable() {
    if (waiting_ != nullptr) {
      waiting_->awaitable = nullptr;
    }
  }

  bool await_ready() const noexcept { return false; }

  // False when the call is done.
  bool await_suspend(std::coroutine_handle<> coroutine) noexcept {
    std::unique_ptr<Waiting> waiting(new (std::nothrow) Waiting{this});
    if (!waiting) {
      result_ = Error(Status::nomem);
      return false;
    }
    coroutine_ = coroutine;
    sessions_error* error = nullptr;
    const sessions_status status = call_(&finish, waiting.get(), &error);
    const Owned<sessions_error, sessions_error_free> owned(error);
    if (status == SESSIONS_PENDING) {
      waiting_ = waiting.release();
      return true;
    }
    result_ = ended(status, error);
    return false;
  }

  Result<void> await_resume() noexcept { return std::move(result_); }

 private:
  // The user data of the call, which outlives a coroutine that is destroyed while it waits.
  struct Waiting {
    Awaitable* awaitable;
  };

  // A sessions_done_fn.
  static void finish(void* user_data, sessions_status status, const sessions_error* error) noexcept {
    const std::unique_ptr<Waiting> waiting(static_cast<Waiting*>(user_data));
    if (waiting->awaitable != nullptr) {
      waiting->awaitable->resume(ended(status, error));
    }
  }

  void resume(Result<void> result) noexcept {
    waiting_ = nullptr;
    result_ = std::move(result);
    const Thrown thrown = thrown_;  // this object ends with the coroutine
    call_host([coroutine = coroutine_] { coroutine.resume(); }, [&](Status) { keep(thrown); });
  }

  Thrown thrown_;
  Call call_;
  std::coroutine_handle<> coroutine_;
  Waiting* waiting_ = nullptr;  // while the call is under way
  Result<void> result_;
};
#endif

}  // namespace border
}  // namespace v0
}  // namespace sessions
