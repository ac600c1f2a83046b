// Where a server listens, as the system takes it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sessions::store::redis {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const noexcept { return storage.ss_family; }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }

  // None when the host is no IPv4 or IPv6 address, but a name.
  static std::optional<Address> of_numbers(const std::string& host, std::uint16_t port);

  // None when the path is too long for a unix socket.
  static std::optional<Address> of_path(const std::string& path);
};

}  // namespace sessions::store::redis
