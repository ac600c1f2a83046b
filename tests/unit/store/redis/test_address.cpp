#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <store/redis/address.hpp>
#include <string>

#include "../../../support/catch.hpp"

using sessions::store::redis::Address;

TEST_CASE("numbers are addresses of their family, with the port as networks have it") {
  const auto v4 = Address::of_numbers("127.0.0.1", 0x1234);
  REQUIRE(v4);
  CHECK(v4->family() == AF_INET);
  CHECK(v4->size == sizeof(sockaddr_in));
  const auto* in = reinterpret_cast<const sockaddr_in*>(v4->get());
  CHECK(ntohl(in->sin_addr.s_addr) == INADDR_LOOPBACK);
  CHECK(ntohs(in->sin_port) == 0x1234);

  const auto v6 = Address::of_numbers("::1", 0x1234);
  REQUIRE(v6);
  CHECK(v6->family() == AF_INET6);
  CHECK(v6->size == sizeof(sockaddr_in6));
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(v6->get());
  CHECK(IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
  CHECK(ntohs(in6->sin6_port) == 0x1234);
}

TEST_CASE("what is not all numbers is a name") {
  for (const char* name : {"", "localhost", "127.0.0.1 ", "127.1", "256.0.0.1", "[::1]", ":::1", "::1%lo"}) {
    CHECK_FALSE(Address::of_numbers(name, 1));
  }
}

TEST_CASE("the path of a unix socket leaves room for its end") {
  constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
  const std::string longest(most, 'p');
  const auto address = Address::of_path(longest);
  REQUIRE(address);
  CHECK(address->family() == AF_UNIX);
  CHECK(reinterpret_cast<const sockaddr_un*>(address->get())->sun_path == longest);
  CHECK_FALSE(Address::of_path(longest + "p"));
}
