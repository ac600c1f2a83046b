#include <array>
#include <cookie/header.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../../support/catch.hpp"

using namespace std::string_view_literals;
using sessions::cookie::find_values;

namespace {

using Values = std::vector<std::string>;

Values values_of(std::string_view header, std::string_view name) {
  std::array<std::string_view, 16> found;
  const std::size_t count = find_values(header, name, found);
  REQUIRE(count <= found.size());
  return Values(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
}

struct Example {
  std::string_view header;
  std::string_view name;
  Values values;
};

void check_all(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    CAPTURE(example.header, example.name);
    CHECK(values_of(example.header, example.name) == example.values);
  }
}

}  // namespace

TEST_CASE("cookie header: what all servers agree on", "[cookie]") {
  check_all({
      {"", "a", {}},
      {"a=b", "a", {"b"}},
      {"a=b", "b", {}},
      {"a=b; c=d", "a", {"b"}},
      {"a=b; c=d", "c", {"d"}},
      {"a=b;c=d", "c", {"d"}},
      {"a=", "a", {""}},
      {"a=; b=1", "a", {""}},
      {"a=b=c", "a", {"b=c"}},
      {"a=b==", "a", {"b=="}},
      {"A=1; a=2", "A", {"1"}},
      {"A=1; a=2", "a", {"2"}},
      {"a=%zz", "a", {"%zz"}},
      {"a=b,c=d", "a", {"b,c=d"}},
      {"a=b,c=d", "c", {}},
      {"a=b, c=d", "a", {"b, c=d"}},
      {";;; a=b", "a", {"b"}},
      {"a=b;", "a", {"b"}},
      {"a=b; ; c=d", "c", {"d"}},
      {"$Version=1; a=b; $Path=/", "a", {"b"}},
      {"$Version=1; a=b; $Path=/", "$Path", {"/"}},
      {"a=(b)", "a", {"(b)"}},
      {"a=b'c", "a", {"b'c"}},
      {"__Host-s=1; __Secure-s=2", "__Host-s", {"1"}},
      {"__Host-s=1; __Secure-s=2", "s", {}},
      {"session=eyJhIjoxfQ==.ZVPxAA.x-y_z", "session", {"eyJhIjoxfQ==.ZVPxAA.x-y_z"}},
  });
}

TEST_CASE("cookie header: the name is the whole name", "[cookie]") {
  check_all({
      {"xsession=1; session=2", "session", {"2"}},
      {"session2=1; session=2", "session", {"2"}},
      {"session2=1", "session", {}},
      {"session-=1; -session=2", "session", {}},
      {"x=session=evil", "session", {}},
      {"x=1 session=evil", "session", {}},
      {"x=1, session=evil", "session", {}},
      {"session x=1", "session", {}},
      {"x session=1", "session", {}},
      {"SESSION=1", "session", {}},
      {" session =x", "session", {"x"}},
      {"\tsession\t=\tx\t;", "session", {"x"}},
      {"session = x y ; a=b", "session", {"x y"}},
      {"session= \t ", "session", {""}},
  });
}

TEST_CASE("cookie header: what has no name, or no equals sign, is skipped", "[cookie]") {
  check_all({
      {"session", "session", {}},
      {"session; session=1", "session", {"1"}},
      {"=session=x", "session", {}},
      {"=session", "session", {}},
      {" =session", "session", {}},
      {"=v; a=1", "a", {"1"}},
      {"=v", "", {}},
      {" = v", "", {}},
      {"v", "", {}},
      {"=", "=", {}},
      {"; ;\t;", "", {}},
  });
}

TEST_CASE("cookie header: quotes do not hold pairs together", "[cookie]") {
  check_all({
      {R"(a="x; session=evil"; session=good)", "session", {"evil\"", "good"}},
      {R"(a="x; session=evil"; session=good)", "a", {"\"x"}},
      {R"(session="x")", "session", {R"("x")"}},
      {R"("session"=x)", "session", {}},
      {R"(a=\; session=x)", "session", {"x"}},
  });
}

TEST_CASE("cookie header: control characters and other bytes are bytes", "[cookie]") {
  check_all({
      {"session=a\r\nb"sv, "session", {"a\r\nb"}},
      {"\nsession=a"sv, "session", {}},
      {"a=1;\r\n session=2"sv, "session", {}},
      {"session\0=1; session=2"sv, "session", {"2"}},
      {"session=a\0b; c=d"sv, "session", {std::string("a\0b", 3)}},
      {"session=\xff\xfe; \xe4=1"sv, "\xe4", {"1"}},
      {"session=\xa0x\xa0"sv, "session", {"\xa0x\xa0"}},
      {"session=\vx\f"sv, "session", {"\vx\f"}},
  });
}

TEST_CASE("cookie header: all of one name, in order, as many as asked for", "[cookie]") {
  const std::string_view header = "s=1; t=2; s=; s=3;s=1";
  CHECK(values_of(header, "s") == Values{"1", "", "3", "1"});

  std::array<std::string_view, 3> two{"", "", "untouched"};
  CHECK(find_values(header, "s", std::span(two).first(2)) == 4);
  CHECK(two[0] == "1");
  CHECK(two[1].empty());
  CHECK(two[2] == "untouched");
  CHECK(find_values(header, "s", {}) == 4);
}

TEST_CASE("cookie header: values are views of the header", "[cookie]") {
  const std::string header = "a=1; session=value; b=2";
  std::array<std::string_view, 1> found;
  REQUIRE(find_values(header, "session", found) == 1);
  CHECK(found[0].data() == header.data() + header.find("value"));
}

TEST_CASE("cookie header: very long ones", "[cookie]") {
  CHECK(values_of(std::string(65536, ';'), "session").empty());
  CHECK(values_of(std::string(65536, ';') + "session=1", "session") == Values{"1"});
  CHECK(values_of(std::string(65536, '='), "session").empty());
  CHECK(values_of(std::string(65536, ' ') + "session=1" + std::string(65536, ' '), "session") == Values{"1"});
  CHECK(values_of("session=" + std::string(65536, 'x'), "session") == Values{std::string(65536, 'x')});

  std::string tiny;
  for (int i = 0; i < 10000; ++i) {
    tiny += "k" + std::to_string(i) + "=" + std::to_string(i) + "; ";
  }
  CHECK(values_of(tiny, "k0") == Values{"0"});
  CHECK(values_of(tiny, "k9999") == Values{"9999"});
  CHECK(values_of(tiny, "k10000").empty());

  std::string same;
  for (int i = 0; i < 10000; ++i) {
    same += "s=" + std::to_string(i) + ";";
  }
  std::array<std::string_view, 8> found;
  CHECK(find_values(same, "s", found) == 10000);
  CHECK(found[7] == "7");
}

TEST_CASE("cookie header: random ones give no value that could hold a second pair", "[cookie]") {
  constexpr std::uint32_t seed = 6265;
  CAPTURE(seed);
  std::mt19937 random(seed);
  constexpr std::string_view bytes = "ss==;;  \t\"a\r\n";
  int found_any = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string header(random() % 24, '\0');
    for (char& c : header) {
      c = bytes[random() % bytes.size()];
    }
    CAPTURE(round, header);
    for (const std::string& value : values_of(header, "s")) {
      ++found_any;
      REQUIRE(value.find(';') == std::string::npos);
      REQUIRE((value.empty() || (value.front() != ' ' && value.front() != '\t')));
      REQUIRE((value.empty() || (value.back() != ' ' && value.back() != '\t')));
    }
  }
  CHECK(found_any > 1000);
}
