// The attributes of the session cookie, and which of them a browser would refuse or ignore.
#pragma once

#include <base/result.hpp>
#include <string>

namespace sessions::cookie {

enum class SameSite { lax = 1, strict = 2, none = 3 };

struct Attributes {
  std::string name = "__Host-session";
  std::string path = "/";
  std::string domain;  // empty: the host that sets the cookie only
  SameSite same_site = SameSite::lax;
  bool secure = true;
  bool http_only = true;
  bool partitioned = false;
};

// Refuses what browsers drop (RFC 6265bis 5.6, 5.7), what would break out of the header, and contradictions. The
// message names the attribute, the reason and the way out.
Result<void> check(const Attributes& attributes);

}  // namespace sessions::cookie
