#include <algorithm>
#include <manager/queue.hpp>
#include <manager/session.hpp>
#include <manager/waiter.hpp>
#include <utility>

namespace sessions::manager {

namespace {

// Then the loop has its turn: a thousand results at once would keep its timers waiting for milliseconds.
constexpr std::size_t most_at_once = 16;

Error canceled() { return {Status::canceled, {}}; }

Result<void> result_of(PendingCall& call) {
  return call.is_canceled ? canceled() : call.result ? std::move(*call.result) : call.run();
}

void conclude(Waiter& waiter, PendingCall& call, Result<void> result) {
  waiter.drop(call);
  call.session.forget();
  call.end(result || !is_pending(result.error()) ? std::move(result) : canceled());
}

}  // namespace

Result<std::shared_ptr<Queue>> Queue::make() {
  auto queue = std::make_shared<Queue>();
  if (queue->descriptor() == -1) {
    return Error{Status::unavailable, "no descriptor is left for a queue: raise the process's limit of open files"};
  }
  return queue;
}

Queue::~Queue() { close(); }

Result<void> Queue::check() const {
  if (!process_.is_mine()) {
    return Error{Status::misuse, "a queue belongs to the process that made it: make another one after fork"};
  }
  return is_closed_ ? Error{Status::misuse, "the queue has been freed"} : Result<void>();
}

Result<std::shared_ptr<Waiter>> Queue::waiter_for(const std::shared_ptr<store::Store>& store) {
  const auto known =
      std::find_if(waiters_.begin(), waiters_.end(), [&](const auto& waiter) { return waiter->store() == store; });
  if (known != waiters_.end()) {
    return *known;
  }
  waiters_.reserve(waiters_.size() + 1);
  const auto waiter = std::make_shared<Waiter>(store, event_);
  if (Result<void> started = waiter->start_thread(); !started) {
    return std::move(started.error());
  }
  waiters_.push_back(waiter);
  return waiter;
}

Result<std::shared_ptr<PendingCall>> Queue::begin(Session& session, PendingCall::Begin begin, PendingCall::End end) {
  using Pending = std::shared_ptr<PendingCall>;
  if (Result<void> checked = check(); !checked) {
    return std::move(checked.error());
  }
  const std::shared_ptr<store::Store>& store = session.store();
  if (!store || store->answers_at_once()) {
    Result<void> done = begin(session);
    return done ? Result(Pending()) : std::move(done.error());
  }
  Result<std::shared_ptr<Waiter>> waiter = waiter_for(store);
  if (!waiter) {
    return std::move(waiter.error());
  }
  const auto call = std::make_shared<PendingCall>(*waiter, session, std::move(begin), std::move(end));
  PendingCalls node{call};
  const bool asks_elsewhere = store->may_block();
  if (asks_elsewhere) {
    session.put_off_asking();
  }
  Result<void> done = call->run();
  if (done || !is_pending(done.error())) {
    session.forget();
    return done ? Result(Pending()) : std::move(done.error());
  }
  asks_elsewhere ? (*waiter)->begin(call, std::move(node)) : (*waiter)->await(call, std::move(node));
  return call;
}

Result<std::size_t> Queue::dispatch() {
  if (Result<void> checked = check(); !checked) {
    return std::move(checked.error());
  }
  event_->clear();
  std::size_t count = 0;
  for (std::size_t i = 0; i < waiters_.size() && !is_closed_; ++i) {  // a callback may add some
    const std::shared_ptr<Waiter> waiter = waiters_[i];
    for (std::size_t left = std::min(waiter->finished_count(), most_at_once); left > 0 && !is_closed_; --left) {
      count += dispatch_next(*waiter) ? 1 : 0;
    }
  }
  const auto has_more = [](const auto& waiter) { return waiter->finished_count() > 0; };
  if (!is_closed_ && std::any_of(waiters_.begin(), waiters_.end(), has_more)) {
    event_->set();
  }
  return count;
}

bool Queue::dispatch_next(Waiter& waiter) {
  const std::shared_ptr<PendingCall> call = waiter.next_finished();
  if (!call) {
    return false;
  }
  Result<void> result = result_of(*call);
  if (!result && is_pending(result.error())) {
    waiter.await_again(*call);
    return false;
  }
  conclude(waiter, *call, std::move(result));
  return true;
}

void Queue::cancel(PendingCall& call, PendingCall::Owner session) noexcept {
  call.waiter->cancel(call, std::move(session));
}

void Queue::close() noexcept {
  if (std::exchange(is_closed_, true)) {
    return;
  }
  const bool is_mine = process_.is_mine();
  for (const std::shared_ptr<Waiter>& waiter : waiters_) {
    is_mine ? waiter->stop() : waiter->leave_alone();
  }
  for (std::size_t i = 0; is_mine && i < waiters_.size(); ++i) {
    while (const std::shared_ptr<PendingCall> call = waiters_[i]->next_finished()) {
      conclude(*waiters_[i], *call, result_of(*call));
    }
  }
}

}  // namespace sessions::manager
