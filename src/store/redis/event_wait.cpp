#include <algorithm>
#include <ctime>
#include <store/redis/event_wait.hpp>
#include <thread>

namespace sessions::store::redis {

namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::microseconds longest_awake{100};
constexpr unsigned most_doublings = 6;

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

// Whoever else has work for this core goes first, since that may be the server.
bool poll_awake(std::span<pollfd> descriptors, Deadline until) {
  do {
    std::this_thread::yield();
    if (poll_for(descriptors, nanoseconds(0))) {
      return true;
    }
  } while (std::chrono::steady_clock::now() < until);
  return false;
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
  failures_ = paid ? 0 : std::min(failures_ + 1, most_doublings);
  skipped_ = paid ? 0 : 1U << failures_;
}

void EventWait::operator()(std::span<pollfd> descriptors, Deadline until) {
  const Deadline now = std::chrono::steady_clock::now();
  if (wakefulness_.is_due()) {
    const bool paid = poll_awake(descriptors, std::min(until, now + longest_awake));
    wakefulness_.has_paid(paid);
    if (paid) {
      return;
    }
  }
  poll_for(descriptors, std::max(nanoseconds(until - std::chrono::steady_clock::now()), nanoseconds(0)));
}

}  // namespace sessions::store::redis
