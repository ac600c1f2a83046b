// The Set-Cookie lines of one configured cookie: RFC 6265bis 4.1.
#pragma once

#include <cookie/attributes.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sessions::cookie {

class SetCookieLines {
 public:
  // The attributes have passed check(). max_age in seconds, clamped to limits::max_age_seconds; none for a cookie that
  // lasts until the browser is closed.
  SetCookieLines(const Attributes& attributes, std::optional<std::int64_t> max_age);

  // The line that sets the cookie is these two with the value between them: NAME=VALUE, then Max-Age, Domain, Path,
  // Secure, HttpOnly, SameSite, Partitioned as they apply. The value holds only cookie-octets; the caller sees to the
  // length.
  const std::string& before_value() const noexcept { return before_value_; }
  const std::string& after_value() const noexcept { return after_value_; }

  // The line that deletes it: an empty value, Max-Age=0, and the same attributes otherwise.
  const std::string& remove() const noexcept { return remove_; }

 private:
  std::string before_value_;
  std::string after_value_;
  std::string remove_;
};

}  // namespace sessions::cookie
