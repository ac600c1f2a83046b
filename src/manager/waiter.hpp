// Who waits for a store while the calls of a queue are under way: a thread.
#pragma once

#include <base/clock.hpp>
#include <base/event.hpp>
#include <base/process_mark.hpp>
#include <condition_variable>
#include <manager/pending_call.hpp>
#include <memory>
#include <mutex>
#include <store/store.hpp>
#include <thread>

namespace sessions::manager {

// Calls to stores that may block are made on the thread, one after the other. Other stores are asked by the queue's
// owner, and the thread waits until they have answered.
class Waiter : public std::enable_shared_from_this<Waiter> {
 public:
  // `event` is set when a call is finished. It outlives stop().
  Waiter(std::shared_ptr<store::Store> store, const Event& event);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  Waiter(Waiter&&) = delete;
  Waiter& operator=(Waiter&&) = delete;
  ~Waiter();

  // Status unavailable when there can be no more threads.
  Result<void> start();

  const std::shared_ptr<store::Store>& store() const noexcept { return store_; }

  // Takes over a call that the thread is to begin.
  void begin(const std::shared_ptr<PendingCall>& call, PendingCalls node) noexcept;

  // Takes over a call whose session has asked the store.
  void await(const std::shared_ptr<PendingCall>& call, PendingCalls node) noexcept;

  // ---- what is finished: without a result it is to be resumed ----

  std::size_t finished_count() noexcept;
  std::shared_ptr<PendingCall> next_finished() noexcept;

  // The session has asked the store again.
  void await_again(PendingCall& call) noexcept;

  // Lets go of the call, which is at its end.
  void drop(const PendingCall& call) noexcept;

  // The session is not wanted any more: it is destroyed with the call. In the child of a fork it is left alone, too.
  void cancel(PendingCall& call, PendingCall::Owner session) noexcept;

  // Ends the thread; then every call is finished, and canceled unless it was answered. Lets go of the store: as long as
  // that lives, a request that it has not answered may hold a call, and so the waiter.
  void stop() noexcept;

  // In the child of a fork, where nothing of this may be touched: makes it last for ever.
  void leave_alone() noexcept;

  // ---- for the calls, as store::Watcher ----

  void delivered(PendingCall& call) noexcept;
  bool rouse() noexcept;

 private:
  class Pump;
  using Lock = std::unique_lock<std::mutex>;

  void run() noexcept;
  void run_job(Lock& lock) noexcept;
  void look_after_store(Lock& lock);
  void await(PendingCall& call, Lock& lock) noexcept;
  bool give_up(PendingCall& call, Lock& lock) noexcept;
  void take(const std::shared_ptr<PendingCall>& call, PendingCalls& node, PendingCalls& calls) noexcept;
  void place(PendingCall& call, PendingCalls& calls) noexcept;
  void interrupt() noexcept;

  const ProcessMark process_;
  std::shared_ptr<store::Store> store_;  // until stop()
  const Event& event_;
  std::mutex mutex_;
  std::condition_variable changed_;
  PendingCalls jobs_;  // to be begun, or resumed, on the thread
  PendingCalls running_;
  PendingCalls asked_;
  PendingCalls finished_;
  bool is_stopping_ = false;
  Pump* pump_ = nullptr;  // while the thread is with the store
  Deadline pump_until_{};
  std::thread thread_;
  std::shared_ptr<Waiter> for_ever_;
};

}  // namespace sessions::manager
