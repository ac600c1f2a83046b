#include <algorithm>
#include <base/limits.hpp>
#include <cookie/set_cookie.hpp>

namespace sessions::cookie {
namespace {

std::string_view spelling(SameSite same_site) noexcept {
  switch (same_site) {
    case SameSite::strict:
      return "Strict";
    case SameSite::none:
      return "None";
    case SameSite::lax:
      break;
  }
  return "Lax";
}

std::string max_age_text(std::int64_t seconds) {
  return "; Max-Age=" + std::to_string(std::clamp<std::int64_t>(seconds, 0, limits::max_age_seconds));
}

// Everything behind Max-Age.
std::string fixed_text(const Attributes& attributes) {
  std::string text;
  if (!attributes.domain.empty()) {
    text.append("; Domain=").append(attributes.domain);
  }
  text.append("; Path=").append(attributes.path);
  if (attributes.secure) {
    text.append("; Secure");
  }
  if (attributes.http_only) {
    text.append("; HttpOnly");
  }
  text.append("; SameSite=").append(spelling(attributes.same_site));
  if (attributes.partitioned) {
    text.append("; Partitioned");
  }
  return text;
}

}  // namespace

SetCookieLines::SetCookieLines(const Attributes& attributes, std::optional<std::int64_t> max_age)
    : before_value_(attributes.name + "="),
      after_value_((max_age ? max_age_text(*max_age) : std::string()) + fixed_text(attributes)),
      remove_(before_value_ + max_age_text(0) + fixed_text(attributes)) {}

}  // namespace sessions::cookie
