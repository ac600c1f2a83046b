#include <algorithm>
#include <cookie/set_cookie.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "../../support/catch.hpp"

using namespace sessions::cookie;

namespace {

Attributes everything() {
  return {.name = "s",
          .path = "/app",
          .domain = "example.com",
          .same_site = SameSite::none,
          .secure = true,
          .http_only = true,
          .partitioned = true};
}

Attributes nothing() {
  Attributes attributes;
  attributes.name = "s";
  attributes.secure = false;
  attributes.http_only = false;
  return attributes;
}

std::string set(const SetCookieLines& lines, const std::string& value) {
  return lines.before_value() + value + lines.after_value();
}

}  // namespace

TEST_CASE("Set-Cookie: the lines", "[cookie]") {
  struct Example {
    Attributes attributes;
    std::optional<std::int64_t> max_age;
    std::string_view set;
    std::string_view remove;
  };
  Attributes strict = nothing();
  strict.same_site = SameSite::strict;
  const Example examples[] = {
      {{},
       1209600,
       "__Host-session=v; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax",
       "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"},
      {{},
       std::nullopt,
       "__Host-session=v; Path=/; Secure; HttpOnly; SameSite=Lax",
       "__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"},
      {everything(), 60, "s=v; Max-Age=60; Domain=example.com; Path=/app; Secure; HttpOnly; SameSite=None; Partitioned",
       "s=; Max-Age=0; Domain=example.com; Path=/app; Secure; HttpOnly; SameSite=None; Partitioned"},
      {nothing(), std::nullopt, "s=v; Path=/; SameSite=Lax", "s=; Max-Age=0; Path=/; SameSite=Lax"},
      {strict, std::nullopt, "s=v; Path=/; SameSite=Strict", "s=; Max-Age=0; Path=/; SameSite=Strict"},
  };
  for (const Example& example : examples) {
    const SetCookieLines lines(example.attributes, example.max_age);
    CHECK(set(lines, "v") == example.set);
    CHECK(lines.remove() == example.remove);
  }
}

TEST_CASE("Set-Cookie: Max-Age stays within what browsers take", "[cookie]") {
  const auto line = [](std::int64_t max_age) { return set(SetCookieLines(nothing(), max_age), "v"); };
  CHECK(line(1) == "s=v; Max-Age=1; Path=/; SameSite=Lax");
  CHECK(line(34560000) == "s=v; Max-Age=34560000; Path=/; SameSite=Lax");
  CHECK(line(34560001) == "s=v; Max-Age=34560000; Path=/; SameSite=Lax");
  CHECK(line(std::numeric_limits<std::int64_t>::max()) == "s=v; Max-Age=34560000; Path=/; SameSite=Lax");
  CHECK(line(0) == "s=v; Max-Age=0; Path=/; SameSite=Lax");
  CHECK(line(-1) == "s=v; Max-Age=0; Path=/; SameSite=Lax");
  CHECK(line(std::numeric_limits<std::int64_t>::min()) == "s=v; Max-Age=0; Path=/; SameSite=Lax");
}

TEST_CASE("Set-Cookie: no attribute that check() accepts breaks out of the line", "[cookie]") {
  constexpr std::uint32_t seed = 4113;
  CAPTURE(seed);
  std::mt19937 random(seed);
  // Mostly bytes that belong there, so that some attributes pass, and any other now and then.
  const auto text = [&random](std::string_view usual, std::size_t longest) {
    std::string made(random() % longest, '\0');
    std::generate(made.begin(), made.end(), [&] {
      return random() % 16 == 0 ? static_cast<char>(random() & 0xff) : usual[random() % usual.size()];
    });
    return made;
  };
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 50000; ++round) {
    Attributes attributes;
    attributes.name = random() % 4 == 0 ? "__Host-" : "";
    attributes.name += text("abcXYZ019!#$%&'*+-.^_`|~", 12);
    attributes.path = random() % 8 == 0 ? "" : "/";
    attributes.path += text("abc/=, \"", 12);
    attributes.domain = random() % 2 == 0 ? "" : text("abcdefgh0.-", 12);
    attributes.same_site = static_cast<SameSite>(1 + random() % 3);
    attributes.secure = random() % 2 == 0;
    attributes.http_only = random() % 2 == 0;
    attributes.partitioned = random() % 4 == 0;
    if (!check(attributes)) {
      ++refused;
      continue;
    }
    ++accepted;
    const bool has_max_age = random() % 2 == 0;
    const SetCookieLines lines(attributes, has_max_age ? std::optional<std::int64_t>(60) : std::nullopt);
    const std::string line_that_sets = set(lines, "value");
    CAPTURE(round, line_that_sets);
    const auto always =
        2 + (attributes.domain.empty() ? 0 : 1) + attributes.secure + attributes.http_only + attributes.partitioned;
    REQUIRE(std::count(line_that_sets.begin(), line_that_sets.end(), ';') == always + has_max_age);
    REQUIRE(std::count(lines.remove().begin(), lines.remove().end(), ';') == always + 1);
    for (const std::string& line : {line_that_sets, lines.remove()}) {
      REQUIRE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c <= 0x7e; }));
      REQUIRE(line.find('=') == attributes.name.size());
    }
  }
  CHECK(accepted > 1000);
  CHECK(refused > 1000);
}
