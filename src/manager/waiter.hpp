// Who waits for a store while the calls of a queue are under way: threads.
#pragma once

#include <array>
#include <base/clock.hpp>
#include <base/event.hpp>
#include <base/process_mark.hpp>
#include <condition_variable>
#include <cstddef>
#include <manager/pending_call.hpp>
#include <memory>
#include <mutex>
#include <store/store.hpp>
#include <thread>

namespace sessions::manager {

// Calls to stores that may block are made on the threads, each of which is started when a call finds none idle. Other
// stores are asked by the queue's owner, and one thread waits until they have answered.
class Waiter : public std::enable_shared_from_this<Waiter> {
 public:
  // `event` is set when a call is finished.
  Waiter(std::shared_ptr<store::Store> store, std::shared_ptr<const Event> event);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  Waiter(Waiter&&) = delete;
  Waiter& operator=(Waiter&&) = delete;
  ~Waiter();

  // To begin with, one. Status unavailable when there can be no more, or nomem.
  Result<void> start_thread();

  const std::shared_ptr<store::Store>& store() const noexcept { return store_; }

  // Takes over a call that a thread is to begin.
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

  // Ends the threads; then every call is finished, and canceled unless it was answered. Lets go of the store: as long
  // as that lives, a request that it has not answered may hold a call, and so the waiter.
  void stop() noexcept;

  // In the child of a fork, where nothing of this may be touched: makes it last for ever.
  void leave_alone() noexcept;

  // ---- for the calls, as store::Watcher ----

  void delivered(PendingCall& call) noexcept;
  bool rouse() noexcept;

 private:
  static constexpr std::size_t most_threads = 16;

  class Pump;
  class Turn;

  void run() noexcept;
  void rest(Turn& turn);
  void run_job(Turn& turn) noexcept;
  void look_after_store(Turn& turn);
  void await(PendingCall& call, Turn& turn) noexcept;
  bool give_up(PendingCall& call, Turn& turn) noexcept;
  void take(const std::shared_ptr<PendingCall>& call, PendingCalls& node) noexcept;
  void place(PendingCall& call, PendingCalls& calls) noexcept;
  void interrupt() noexcept;

  const ProcessMark process_;
  std::shared_ptr<store::Store> store_;  // until stop()
  std::shared_ptr<const Event> event_;   // likewise
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_finished_ = false;   // since the lock was taken: to be told
  bool has_work_ = false;       // likewise, to a thread
  std::size_t idle_count_ = 0;  // of the threads
  PendingCalls jobs_;           // to be begun, or resumed, on the thread
  PendingCalls running_;
  PendingCalls asked_;
  PendingCalls finished_;
  bool is_stopping_ = false;
  Pump* pump_ = nullptr;  // while a thread waits for the store
  Deadline pump_until_{};
  std::array<std::thread, most_threads> threads_;
  std::size_t thread_count_ = 0;  // for the queue's owner
  std::shared_ptr<Waiter> for_ever_;
};

}  // namespace sessions::manager
