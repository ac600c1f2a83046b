#include <algorithm>
#include <csignal>
#include <manager/session.hpp>
#include <manager/waiter.hpp>
#include <system_error>
#include <utility>

namespace sessions::manager {

// What the thread waits for itself, so that it waits until it is interrupted.
class Waiter::Pump final : public store::Awaited {
 public:
  void deliver() noexcept { announce(); }
};

Waiter::Waiter(std::shared_ptr<store::Store> store, const Event& event) : store_(std::move(store)), event_(event) {}

Waiter::~Waiter() { stop(); }

// The host's signals are for the host's threads.
Result<void> Waiter::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<void> started;
  try {
    thread_ = std::thread(&Waiter::run, this);
  } catch (const std::system_error&) {
    started = Error{Status::unavailable, "no thread could be started to wait for the store: raise the process's limit"};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

void Waiter::take(const std::shared_ptr<PendingCall>& call, PendingCalls& node, PendingCalls& calls) noexcept {
  call->self = node.begin();
  calls.splice(calls.end(), node);
  call->place = &calls;
}

void Waiter::begin(const std::shared_ptr<PendingCall>& call, PendingCalls node) noexcept {
  const Lock lock(mutex_);
  take(call, node, jobs_);
  interrupt();
}

void Waiter::await(const std::shared_ptr<PendingCall>& call, PendingCalls node) noexcept {
  Lock lock(mutex_);
  take(call, node, running_);
  await(*call, lock);
}

void Waiter::await_again(PendingCall& call) noexcept {
  Lock lock(mutex_);
  await(call, lock);
}

void Waiter::await(PendingCall& call, Lock& lock) noexcept {
  const std::shared_ptr<PendingCall> shared = *call.self;
  call.deadline = call.session.deadline();
  place(call, asked_);
  if (call.deadline < pump_until_) {
    interrupt();
  }
  lock.unlock();  // who answers may hold a lock of the store, and take this one
  if (!call.session.answer().watch(shared)) {
    delivered(call);
  }
  lock.lock();
}

std::size_t Waiter::finished_count() noexcept {
  const Lock lock(mutex_);
  return finished_.size();
}

std::shared_ptr<PendingCall> Waiter::next_finished() noexcept {
  const Lock lock(mutex_);
  if (finished_.empty()) {
    return nullptr;
  }
  std::shared_ptr<PendingCall> call = finished_.front();
  place(*call, running_);
  return call;
}

void Waiter::drop(const PendingCall& call) noexcept {
  const Lock lock(mutex_);
  running_.erase(call.self);
}

void Waiter::cancel(PendingCall& call, PendingCall::Owner session) noexcept {
  if (!process_.is_mine()) {
    static_cast<void>(session.release());
    return;
  }
  Lock lock(mutex_);
  call.owner = std::move(session);
  call.is_canceled = true;
  if (call.place == &jobs_) {
    place(call, finished_);
  } else if (call.place == &asked_ && !call.is_being_given_up) {
    static_cast<void>(give_up(call, lock));
  }
}

void Waiter::stop() noexcept {
  Lock lock(mutex_);
  is_stopping_ = true;
  interrupt();
  lock.unlock();
  if (thread_.joinable()) {
    thread_.join();
  }
  lock.lock();
  while (!asked_.empty()) {
    PendingCall& call = *asked_.front();
    if (!call.is_being_given_up && give_up(call, lock)) {
      call.is_canceled = true;
    } else {
      changed_.wait(lock, [&] { return call.place != &asked_; });
    }
  }
  while (!jobs_.empty()) {
    jobs_.front()->is_canceled = true;
    place(*jobs_.front(), finished_);
  }
  const std::shared_ptr<store::Store> released = std::move(store_);
  lock.unlock();  // before the store goes, which may hold calls that hold the waiter
}

void Waiter::leave_alone() noexcept { for_ever_ = shared_from_this(); }

void Waiter::delivered(PendingCall& call) noexcept {
  const Lock lock(mutex_);
  place(call, store_->may_block() && !is_stopping_ ? jobs_ : finished_);
}

bool Waiter::rouse() noexcept {
  const Lock lock(mutex_);
  if (pump_ != nullptr) {
    static_cast<void>(pump_->rouse());
  }
  return !is_stopping_ && !asked_.empty();
}

void Waiter::place(PendingCall& call, PendingCalls& calls) noexcept {
  call.move_to(calls);
  if (&calls == &finished_ && finished_.size() == 1) {
    event_.set();
  }
  if (&calls == &jobs_) {
    interrupt();
  } else {
    changed_.notify_all();
  }
}

void Waiter::interrupt() noexcept {
  changed_.notify_all();
  if (pump_ != nullptr) {
    pump_->deliver();
    store_->nudge();
  }
}

void Waiter::run() noexcept {
  Lock lock(mutex_);
  while (!is_stopping_) {
    if (!jobs_.empty()) {
      run_job(lock);
    } else if (asked_.empty()) {
      changed_.wait(lock);
    } else {
      look_after_store(lock);
    }
  }
}

void Waiter::run_job(Lock& lock) noexcept {
  const std::shared_ptr<PendingCall> call = jobs_.front();
  place(*call, running_);
  lock.unlock();
  Result<void> result = call->run();
  lock.lock();
  if (!result && is_pending(result.error())) {
    await(*call, lock);
  } else {
    call->result.emplace(std::move(result));
    place(*call, finished_);
  }
}

void Waiter::look_after_store(Lock& lock) {
  const Deadline now = std::chrono::steady_clock::now();
  Deadline until = Deadline::max();
  for (const std::shared_ptr<PendingCall>& call : asked_) {
    if (call->is_being_given_up) {
      continue;
    }
    if (call->deadline <= now && give_up(*call, lock)) {
      return;
    }
    until = std::min(until, call->deadline);
  }
  if (until == Deadline::max()) {
    changed_.wait(lock);
    return;
  }
  Pump pump;
  pump_ = &pump;
  pump_until_ = until;
  lock.unlock();
  store_->wait_for(pump, until);
  if (pump.is_delivered()) {
    Pump none;
    store_->wait_for(none, Deadline());  // it may have been roused before it was interrupted: somebody else has to be
  }
  lock.lock();
  pump_ = nullptr;
  pump_until_ = {};
}

// False when the answer is on its way to us.
bool Waiter::give_up(PendingCall& call, Lock& lock) noexcept {
  store::Awaited& answer = call.session.answer();
  if (!answer.unwatch()) {
    return false;
  }
  call.is_being_given_up = true;
  lock.unlock();
  store_->wait_for(answer, Deadline());  // which is over: the store takes back what it has not begun
  lock.lock();
  call.is_being_given_up = false;
  place(call, store_->may_block() && !is_stopping_ && !call.is_canceled ? jobs_ : finished_);
  return true;
}

}  // namespace sessions::manager
