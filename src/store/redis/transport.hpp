// How requests reach a server, and replies come back.
#pragma once

#include <base/clock.hpp>
#include <memory>
#include <store/answer.hpp>
#include <store/redis/request.hpp>

namespace sessions::store::redis {

// Safe from many threads.
class Transport {
 public:
  enum class Lane {
    shared,      // pipelined with those of all callers
    confirming,  // on a connection of its own, since its reply may take long
  };

  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  Transport(Transport&&) = delete;
  Transport& operator=(Transport&&) = delete;
  virtual ~Transport() = default;

  virtual void submit(std::unique_ptr<Request> request, Lane lane = Lane::shared) = 0;

  // Returns when there is an answer, or the deadline has passed; meanwhile it may do the work for all who wait.
  virtual void wait_for(Awaited& awaited, Deadline deadline) = 0;

  // As Store::nudge().
  virtual void nudge() noexcept {}
};

}  // namespace sessions::store::redis
