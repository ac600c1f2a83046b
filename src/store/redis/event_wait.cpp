#include <algorithm>
#include <ctime>
#include <store/redis/event_wait.hpp>

namespace sessions::store::redis {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::chrono::microseconds longest_awake{150};
constexpr unsigned most_doublings = 8;
constexpr unsigned solitude = 16;

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

bool Wakefulness::is_due() noexcept {
  if (skipped_ == 0) {
    return true;
  }
  --skipped_;
  return false;
}

void Wakefulness::has_paid(bool paid) noexcept {
  doublings_ = paid ? std::max(doublings_, 1U) - 1 : std::min(doublings_ + 1, most_doublings);
  skipped_ = paid ? 0 : 1U << doublings_;
}

void Wakefulness::put_off() noexcept { skipped_ = std::max(skipped_, solitude); }

void EventWait::operator()(std::span<pollfd> descriptors, Deadline now, Deadline until, bool is_alone) {
  if (!is_alone) {
    wakefulness_.put_off();
  } else if (wakefulness_.is_due()) {
    const Deadline awake_until = std::min(until, now + longest_awake);
    if (poll_for(descriptors, nanoseconds(0))) {
      return;  // that says nothing of whether it pays
    }
    const bool found = poll_awake(descriptors, awake_until);
    wakefulness_.has_paid(found);
    if (found) {
      return;
    }
    now = steady_clock::now();
  }
  poll_for(descriptors, std::max(nanoseconds(until - now), nanoseconds(0)));
}

}  // namespace sessions::store::redis
