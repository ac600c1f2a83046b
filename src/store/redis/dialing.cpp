#include <algorithm>
#include <store/redis/dialing.hpp>

namespace sessions::store::redis {

Dialing::Dialing(std::vector<Address> addresses, Deadline until) : left_(std::move(addresses)), until_(until) {
  std::reverse(left_.begin(), left_.end());
}

Result<bool> Dialing::go_on(bool is_decided, Deadline now) {
  Result<void> last;
  if (descriptor() >= 0) {
    last = is_decided ? socket_.connected() : Result<void>();
    const bool is_over = !is_decided && !left_.empty() && now >= next_at_;
    if (last && !is_over) {
      return is_decided;
    }
  }
  while (!left_.empty()) {
    next_at_ = now + (until_ - now) / left_.size();
    Result<Socket> socket = Socket::connect(left_.back());
    left_.pop_back();
    if (socket) {
      socket_ = std::move(*socket);
      return false;
    }
    last = std::move(socket.error());
  }
  return std::move(last.error());
}

Deadline Dialing::next_time(Deadline latest) const { return left_.empty() ? latest : std::min(latest, next_at_); }

}  // namespace sessions::store::redis
