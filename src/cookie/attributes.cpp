#include <algorithm>
#include <array>
#include <base/limits.hpp>
#include <cookie/attributes.hpp>
#include <string_view>
#include <utility>

namespace sessions::cookie {
namespace {

// A prefix of a cookie's name that makes browsers ask for attributes: RFC 6265bis 4.1.3, and for those with "Http"
// draft-ietf-httpbis-layered-cookies. All of them ask for Secure.
struct Prefix {
  std::string_view text;  // in lower case: browsers take any
  bool host;              // asks for Path=/ and no Domain
  bool http_only;
};

// The longer one first, where one begins with another.
constexpr std::array<Prefix, 4> prefixes = {
    {{"__host-http-", true, true}, {"__host-", true, false}, {"__secure-", false, false}, {"__http-", false, true}}};

// The C locale's, whatever the program has chosen: header bytes are ASCII.
constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

// RFC 9110 5.6.2.
bool is_token_byte(char c) noexcept {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_path_byte(char c) noexcept { return c >= 0x20 && c <= 0x7e && c != ';'; }

bool is_label(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_host_name(std::string_view text) noexcept {
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_label(text.substr(0, dot))) {
      return false;
    }
    text.remove_prefix(dot + 1);
  }
  return is_label(text);
}

const Prefix* prefix_of(std::string_view name) noexcept {
  const auto begins_name = [name](const Prefix& prefix) {
    return name.size() >= prefix.text.size() && std::equal(prefix.text.begin(), prefix.text.end(), name.begin(),
                                                           [](char wanted, char c) { return wanted == lower(c); });
  };
  const auto found = std::find_if(prefixes.begin(), prefixes.end(), begins_name);
  return found == prefixes.end() ? nullptr : &*found;
}

Error refusal(std::string message) { return {Status::invalid, std::move(message)}; }

// The messages below quote no text that has not been found clean before.

Result<void> check_name(const Attributes& attributes) {
  const std::string& name = attributes.name;
  if (name.empty() || name.size() > limits::cookie_name_bytes) {
    return refusal("the cookie name has " + std::to_string(name.size()) + " bytes: choose one of 1 to " +
                   std::to_string(limits::cookie_name_bytes));
  }
  if (!std::all_of(name.begin(), name.end(), is_token_byte)) {
    return refusal("the cookie name has a byte that is not allowed there: use letters, digits and !#$%&'*+-.^_`|~");
  }
  return {};
}

Result<void> check_path(const Attributes& attributes) {
  const std::string& path = attributes.path;
  if (path.size() > limits::cookie_attribute_bytes) {
    return refusal("the cookie path has " + std::to_string(path.size()) +
                   " bytes, and browsers would ignore it: choose one of at most " +
                   std::to_string(limits::cookie_attribute_bytes));
  }
  if (!path.starts_with('/')) {
    return refusal("the cookie path does not begin with \"/\", and browsers would ignore it: put one in front");
  }
  if (!std::all_of(path.begin(), path.end(), is_path_byte)) {
    return refusal(
        "the cookie path has a byte that is not allowed there: use printable ASCII without \";\", and "
        "percent-encode the rest");
  }
  return {};
}

Result<void> check_domain(const Attributes& attributes) {
  const std::string& domain = attributes.domain;
  if (domain.size() > limits::cookie_domain_bytes) {
    return refusal("the cookie domain has " + std::to_string(domain.size()) +
                   " bytes, and no host name has: choose one of at most " +
                   std::to_string(limits::cookie_domain_bytes));
  }
  if (!domain.empty() && !is_host_name(domain)) {
    return refusal(
        "the cookie domain is not a host name: use labels of 1 to 63 letters, digits and inner hyphens with a dot "
        "between them, international names in their xn-- form");
  }
  return {};
}

Result<void> check_prefix(const Attributes& attributes) {
  const Prefix* prefix = prefix_of(attributes.name);
  if (prefix == nullptr) {
    return {};
  }
  const std::string name = "the cookie name \"" + attributes.name + "\"";
  const std::string rename = "call sessions_config_set_cookie_name with a name without the prefix first";
  if (!attributes.secure) {
    return refusal(name + " needs Secure: call sessions_config_set_secure(config, 1) first, or " + rename);
  }
  if (prefix->http_only && !attributes.http_only) {
    return refusal(name + " needs HttpOnly: call sessions_config_set_http_only(config, 1) first, or " + rename);
  }
  if (prefix->host && !attributes.domain.empty()) {
    return refusal(name + " forbids a Domain: " + rename + ", or leave the Domain empty");
  }
  if (prefix->host && attributes.path != "/") {
    return refusal(name + " needs Path=/: " + rename + ", or leave the path \"/\"");
  }
  return {};
}

Result<void> check_secure(const Attributes& attributes) {
  if (attributes.secure) {
    return {};
  }
  if (attributes.same_site == SameSite::none) {
    return refusal(
        "SameSite=None needs Secure: call sessions_config_set_secure(config, 1) first, or keep SameSite=Lax");
  }
  if (attributes.partitioned) {
    return refusal(
        "Partitioned needs Secure: call sessions_config_set_secure(config, 1) first, or "
        "sessions_config_set_partitioned(config, 0)");
  }
  return {};
}

}  // namespace

Result<void> check(const Attributes& attributes) {
  for (const auto rule : {check_name, check_path, check_domain, check_prefix, check_secure}) {
    if (Result<void> result = rule(attributes); !result) {
      return result;
    }
  }
  return {};
}

}  // namespace sessions::cookie
