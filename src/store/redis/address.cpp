#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <store/redis/address.hpp>

namespace sessions::store::redis {

namespace {

template <class Name>
Address address_of(const Name& name) noexcept {
  static_assert(sizeof(Name) <= sizeof(sockaddr_storage));
  Address address;
  std::memcpy(&address.storage, &name, sizeof name);
  address.size = sizeof name;
  return address;
}

}  // namespace

std::optional<Address> Address::of_numbers(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return address_of(v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return address_of(v6);
  }
  return std::nullopt;
}

std::optional<Address> Address::of_path(const std::string& path) {
  sockaddr_un name{};
  if (path.size() >= sizeof name.sun_path) {
    return std::nullopt;
  }
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  return address_of(name);
}

}  // namespace sessions::store::redis
