// Names to addresses, by c-ares: it waits for nothing by itself, so that no name server can hold a call up.
#pragma once

#include <poll.h>

#include <base/clock.hpp>
#include <base/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <store/redis/address.hpp>
#include <string>
#include <vector>

struct ares_channeldata;

namespace sessions::store::redis {

// One look-up. It ends with the object, whatever its state.
class Resolver {
 public:
  // Begins. Numbers are known at once, and so is what the system's hosts file has. Of the time allowed, a quarter is
  // left, whichever name server is silent. Those of the system are asked, unless a test names others.
  Resolver(const std::string& host, std::uint16_t port, Deadline::duration allowed, const char* servers = nullptr);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  Resolver(Resolver&&) = delete;
  Resolver& operator=(Resolver&&) = delete;
  ~Resolver() = default;

  // Never empty; none as long as it is not known.
  const std::optional<Result<std::vector<Address>>>& result() const noexcept { return result_; }

  // What to poll for, and until when at the latest.
  void list(std::vector<pollfd>& descriptors) const;
  Deadline next_time(Deadline now) const;

  // To be called after polling, whether anything has come or not.
  void go_on();

 private:
  struct Destroy {
    void operator()(ares_channeldata* channel) const noexcept;
  };

  std::optional<Result<std::vector<Address>>> result_;
  std::unique_ptr<ares_channeldata, Destroy> channel_;  // destroyed first: it calls back
};

}  // namespace sessions::store::redis
