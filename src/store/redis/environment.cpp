#include <algorithm>
#include <ctime>
#include <store/redis/environment.hpp>

namespace sessions::store::redis {

void Environment::wait_for_events(std::span<pollfd> descriptors, Deadline until) {
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  const nanoseconds left = std::max(nanoseconds(until - std::chrono::steady_clock::now()), nanoseconds(0));
  const seconds whole = std::chrono::duration_cast<seconds>(left);
  const timespec timeout{static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
  if (ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr) < 0) {
    for (pollfd& descriptor : descriptors) {
      descriptor.revents = 0;  // interrupted by a signal: look again
    }
  }
}

}  // namespace sessions::store::redis
