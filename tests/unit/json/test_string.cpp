#include <json/string.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace std::string_literals;
using namespace sessions::json;

namespace {

std::string unescaped(std::string_view inner) {
  std::string out(inner.size() + 1, '#');
  const std::size_t size = unescape(inner, out.data());
  CHECK(size <= inner.size());
  CHECK(out.find_first_not_of('#', inner.size()) == std::string::npos);
  return out.substr(0, size);
}

std::string unescaped_in_place(std::string inner) {
  inner.resize(unescape(inner, inner.data()));
  return inner;
}

std::string written(std::string_view utf8) {
  std::string out = "before ";
  append_string(out, utf8);
  REQUIRE(out.substr(0, 7) == "before ");
  return out.substr(7);
}

}  // namespace

TEST_CASE("strings are unescaped, beside the text or over it") {
  const auto [inner, expected] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"plain", "plain"},
      {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {R"(\\n)", "\\n"},
      {R"(\\\\)", "\\\\"},
      {R"(\u0041b\u0063)", "Abc"},
      {R"(a\u0000b)", "a\0b"s},
      {R"(\u007f\u0080\u07ff\u0800)", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"},
      {R"(\u00e9\u00E9\u20AC\uFFFF)", "\xc3\xa9\xc3\xa9\xe2\x82\xac\xef\xbf\xbf"},
      {R"(\ud7ff\ue000)", "\xed\x9f\xbf\xee\x80\x80"},
      {R"(\ud800\udc00\uDBFF\uDFFF)", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
      {R"(<\ud83d\ude00>)", "<\xf0\x9f\x98\x80>"},
      {"raw \xc3\xa9 and \\u00e9 and a tail that is longer", "raw \xc3\xa9 and \xc3\xa9 and a tail that is longer"},
      {"\x7f", "\x7f"},
  }));
  CAPTURE(inner);
  CHECK(unescaped(inner) == expected);
  CHECK(unescaped_in_place(inner) == expected);
}

TEST_CASE("strings are written with what RFC 8259 demands and no more") {
  CHECK(written("") == R"("")");
  CHECK(written("plain") == R"("plain")");
  CHECK(written("\"\\") == R"("\"\\")");
  CHECK(written("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(written("/<>&'") == R"("/<>&'")");
  CHECK(written("\0"s) == R"("\u0000")");
  CHECK(written("a\x01z\x0b\x0e\x0f\x10\x1a\x1f") == R"("a\u0001z\u000b\u000e\u000f\u0010\u001a\u001f")");
  CHECK(written("\x7f") == "\"\x7f\"");
  CHECK(written("\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80") == "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\"");
  CHECK(written("a clean run that is long, then\n\"more\" of it \xc3\xa9 with a tail") ==
        "\"a clean run that is long, then\\n\\\"more\\\" of it \xc3\xa9 with a tail\"");
}

TEST_CASE("what is written reads back, each byte at each place") {
  for (std::size_t before = 0; before < 10; ++before) {
    for (int byte = 0; byte < 128; ++byte) {
      const std::string text = std::string(before, 'x') + static_cast<char>(byte) + std::string(9 - before, 'y');
      const std::string json = written(text);
      CAPTURE(before, byte);
      CHECK(unescaped(std::string_view(json).substr(1, json.size() - 2)) == text);
    }
  }
}
