#include <manager/url.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions;
using manager::Url;

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

template <class T>
void refuses(const Result<T>& result, std::string_view word) {
  REQUIRE_FALSE(result);
  CAPTURE(result.error().message);
  CHECK(result.error().status == Status::invalid);
  CHECK(result.error().message.find(word) != std::string::npos);
  CHECK(result.error().message.find("hunter2") == std::string::npos);
}

void refuses_text(std::string_view text, std::string_view word) {
  CAPTURE(text);
  refuses(manager::parse_url(text), word);
}

}  // namespace

TEST_CASE("a URL is a scheme, what follows it, and parameters in their order") {
  const auto url = manager::parse_url("redis+unix://u:hunter2@/run/s?db=3&prefix=a=b&empty=");
  REQUIRE(url);
  CHECK(url->scheme == "redis+unix");
  CHECK(url->rest == "//u:hunter2@/run/s");
  CHECK(url->parameters == Parameters{{"db", "3"}, {"prefix", "a=b"}, {"empty", ""}});
  const auto bare = manager::parse_url("memory:");
  REQUIRE(bare);
  CHECK(bare->scheme == "memory");
  CHECK(bare->rest.empty());
  CHECK(bare->parameters.empty());
}

TEST_CASE("a scheme is in lower case, and begins the URL") {
  refuses_text("", "scheme");
  refuses_text("memory", "scheme");
  refuses_text(":memory", "scheme");
  refuses_text("MEMORY:", "lower case");
  refuses_text("mem\nory:", "scheme");
  refuses_text(std::string(65, 'a') + ":", "scheme");
  CHECK(manager::parse_url(std::string(64, 'a') + ":"));
}

TEST_CASE("each parameter has a name that can be repeated, and a value, and is there once") {
  refuses_text("memory:?", "no name");
  refuses_text("memory:?=1", "no name");
  refuses_text("memory:?&", "no name");
  refuses_text("memory:?a=1&", "no name");
  refuses_text("memory:?a\x01=1", "no name");
  refuses_text("memory:?hunter2@x=1", "no name");
  refuses_text("memory:?" + std::string(65, 'a') + "=1", "no name");
  refuses_text("memory:?max_sessions", "\"max_sessions\"");
  refuses_text("memory:?a-1=hunter2&a-1=hunter2", "\"a-1\" in the backend URL \"memory:...\" is given twice");
}

TEST_CASE("a password that cuts the URL in two is not taken for parameters") {
  refuses_text("redis://u:a?hunter2@host/", "%3F");
  refuses_text("redis://host/?name=hunter2@x", "%40");
  CHECK(manager::parse_url("redis://u:a%3Fb@host/?name=x%40y"));
  CHECK(manager::parse_url("sqlite:/a?b=c@d"));
}

TEST_CASE("numbers are whole, within bounds, and all of the value") {
  const Url url{"memory", "", {}};
  CHECK(*manager::to_number(url, "n", "-5", -5, 9) == -5);
  CHECK(*manager::to_number(url, "n", "9", -5, 9) == 9);
  for (const char* bad : {"", "-6", "10", "1e0", " 1", "1 ", "+1", "0x1", "99999999999999999999", "hunter2"}) {
    refuses(manager::to_number(url, "n", bad, -5, 9), "\"n\" in the backend URL \"memory:...\"");
    refuses(manager::to_number(url, "n", bad, -5, 9), "from -5 to 9");
  }
}

TEST_CASE("a percent sign and two digits are a byte, but never NUL") {
  const Url url{"redis", "", {}};
  CHECK(*manager::decode(url, "password", "a%3ab%3Ac%25%ff") == "a:b:c%\xff");
  for (const std::string_view bad : {std::string_view("a%"), std::string_view("a%2"), std::string_view("%2x"),
                                     std::string_view("%-1"), std::string_view("%00"), std::string_view("a\0b", 3)}) {
    refuses(manager::decode(url, "password", "hunter2" + std::string(bad)), "the password in the backend URL");
  }
}

TEST_CASE("the path of a file is absolute, and no host") {
  const auto path = [](std::string_view rest) { return manager::decode_path({"sqlite", rest, {}}); };
  CHECK(*path("/a%3fb/%25.db") == "/a?b/%.db");
  for (const char* bad : {"", "s.db", ":memory:", "//host/s.db"}) {
    refuses(path(bad), "absolute path of a file, like \"sqlite:");
  }
  refuses(path("/tmp/a%"), "%25");
}

TEST_CASE("a parameter that nobody knows is named") {
  refuses<int>(manager::unknown_parameter({"cookie", "", {}}, "max"), "\"max\" in the backend URL \"cookie:...\"");
}
