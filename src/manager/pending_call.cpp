#include <manager/pending_call.hpp>
#include <manager/session.hpp>
#include <manager/waiter.hpp>
#include <new>
#include <utility>

namespace sessions::manager {

PendingCall::PendingCall(std::shared_ptr<Waiter> its_waiter, Session& its_session, Begin to_begin, End to_end)
    : waiter(std::move(its_waiter)),
      session(its_session),
      deadline(std::chrono::steady_clock::now() + its_session.timeout()),
      begin_(std::move(to_begin)),
      end_(std::move(to_end)) {}

void PendingCall::delivered() noexcept { waiter->delivered(*this); }

bool PendingCall::rouse() noexcept { return waiter->rouse(); }

Result<void> PendingCall::run() noexcept {
  try {
    if (begin_) {
      session.end_next_by(deadline);
      return std::exchange(begin_, nullptr)(session);
    }
    if (!session.has_asked() && std::chrono::steady_clock::now() >= deadline) {
      return Error{Status::timeout, {}};
    }
    return session.resume();
  } catch (const std::bad_alloc&) {
    return Error{Status::nomem, {}};
  } catch (...) {
    return Error{Status::internal, {}};
  }
}

void PendingCall::move_to(PendingCalls& calls) noexcept {
  calls.splice(calls.end(), *place, self);
  place = &calls;
}

void PendingCall::end(Result<void> last) noexcept {
  const Owner kept = std::move(owner);
  begin_ = nullptr;
  std::exchange(end_, nullptr)(std::move(last));
}

}  // namespace sessions::manager
