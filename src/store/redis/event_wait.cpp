#include <algorithm>
#include <ctime>
#include <store/redis/event_wait.hpp>

namespace sessions::store::redis {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::chrono::microseconds longest_awake{150};
constexpr std::chrono::microseconds pause{100};
constexpr unsigned most_doublings = 8;
constexpr std::chrono::milliseconds solitude{1};

// Whether there is anything: events, or a signal, which means to look again.
bool poll_for(std::span<pollfd> descriptors, nanoseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec timeout{static_cast<time_t>(whole.count()), static_cast<long>((time - whole).count())};
  const int ready = ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr);
  if (ready < 0) {
    for (pollfd& descriptor : descriptors) {
      descriptor.revents = 0;
    }
  }
  return ready != 0;
}

bool poll_awake(std::span<pollfd> descriptors, Deadline until) {
  bool found = false;
  while (!found && steady_clock::now() < until) {
    found = poll_for(descriptors, nanoseconds(0));
  }
  return found;
}

}  // namespace

void Wakefulness::has_paid(bool paid, Deadline now) noexcept {
  doublings_ = paid ? std::max(doublings_, 1U) - 1 : std::min(doublings_ + 1, most_doublings);
  next_ = paid ? now : now + pause * (1U << doublings_);
}

void Wakefulness::put_off(Deadline now) noexcept { next_ = std::max(next_, now + solitude); }

void EventWait::operator()(std::span<pollfd> descriptors, Deadline now, Deadline until, bool is_alone) {
  if (!is_alone) {
    wakefulness_.put_off(now);
  } else if (wakefulness_.is_due(now)) {
    const Deadline awake_until = std::min(until, now + longest_awake);
    if (poll_for(descriptors, nanoseconds(0))) {
      return;  // that says nothing of whether it pays
    }
    const bool found = poll_awake(descriptors, awake_until);
    wakefulness_.has_paid(found, found ? now : steady_clock::now());
    if (found) {
      return;
    }
  }
  // Much may have been done since it was `now`, and no call lasts longer than it may.
  poll_for(descriptors, std::max(nanoseconds(until - steady_clock::now()), nanoseconds(0)));
}

}  // namespace sessions::store::redis
