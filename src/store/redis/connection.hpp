// One connection: it is greeted before anything else, and then requests go out and replies come in, in the same order.
#pragma once

#include <poll.h>

#include <base/clock.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <store/redis/options.hpp>
#include <store/redis/replica_wait.hpp>
#include <store/redis/reply.hpp>
#include <store/redis/request.hpp>
#include <store/redis/wire.hpp>
#include <string>
#include <vector>

namespace sessions::store::redis {

// Requests change lists without needing memory.
using Requests = std::list<std::unique_ptr<Request>>;

// "Locked" is by the lock of its owner, from any thread; the rest is for the one thread that drives.
class Connection {
 public:
  Connection(const Options& options, std::shared_ptr<crypto::TlsContext> tls);

  // ---- locked ----

  bool is_opening() const noexcept { return phase_ == Phase::opening || phase_ == Phase::greeting; }
  bool is_ready() const noexcept { return phase_ == Phase::ready; }
  std::size_t load() const noexcept { return waiting_.size() + sent_.size() + in_flight_count_; }

  // Nobody asks anything of it.
  bool is_at_rest() const noexcept { return phase_ == Phase::closed && waiting_.empty(); }

  // Sends it, or keeps it until the connection is ready. Without memory it throws, and takes nothing.
  void submit(Requests& one, Deadline now);

  // Sends what the socket takes. False when it does not take everything.
  bool flush();

  // Takes back what this caller waits for, if it was never sent.
  std::unique_ptr<Request> withdraw(const Awaited& awaited) noexcept;

  // Makes somebody look up who waits for a reply.
  bool rouse() noexcept;

  // ---- locked, and only who drives ----

  bool wants_to_open() const noexcept { return phase_ == Phase::closed && !waiting_.empty(); }
  Result<void> open(Deadline now);

  // Does what is due, and hands out those whose time is over. Errors have closed it, here and below.
  Result<void> look_at_clock(Deadline now, Requests& late);

  // Requests that somebody waits for.
  std::size_t awaited_count() const noexcept { return load() + unconfirmed_.size(); }

  void list(std::vector<pollfd>& descriptors) { wire_.list(descriptors); }
  Deadline next_time(Deadline now, Deadline latest) const;

  // Takes what has come, according to poll.
  Result<void> receive(std::span<const pollfd> descriptors, Deadline now);

  // Goes by what process() has found.
  Result<void> follow_up(Deadline now);

  // Whether it has been of use since it was opened.
  bool was_useful() const noexcept { return was_useful_; }

  // Hands out those that wait for it to open, but for what may have been done: that has to find out.
  void refuse(Requests& refused) noexcept;

  // Ends everything. Needs no memory.
  void abandon(Status status) noexcept;

  // ---- only who drives, not locked ----

  // Gives replies to those who wait for them; true when there may be more.
  bool process();

 private:
  enum class Phase { closed, opening, greeting, ready, stale };  // stale: is sent nothing new, and ends when it is idle

  bool is_up() const noexcept { return is_ready() || phase_ == Phase::stale; }
  bool is_idle() const noexcept;

  void greet(bool is_new);
  bool take_greeting(const Reply& reply);
  bool take(const Reply& reply);
  void take_broken();
  void send(Requests& requests);
  void wait_for_replica(Deadline now);
  void end_replica_wait() noexcept;
  void give_up_confirming() noexcept;
  Deadline silent_until() const;
  void close() noexcept;
  Result<void> fail(Error error);

  const Options& options_;
  Wire wire_;
  Phase phase_ = Phase::closed;
  Requests waiting_;  // for it to be ready
  Requests sent_;     // since who drives has last looked
  std::size_t in_flight_count_ = 0;
  Deadline opening_until_{};
  Deadline looked_{};  // at the clock
  Deadline opened_{};
  Deadline last_heard_{};

  Requests in_flight_;
  Requests again_;                             // to be sent once more
  Requests unconfirmed_;                       // answered by the server
  const ReplicaWait* replica_wait_ = nullptr;  // of those, when it is in flight
  Deadline replica_wait_ends_{};               // not earlier
  ReplyReader reader_;
  std::size_t greetings_ = 0;    // not answered yet
  bool has_read_ = false;        // as of receive()
  bool is_asked_ = false;        // anything, as of receive(); if not, a caller may be greeting while process() runs
  std::optional<Error> broken_;  // what process() has found
  bool was_useful_ = false;
  bool has_worked_ = false;   // or another before it
  bool was_refused_ = false;  // by the reply to a greeting
};

}  // namespace sessions::store::redis
