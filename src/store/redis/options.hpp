// How a Redis server is reached: what a URL says.
#pragma once

#include <chrono>
#include <crypto/tls.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sessions::store::redis {

struct Options {
  std::string host;  // a name or an address; empty when there is a path
  std::uint16_t port = 6379;
  std::string path;  // of a unix socket
  std::string user;
  std::string password;
  std::int64_t database = 0;
  bool tls = false;
  crypto::TlsFiles tls_files;
  std::string server_name;  // that TLS expects; empty: the host
  std::string prefix = "session:";
  std::chrono::milliseconds connect_timeout{1'000};  // until a connection has been greeted
  std::size_t connections = 1;
  std::chrono::milliseconds wait_for_replica{0};  // 0: not at all
};

}  // namespace sessions::store::redis
