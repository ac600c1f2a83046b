// Whether a replica has everything that was written before on the same connection: WAIT. The server does nothing else
// for the connection meanwhile, so that one is asked for all who are unconfirmed, and for a short time, again and
// again.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <store/redis/command.hpp>
#include <store/redis/request.hpp>
#include <string>
#include <string_view>

namespace sessions::store::redis {

class ReplicaWait final : public Request {
 public:
  explicit ReplicaWait(std::chrono::milliseconds time)
      : Request(Deadline::max(), false),
        time_(time),
        command_(redis::command(std::array<std::string_view, 3>{"WAIT", "1", std::to_string(time.count())}) +
                 format_echo(echo)) {}

  std::chrono::milliseconds time() const noexcept { return time_; }
  bool is_there() const noexcept { return replicas_ > 0; }

  const std::string& command() const noexcept override { return command_; }

  // A number alone could be the reply to anything: the echo behind it tells that it is not.
  Next take(const Reply& reply) override {
    const bool is_error = reply.kind() == Reply::Kind::error;
    if (is_waited_for_) {
      const bool is_echo = reply.kind() == Reply::Kind::string && reply.text() == echo;
      return is_echo || is_error ? Next::done : Next::foreign;
    }
    is_waited_for_ = true;
    replicas_ = is_error ? 0 : reply.integer();
    return is_error || reply.kind() == Reply::Kind::integer ? Next::more : Next::foreign;
  }

  void fail(Error) noexcept override {}
  Awaited* awaited() const noexcept override { return nullptr; }

 private:
  static constexpr std::string_view echo = "replica";

  const std::chrono::milliseconds time_;
  const std::string command_;
  std::int64_t replicas_ = 0;
  bool is_waited_for_ = false;
};

}  // namespace sessions::store::redis
