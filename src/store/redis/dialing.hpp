// Connecting to a server that has several addresses: to one after the other, each for its share of the time. One where
// nobody is may swallow what is sent to it without a word.
#pragma once

#include <base/clock.hpp>
#include <base/result.hpp>
#include <store/redis/address.hpp>
#include <store/redis/socket.hpp>
#include <utility>
#include <vector>

namespace sessions::store::redis {

class Dialing {
 public:
  // There is one address at least.
  Dialing(std::vector<Address> addresses, Deadline until);

  // Begins, or goes on: `is_decided` is what poll says of the socket. True when it is connected. Errors say why the
  // last address was of no use.
  Result<bool> go_on(bool is_decided, Deadline now);

  // What to poll for output, and until when at the latest.
  int descriptor() const noexcept { return socket_.descriptor(); }
  Deadline next_time(Deadline latest) const;

  // Once it is connected.
  Socket take() noexcept { return std::move(socket_); }

 private:
  std::vector<Address> left_;  // that were not tried yet, the next one last
  const Deadline until_;
  Deadline next_at_{};
  Socket socket_;
};

}  // namespace sessions::store::redis
