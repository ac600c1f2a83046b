// TCP on 127.0.0.1 for servers and clients that live in a test, at ports that the system chooses.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cstdint>

#include "unix_socket.hpp"

namespace sessions::testing {

inline sockaddr_in loopback_address(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline Descriptor listen_on_loopback() {
  Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback_address(0);
  if (bind(*listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(*listener, 64) != 0) {
    throw std::runtime_error(std::strerror(errno));
  }
  return listener;
}

inline std::uint16_t port_of(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(*listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error(std::strerror(errno));
  }
  return ntohs(address.sin_port);
}

inline void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// When it is closed, the other end sees a reset, and nothing of it stays behind.
inline void reset_at_end(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

inline Descriptor connect_to_port(int port) {
  Descriptor connected(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback_address(port);
  if (connect(*connected, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::strerror(errno));
  }
  send_at_once(*connected);
  fcntl(*connected, F_SETFL, O_NONBLOCK);
  return connected;
}

}  // namespace sessions::testing
