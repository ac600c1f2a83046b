// Many callers on few connections to one server. There is no thread for it: of the callers that wait, one drives the
// connections for all; when it has its answer it leaves that to another. Leaders and followers, as in POSA 2.
#pragma once

#include <array>
#include <atomic>
#include <base/event.hpp>
#include <memory>
#include <mutex>
#include <store/redis/connection.hpp>
#include <store/redis/environment.hpp>
#include <store/redis/options.hpp>
#include <store/redis/transport.hpp>
#include <vector>

namespace sessions::store::redis {

class Multiplexer final : public Transport {
 public:
  // `tls` is null when the bytes go as they are.
  Multiplexer(const Options& options, const std::shared_ptr<crypto::TlsContext>& tls, const Environment& environment);
  Multiplexer(const Multiplexer&) = delete;
  Multiplexer& operator=(const Multiplexer&) = delete;
  Multiplexer(Multiplexer&&) = delete;
  Multiplexer& operator=(Multiplexer&&) = delete;
  ~Multiplexer() override;

  void submit(std::unique_ptr<Request> request, Lane lane) override;
  void wait_for(Awaited& awaited, Deadline deadline) override;
  void nudge() noexcept override { wake_up_.set(); }

 private:
  class Hold;

  static constexpr std::size_t lane_count = 2;

  // After failures nobody tries to connect for a while, and calls that no other connection takes fail at once; then one
  // call tries, and until that is decided the others still fail.
  struct Breaker {
    Deadline open_until{};
    Deadline tried_until{};
    bool is_in_doubt = false;  // nothing has shown since then that the server is there
    int failures = 0;
    Error reason{Status::unavailable, {}};
  };

  bool must_fail(const Connection& connection, Deadline now) const noexcept;
  std::ptrdiff_t opening_count() const noexcept;
  Connection& choose(Lane lane, Deadline now) const noexcept;
  void drive(const Awaited& awaited, Deadline now, Deadline deadline);
  // What the time is afterwards.
  Deadline step(Hold& hold, Deadline now, Deadline deadline);
  void failed(Connection& connection, Error error, Deadline now) noexcept;
  void answer_ended() noexcept;
  void withdraw(Awaited& awaited);
  void read_inbox(Hold& hold) noexcept;
  void hand_over(Requests& one, Connection& connection, Hold& hold, Deadline now) noexcept;

  const Options options_;
  const Environment environment_;
  std::mutex inbox_mutex_;
  std::array<Requests, lane_count> inbox_;
  std::atomic<std::size_t> unread_ = 0;                   // in there
  std::mutex mutex_;                                      // of what follows; see Hold
  std::vector<std::unique_ptr<Connection>> connections_;  // the last one is for Lane::confirming
  Breaker breaker_;
  std::vector<Connection*> handed_to_;  // as the inbox was last read
  bool is_polling_ = false;
  std::atomic<bool> is_driven_ = false;
  const Event wake_up_;            // for whoever polls
  std::vector<Connection*> busy_;  // those that are not at rest as a step begins
  std::vector<pollfd> descriptors_;
  Requests late_;     // that end without a reply, since their time is over
  Requests refused_;  // likewise, since no connection could be made
};

}  // namespace sessions::store::redis
