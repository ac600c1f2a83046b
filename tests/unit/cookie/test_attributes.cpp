#include <algorithm>
#include <cookie/attributes.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions;
using namespace sessions::cookie;

namespace {

Attributes named(std::string name) {
  Attributes attributes;
  attributes.name = std::move(name);
  return attributes;
}

Attributes with_path(std::string path) {
  Attributes attributes = named("s");
  attributes.path = std::move(path);
  return attributes;
}

Attributes with_domain(std::string domain) {
  Attributes attributes = named("s");
  attributes.domain = std::move(domain);
  return attributes;
}

// "" when nothing is wrong. Every message is one clean line about an invalid argument.
std::string message(const Attributes& attributes) {
  const Result<void> result = check(attributes);
  if (result) {
    return "";
  }
  CHECK(result.error().status == Status::invalid);
  const std::string& text = result.error().message;
  CHECK(!text.empty());
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; }));
  return text;
}

std::string labels(std::size_t size, std::size_t label) {
  std::string text(size, 'a');
  for (std::size_t i = label; i < size; i += label + 1) {
    text[i] = '.';
  }
  return text;
}

}  // namespace

TEST_CASE("cookie attributes: the defaults are fine", "[cookie]") { CHECK(message({}).empty()); }

TEST_CASE("cookie attributes: the name is a token", "[cookie]") {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_allowed = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            marks.find(c) != std::string_view::npos;
    CAPTURE(byte);
    CHECK(message(named(std::string("s") + c)).empty() == is_allowed);
    CHECK(message(named(std::string(1, c) + "s")).empty() == is_allowed);
  }
  CHECK(message(named(std::string(1, 'x'))).empty());
  CHECK(message(named(std::string(256, 'x'))).empty());
  CHECK(message(named("")) == "the cookie name has 0 bytes: choose one of 1 to 256");
  CHECK(message(named(std::string(257, 'x'))) == "the cookie name has 257 bytes: choose one of 1 to 256");
  CHECK(message(named("a=b")) ==
        "the cookie name has a byte that is not allowed there: use letters, digits and !#$%&'*+-.^_`|~");
}

TEST_CASE("cookie attributes: the path", "[cookie]") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const bool is_allowed = byte >= 0x20 && byte <= 0x7e && byte != ';';
    CHECK(message(with_path(std::string("/") + static_cast<char>(byte) + "x")).empty() == is_allowed);
  }
  CHECK(message(with_path("/app/a%20b")).empty());
  CHECK(message(with_path("/" + std::string(1023, 'x'))).empty());
  CHECK(message(with_path("/" + std::string(1024, 'x'))) ==
        "the cookie path has 1025 bytes, and browsers would ignore it: choose one of at most 1024");
  const std::string no_slash =
      "the cookie path does not begin with \"/\", and browsers would ignore it: put one in front";
  CHECK(message(with_path("")) == no_slash);
  CHECK(message(with_path("app")) == no_slash);
  CHECK(message(with_path(" /")) == no_slash);
  CHECK(
      message(with_path("/; Domain=evil.example")) ==
      "the cookie path has a byte that is not allowed there: use printable ASCII without \";\", and percent-encode the "
      "rest");
}

TEST_CASE("cookie attributes: the domain", "[cookie]") {
  const std::vector<std::string> good = {"",
                                         "example.com",
                                         "EXAMPLE.com",
                                         "a.b.c.d",
                                         "localhost",
                                         "xn--bcher-kva.example",
                                         "1.2.3.4",
                                         "a-b.example",
                                         "a--b.example",
                                         std::string(63, 'a') + ".example",
                                         labels(253, 63)};
  for (const std::string& domain : good) {
    CAPTURE(domain);
    CHECK(message(with_domain(domain)).empty());
  }
  const std::vector<std::string> bad = {
      ".",          ".example.com", "example.com.",       "a..b",
      "-a.example", "a-.example",   "a.-example",         "a.example-",
      "-",          "a_b.example",  "example.com:8080",   "[::1]",
      "a b",        "*.example",    "b\xc3\xbc.example",  std::string(64, 'a') + ".example",
      "a;b",        "a\r\nb",       std::string(1, '\0'), "http://example.com"};
  for (const std::string& domain : bad) {
    CAPTURE(domain);
    CHECK(message(with_domain(domain)) ==
          "the cookie domain is not a host name: use labels of 1 to 63 letters, digits and inner hyphens with a dot "
          "between them, international names in their xn-- form");
  }
  CHECK(message(with_domain(labels(254, 63))) ==
        "the cookie domain has 254 bytes, and no host name has: choose one of at most 253");
}

TEST_CASE("cookie attributes: what a prefix of the name asks for", "[cookie]") {
  struct Example {
    std::string name;
    bool needs_secure;
    bool needs_http_only;
    bool needs_host;
  };
  const std::vector<Example> examples = {
      {"session", false, false, false},    {"__Host-s", true, false, true},     {"__HOST-s", true, false, true},
      {"__host-s", true, false, true},     {"__Host-", true, false, true},      {"__Secure-s", true, false, false},
      {"__sEcUrE-s", true, false, false},  {"__Http-s", true, true, false},     {"__HTTP-s", true, true, false},
      {"__Host-Http-s", true, true, true}, {"__hOST-hTTP-s", true, true, true}, {"__Host-Https", true, false, true},
      {"__Hosts", false, false, false},    {"__Secure", false, false, false},   {"_Host-s", false, false, false},
      {"x__Host-s", false, false, false},  {"__Https-s", false, false, false},  {"Host-s", false, false, false},
  };
  for (const Example& example : examples) {
    CAPTURE(example.name);
    const Attributes good = named(example.name);
    CHECK(message(good).empty());

    const std::string quoted = "the cookie name \"" + example.name + "\"";
    const auto is_refused = [&](const std::function<void(Attributes&)>& change, const std::string& reason) {
      Attributes attributes = good;
      change(attributes);
      const std::string text = message(attributes);
      CAPTURE(text);
      CHECK((text.empty() || text.starts_with(quoted + reason)));
      CHECK((text.empty() || text.find("sessions_config_set_cookie_name") != std::string::npos));
      return !text.empty();
    };
    CHECK(is_refused([](Attributes& a) { a.secure = false; }, " needs Secure: ") == example.needs_secure);
    CHECK(is_refused([](Attributes& a) { a.http_only = false; }, " needs HttpOnly: ") == example.needs_http_only);
    CHECK(is_refused([](Attributes& a) { a.path = "/app"; }, " needs Path=/: ") == example.needs_host);
    CHECK(is_refused([](Attributes& a) { a.domain = "a.example"; }, " forbids a Domain: ") == example.needs_host);
  }
}

TEST_CASE("cookie attributes: SameSite=None and Partitioned need Secure", "[cookie]") {
  Attributes attributes = named("s");
  attributes.secure = false;
  CHECK(message(attributes).empty());
  attributes.same_site = SameSite::strict;
  CHECK(message(attributes).empty());
  attributes.same_site = SameSite::none;
  CHECK(message(attributes) ==
        "SameSite=None needs Secure: call sessions_config_set_secure(config, 1) first, or keep SameSite=Lax");
  attributes.same_site = SameSite::lax;
  attributes.partitioned = true;
  CHECK(message(attributes) ==
        "Partitioned needs Secure: call sessions_config_set_secure(config, 1) first, or "
        "sessions_config_set_partitioned(config, 0)");
  attributes.same_site = SameSite::none;
  attributes.secure = true;
  CHECK(message(attributes).empty());
}
