// Whether a replica has everything that was written before on the same connection: WAIT. The server does nothing else
// for the connection meanwhile, so that one is asked for all who are unconfirmed.
#pragma once

#include <array>
#include <chrono>
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
        command_(redis::command(std::array<std::string_view, 3>{"WAIT", "1", std::to_string(time.count())})) {}

  std::chrono::milliseconds time() const noexcept { return time_; }
  bool is_there() const noexcept { return is_there_; }

  const std::string& command() const noexcept override { return command_; }

  Next take(const Reply& reply) override {
    is_there_ = reply.integer() > 0;
    const bool is_answer = reply.kind() == Reply::Kind::integer || reply.kind() == Reply::Kind::error;
    return is_answer ? Next::done : Next::foreign;
  }

  void fail(Error) noexcept override {}
  Awaited* awaited() const noexcept override { return nullptr; }

 private:
  const std::chrono::milliseconds time_;
  const std::string command_;
  bool is_there_ = false;
};

}  // namespace sessions::store::redis
