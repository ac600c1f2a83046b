// The Set-Cookie lines of one configured cookie: RFC 6265bis 4.1.
#pragma once

#include <cookie/attributes.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sessions::cookie {

class LineWriter {
 public:
  // The attributes have passed check(). max_age in seconds, clamped to limits::max_age_seconds; none for a cookie that
  // lasts until the browser is closed.
  LineWriter(const Attributes& attributes, std::optional<std::int64_t> max_age);

  // The line that sets the cookie: NAME=VALUE, then Max-Age, Domain, Path, Secure, HttpOnly, SameSite, Partitioned as
  // they apply. The value holds only cookie-octets; the caller sees to the length.
  std::string set(std::string_view value) const;

  // How long set() would be for a value of that many bytes.
  std::size_t set_size(std::size_t value_size) const noexcept;

  // The line that deletes it: an empty value, Max-Age=0, and the same attributes otherwise.
  const std::string& remove() const noexcept;

 private:
  std::string before_value_;
  std::string after_value_;
  std::string remove_;
};

}  // namespace sessions::cookie
