#include <algorithm>
#include <csignal>
#include <manager/session.hpp>
#include <manager/waiter.hpp>
#include <new>
#include <system_error>
#include <utility>

namespace sessions::manager {

// What the thread waits for itself, so that it waits until it is interrupted.
class Waiter::Pump final : public store::Awaited {
 public:
  void deliver() noexcept { announce(); }
};

// Has the lock. Who is woken would run at once, and wait for the lock if it were still held: so he is woken after it.
class Waiter::Turn {
 public:
  explicit Turn(Waiter& waiter) : waiter_(waiter), lock_(waiter.mutex_) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Turn(Turn&&) = delete;
  Turn& operator=(Turn&&) = delete;

  ~Turn() {
    if (lock_.owns_lock()) {
      end();
    }
  }

  void begin() { lock_.lock(); }

  void end() noexcept {
    const auto event = std::exchange(waiter_.has_finished_, false) ? waiter_.event_ : nullptr;
    const bool has_work = std::exchange(waiter_.has_work_, false);
    const bool is_stopping = waiter_.is_stopping_;
    lock_.unlock();
    if (event != nullptr) {
      event->set();
    }
    if (is_stopping) {
      waiter_.changed_.notify_all();
    } else if (has_work) {
      waiter_.changed_.notify_one();
    }
  }

  // Until there is work, a call has moved while the waiter stops, or for no reason.
  void wait() {
    if (waiter_.has_finished_ || waiter_.has_work_) {
      end();
      begin();
    } else {
      waiter_.changed_.wait(lock_);
    }
  }

 private:
  Waiter& waiter_;
  std::unique_lock<std::mutex> lock_;
};

Waiter::Waiter(std::shared_ptr<store::Store> store, std::shared_ptr<const Event> event)
    : store_(std::move(store)), event_(std::move(event)) {}

Waiter::~Waiter() { stop(); }

// The host's signals are for the host's threads.
Result<void> Waiter::start_thread() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<void> started;
  try {
    threads_[thread_count_] = std::thread(&Waiter::run, this);
    ++thread_count_;
  } catch (const std::system_error&) {
    started = Error{Status::unavailable, "no thread could be started to wait for the store: raise the process's limit"};
  } catch (const std::bad_alloc&) {
    started = Error{Status::nomem, {}};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

void Waiter::take(const std::shared_ptr<PendingCall>& call, PendingCalls& node) noexcept {
  call->self = node.begin();
  running_.splice(running_.end(), node);
  call->place = &running_;
}

void Waiter::begin(const std::shared_ptr<PendingCall>& call, PendingCalls node) noexcept {
  Turn turn(*this);
  take(call, node);
  place(*call, jobs_);
  const std::size_t work = jobs_.size() + (pump_ == nullptr && !asked_.empty() ? 1 : 0);
  const bool is_short = work > idle_count_ && thread_count_ < threads_.size();
  turn.end();
  if (is_short) {
    static_cast<void>(start_thread());  // there is one already
  }
}

void Waiter::await(const std::shared_ptr<PendingCall>& call, PendingCalls node) noexcept {
  Turn turn(*this);
  take(call, node);
  await(*call, turn);
}

void Waiter::await_again(PendingCall& call) noexcept {
  Turn turn(*this);
  await(call, turn);
}

void Waiter::await(PendingCall& call, Turn& turn) noexcept {
  const std::shared_ptr<PendingCall> shared = *call.self;
  call.deadline = call.session.deadline();
  place(call, asked_);
  if (call.deadline < pump_until_) {
    interrupt();
  } else if (pump_ != nullptr) {
    static_cast<void>(pump_->rouse());  // it may sleep while others look after the store, who may have gone by now
  }
  turn.end();  // who answers may hold a lock of the store, and take this one
  if (!call.session.answer().watch(shared)) {
    delivered(call);
  }
  turn.begin();
}

std::size_t Waiter::finished_count() noexcept {
  const Turn turn(*this);
  return finished_.size();
}

std::shared_ptr<PendingCall> Waiter::next_finished() noexcept {
  const Turn turn(*this);
  if (finished_.empty()) {
    return nullptr;
  }
  std::shared_ptr<PendingCall> call = finished_.front();
  place(*call, running_);
  return call;
}

void Waiter::drop(const PendingCall& call) noexcept {
  const Turn turn(*this);
  running_.erase(call.self);
}

void Waiter::cancel(PendingCall& call, PendingCall::Owner session) noexcept {
  if (!process_.is_mine()) {
    static_cast<void>(session.release());
    return;
  }
  Turn turn(*this);
  call.owner = std::move(session);
  call.is_canceled = true;
  if (call.place == &jobs_) {
    place(call, finished_);
  } else if (call.place == &asked_ && !call.is_being_given_up) {
    static_cast<void>(give_up(call, turn));
  }
}

void Waiter::stop() noexcept {
  Turn turn(*this);
  is_stopping_ = true;
  interrupt();
  turn.end();
  for (; thread_count_ > 0; --thread_count_) {
    threads_[thread_count_ - 1].join();
  }
  turn.begin();
  while (!asked_.empty()) {
    PendingCall& call = *asked_.front();
    if (!call.is_being_given_up && give_up(call, turn)) {
      call.is_canceled = true;
    } else {
      turn.wait();
    }
  }
  while (!jobs_.empty()) {
    jobs_.front()->is_canceled = true;
    place(*jobs_.front(), finished_);
  }
  event_.reset();
  const std::shared_ptr<store::Store> released = std::move(store_);
  turn.end();  // before the store goes, which may hold calls that hold the waiter
}

void Waiter::leave_alone() noexcept { for_ever_ = shared_from_this(); }

void Waiter::delivered(PendingCall& call) noexcept {
  const Turn turn(*this);
  place(call, store_->may_block() && !is_stopping_ ? jobs_ : finished_);
}

bool Waiter::rouse() noexcept {
  const Turn turn(*this);
  if (pump_ != nullptr) {
    static_cast<void>(pump_->rouse());
  }
  return !is_stopping_ && !asked_.empty();
}

void Waiter::place(PendingCall& call, PendingCalls& calls) noexcept {
  call.move_to(calls);
  if (&calls == &finished_) {
    has_finished_ = has_finished_ || finished_.size() == 1;
  } else if (&calls == &jobs_ && jobs_.size() > idle_count_) {
    interrupt();
  } else if (&calls == &jobs_ || (&calls == &asked_ && pump_ == nullptr)) {
    has_work_ = true;
  }
}

void Waiter::interrupt() noexcept {
  if (pump_ != nullptr) {
    pump_->deliver();
    store_->nudge();
  }
}

void Waiter::run() noexcept {
  Turn turn(*this);
  while (!is_stopping_) {
    if (!jobs_.empty()) {
      run_job(turn);
    } else if (asked_.empty() || pump_ != nullptr) {
      rest(turn);
    } else {
      look_after_store(turn);
    }
  }
}

void Waiter::rest(Turn& turn) {
  ++idle_count_;
  turn.wait();
  --idle_count_;
}

void Waiter::run_job(Turn& turn) noexcept {
  const std::shared_ptr<PendingCall> call = jobs_.front();
  place(*call, running_);
  has_work_ = !asked_.empty() && pump_ == nullptr;  // by somebody else, meanwhile
  turn.end();
  Result<void> result = call->run();
  turn.begin();
  if (!result && is_pending(result.error())) {
    await(*call, turn);
  } else {
    call->result.emplace(std::move(result));
    place(*call, finished_);
  }
}

void Waiter::look_after_store(Turn& turn) {
  const Deadline now = std::chrono::steady_clock::now();
  Deadline until = Deadline::max();
  for (const std::shared_ptr<PendingCall>& call : asked_) {
    if (call->is_being_given_up) {
      continue;
    }
    if (call->deadline <= now && give_up(*call, turn)) {
      return;
    }
    until = std::min(until, call->deadline);
  }
  if (until == Deadline::max()) {
    rest(turn);
    return;
  }
  Pump pump;
  pump_ = &pump;
  pump_until_ = until;
  turn.end();
  store_->wait_for(pump, until);
  if (pump.is_delivered()) {
    Pump none;
    store_->wait_for(none, Deadline());  // it may have been roused before it was interrupted: somebody else has to be
  }
  turn.begin();
  pump_ = nullptr;
  pump_until_ = {};
}

// False when the answer is on its way to us.
bool Waiter::give_up(PendingCall& call, Turn& turn) noexcept {
  store::Awaited& answer = call.session.answer();
  if (!answer.unwatch()) {
    return false;
  }
  call.is_being_given_up = true;
  turn.end();
  store_->wait_for(answer, Deadline());  // which is over: the store takes back what it has not begun
  turn.begin();
  call.is_being_given_up = false;
  place(call, store_->may_block() && !is_stopping_ && !call.is_canceled ? jobs_ : finished_);
  return true;
}

}  // namespace sessions::manager
