// A call of a session that is under way on behalf of a queue.
#pragma once

#include <atomic>
#include <base/clock.hpp>
#include <base/result.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <store/answer.hpp>

namespace sessions::manager {

class PendingCall;
class Session;
class Waiter;

// Calls change lists without needing memory.
using PendingCalls = std::list<std::shared_ptr<PendingCall>>;

// What is not const is guarded by the waiter's lock.
class PendingCall final : public store::Watcher {
 public:
  using Begin = std::function<Result<void>(Session&)>;
  using End = std::function<void(Result<void>)>;
  using Owner = std::unique_ptr<void, void (*)(void*)>;

  PendingCall(std::shared_ptr<Waiter> its_waiter, Session& its_session, Begin to_begin, End to_end);

  void delivered() noexcept override;
  bool rouse() noexcept override;

  // Begins, or goes on with the store's answer.
  Result<void> run() noexcept;

  void move_to(PendingCalls& calls) noexcept;

  // The last act. Lets go of everything but the waiter: a late answer may hold the call for a while.
  void end(Result<void> last) noexcept;

  const std::shared_ptr<Waiter> waiter;
  Session& session;
  PendingCalls* place = nullptr;  // where it is, as `self`
  PendingCalls::iterator self;
  Deadline deadline;
  std::optional<Result<void>> result = {};  // once it is known
  bool is_being_given_up = false;           // by some thread
  std::atomic<bool> is_canceled = false;
  Owner owner{nullptr, nullptr};  // of a session that nobody else wants

 private:
  Begin begin_;
  End end_;
};

}  // namespace sessions::manager
