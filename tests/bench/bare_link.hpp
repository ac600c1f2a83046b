// A connection to Redis for bare programs: blocking, without deadlines, and made once.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace bench {

struct RedisAddress {
  std::string transport;  // tcp, unix or tls
  std::string place;      // the port of 127.0.0.1, or the path
  std::string ca_file;    // for tls
};

// One thread may send while another one receives. Everything throws std::runtime_error.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  Link(Link&&) = delete;
  Link& operator=(Link&&) = delete;
  virtual ~Link() = default;

  virtual void send(std::string_view bytes) = 0;
  virtual std::size_t receive(std::span<char> room) = 0;
};

std::unique_ptr<Link> connect(const RedisAddress& address);

}  // namespace bench
