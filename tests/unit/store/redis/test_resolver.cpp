#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <store/redis/resolver.hpp>
#include <string>
#include <vector>

#include "../../../support/catch.hpp"
#include "../../../support/unix_socket.hpp"

using namespace sessions;
using namespace sessions::store::redis;

namespace {

// A name server. Every name has the same address, as far as it says anything.
class NameServer {
 public:
  bool answers_ipv4 = true;
  bool answers_ipv6 = true;
  int asked = 0;

  NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(*socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(*socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

  const std::string& address() const noexcept { return address_; }
  int descriptor() const noexcept { return *socket_; }

  // RFC 1035 4.1: a header of 12 bytes, the question, and an answer that points to its name.
  void serve() {
    std::array<char, 512> room{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(*socket_, room.data(), room.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 12) {
      return;
    }
    ++asked;
    std::string reply(room.data(), 12);
    std::size_t end = 12;
    while (room.at(end) != 0) {
      end += static_cast<std::size_t>(room.at(end)) + 1;
    }
    const bool is_ipv4 = room.at(end + 2) == 1;
    if (!(is_ipv4 ? answers_ipv4 : answers_ipv6)) {
      return;
    }
    reply += std::string(room.data() + 12, end + 5 - 12);
    reply[2] = '\x81';
    reply[3] = '\x80';
    reply[7] = is_ipv4 ? '\1' : '\0';
    reply[11] = '\0';
    if (is_ipv4) {
      reply += std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1", 16);
    }
    ::sendto(*socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }

 private:
  const testing::Descriptor socket_;
  std::string address_;
};

// Whether it is found by one of these servers, of which any number may be silent.
bool is_found(const std::vector<NameServer*>& servers, std::chrono::milliseconds allowed) {
  std::string addresses;
  for (const NameServer* server : servers) {
    addresses += (addresses.empty() ? "" : ",") + server->address();
  }
  const Deadline until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  Resolver resolver("redis.example.com", 6379, allowed, addresses.c_str());
  while (!resolver.result() && std::chrono::steady_clock::now() < until) {
    std::vector<pollfd> descriptors;
    for (const NameServer* server : servers) {
      descriptors.push_back({server->descriptor(), POLLIN, 0});
    }
    resolver.list(descriptors);
    const Deadline now = std::chrono::steady_clock::now();
    CHECK(resolver.next_time(now) - now <= allowed / 2);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(resolver.next_time(now) - now);
    ::poll(descriptors.data(), descriptors.size(), static_cast<int>(left.count()));
    for (NameServer* server : servers) {
      server->serve();
    }
    resolver.go_on();
  }
  REQUIRE(resolver.result());
  return *resolver.result() && (*resolver.result())->size() == 1;
}

}  // namespace

TEST_CASE("a name is found although a name server is silent, or says nothing of one family") {
  NameServer silent;
  silent.answers_ipv4 = false;
  silent.answers_ipv6 = false;
  NameServer half;
  half.answers_ipv6 = false;
  NameServer good;
  constexpr std::chrono::milliseconds allowed{400};
  CHECK(is_found({&good}, allowed));
  CHECK(is_found({&silent, &good}, allowed));
  CHECK(is_found({&silent, &silent, &good}, allowed));
  CHECK(is_found({&half}, allowed));
  CHECK_FALSE(is_found({&silent}, allowed));
  CHECK(silent.asked > 0);
}

TEST_CASE("each name server is asked twice at the most for a family") {
  NameServer silent;
  silent.answers_ipv4 = false;
  silent.answers_ipv6 = false;
  CHECK_FALSE(is_found({&silent}, std::chrono::milliseconds(40)));
  CHECK(silent.asked == 4);
}
