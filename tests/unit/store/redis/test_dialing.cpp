#include <netinet/in.h>
#include <poll.h>

#include <chrono>
#include <store/redis/dialing.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/redis_server.hpp"
#include "../../../support/unix_socket.hpp"

using namespace sessions;
using namespace sessions::store::redis;
using std::chrono::milliseconds;

namespace {

constexpr Deadline start = Deadline() + std::chrono::hours(1);
constexpr Deadline until = start + milliseconds(900);

Address loopback(int number, int port) {
  return *Address::of_numbers("127.0.0." + std::to_string(number), static_cast<std::uint16_t>(port));
}

// Who listens at one of the addresses of this machine.
class Listener {
 public:
  explicit Listener(int number) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Address address = loopback(number, 0);
    REQUIRE(::bind(*socket_, address.get(), address.size) == 0);
    REQUIRE(::listen(*socket_, 1) == 0);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(*socket_, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    port_ = ntohs(bound.sin_port);
  }

  int port() const noexcept { return port_; }

  bool has_caller() const {
    pollfd caller{*socket_, POLLIN, 0};
    return ::poll(&caller, 1, 60'000) == 1;
  }

 private:
  testing::Descriptor socket_;
  int port_ = 0;
};

void await_decision(const Dialing& dialing) {
  pollfd socket{dialing.descriptor(), POLLOUT, 0};
  REQUIRE(::poll(&socket, 1, 60'000) == 1);
}

}  // namespace

TEST_CASE("an address that does not answer is left for the next one when its share of the time is over") {
  const Listener silent(1);
  const Listener further(2);
  const Listener good(3);
  Dialing dialing({loopback(1, silent.port()), loopback(2, further.port()), loopback(3, good.port())}, until);
  CHECK_FALSE(*dialing.go_on(false, start));
  CHECK(dialing.next_time(until) == start + milliseconds(300));
  const int first = dialing.descriptor();
  CHECK_FALSE(*dialing.go_on(false, start + milliseconds(299)));
  CHECK(dialing.descriptor() == first);
  CHECK_FALSE(*dialing.go_on(false, start + milliseconds(300)));
  CHECK(further.has_caller());
  CHECK(dialing.next_time(until) == start + milliseconds(600));
  CHECK_FALSE(*dialing.go_on(false, start + milliseconds(600)));
  CHECK(good.has_caller());
  CHECK(dialing.next_time(until) == until);
  CHECK_FALSE(*dialing.go_on(false, start + milliseconds(899)));
  await_decision(dialing);
  CHECK(*dialing.go_on(true, start + milliseconds(899)));
}

TEST_CASE("an address that refuses is left for the next one at once") {
  const Listener good(2);
  Dialing dialing({loopback(1, testing::free_port()), loopback(2, good.port())}, until);
  Result<bool> gone_on = dialing.go_on(false, start);
  while (gone_on && !*gone_on) {
    await_decision(dialing);
    gone_on = dialing.go_on(true, start);
  }
  REQUIRE(gone_on);
  CHECK(good.has_caller());
}

TEST_CASE("when no address is of use, the last one says why") {
  Dialing dialing({loopback(1, testing::free_port()), loopback(2, testing::free_port())}, until);
  Result<bool> gone_on = dialing.go_on(false, start);
  while (gone_on) {
    REQUIRE_FALSE(*gone_on);
    await_decision(dialing);
    gone_on = dialing.go_on(true, start);
  }
  CHECK(gone_on.error().status == Status::unavailable);
  CHECK(gone_on.error().message.find("refused") != std::string::npos);
}
