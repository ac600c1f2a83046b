// Calls of sessions that nobody waits for: they come to a queue when they are finished, whose owner takes them when the
// loop says that there are some.
#pragma once

#include <base/event.hpp>
#include <base/process_mark.hpp>
#include <base/result.hpp>
#include <cstddef>
#include <manager/pending_call.hpp>
#include <memory>
#include <store/store.hpp>
#include <vector>

namespace sessions::manager {

// One thread at a time, but for cancel().
class Queue {
 public:
  static Result<std::shared_ptr<Queue>> make();

  Queue() = default;
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  Queue(Queue&&) = delete;
  Queue& operator=(Queue&&) = delete;
  ~Queue();

  // Becomes readable when there is something to dispatch.
  int descriptor() const noexcept { return event_->descriptor(); }

  // Makes a call. Null when that is done; otherwise it is under way, and `end` will be called with its result by
  // dispatch() or close().
  Result<std::shared_ptr<PendingCall>> begin(Session& session, PendingCall::Begin begin, PendingCall::End end);

  // Ends calls that are finished, some of them when there are many. Returns how many.
  Result<std::size_t> dispatch();

  // Ends all calls, those that are still under way with Status::canceled.
  void close() noexcept;

  // The session is not wanted any more: its call ends with Status::canceled, and the session is destroyed. Any thread.
  static void cancel(PendingCall& call, PendingCall::Owner session) noexcept;

 private:
  Result<void> check() const;
  Result<std::shared_ptr<Waiter>> waiter_for(const std::shared_ptr<store::Store>& store);
  bool dispatch_next(Waiter& waiter);

  const ProcessMark process_;
  const std::shared_ptr<const Event> event_ = std::make_shared<const Event>();
  bool is_closed_ = false;
  std::vector<std::shared_ptr<Waiter>> waiters_;  // one for each store
};

}  // namespace sessions::manager
