#include <json/python.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace std::string_literals;
using namespace sessions::json;

namespace {

std::string rewritten(std::string_view valid) {
  std::string out = "=";
  append_python(out, valid);
  return out;
}

std::string string_of(std::string_view utf8) {
  std::string out = "=";
  append_python_string(out, utf8);
  return out;
}

}  // namespace

TEST_CASE("values are laid out as json.dumps lays them out") {
  const auto [json, expected] = GENERATE(table<std::string, std::string>({
      {"null", "null"},
      {"true", "true"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[ \n ]", "[]"},
      {"{\t}", "{}"},
      {"[1,2]", "[1, 2]"},
      {R"({"a":1,"b":[1,{"c":null}]})", R"({"a": 1, "b": [1, {"c": null}]})"},
      {"{\r\n\"a\" :\t1 , \"b\": [ ] }", R"({"a": 1, "b": []})"},
      {R"({"a, b: {c}":"[x , y : z]"})", R"({"a, b: {c}": "[x , y : z]"})"},
      {"[1E5,-0,0.10,1e999,123456789012345678901234567890]", "[1E5, -0, 0.10, 1e999, 123456789012345678901234567890]"},
  }));
  CHECK(rewritten(json) == "=" + expected);
  CHECK(rewritten(expected) == "=" + expected);
}

TEST_CASE("strings of a value are spelled as json.dumps spells them") {
  const auto [json, expected] = GENERATE(table<std::string, std::string>({
      {R"("")", R"("")"},
      {R"("\/\u002f")", R"("//")"},
      {R"("\u0041\u0022\u005c\u0062")", R"("A\"\\b")"},
      {R"("\"\\\b\f\n\r\t")", R"("\"\\\b\f\n\r\t")"},
      {R"("\u0008\u000C\u000a\u000D\u0009")", R"("\b\f\n\r\t")"},
      {R"("\u0000\u001F\u007F")", R"("\u0000\u001f\u007f")"},
      {"\"\x7f\"", R"("\u007f")"},
      {"\"in a run of more\x7fthan eight bytes\"", R"("in a run of more\u007fthan eight bytes")"},
      {"\"\xc3\xa9\xe2\x82\xac\"", R"("\u00e9\u20ac")"},
      {R"("\u00E9\u20AC")", R"("\u00e9\u20ac")"},
      {"\"\xf0\x9f\x98\x80\"", R"("\ud83d\ude00")"},
      {R"("\uD83D\uDE00")", R"("\ud83d\ude00")"},
      {"\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"", R"("\ud800\udc00\udbff\udfff")"},
      {"\"\xef\xbf\xbf\"", R"("\uffff")"},
      {"{\"\xc3\xa9\":\"a run of more than eight bytes \xc3\xa9 and its tail\"}",
       R"({"\u00e9": "a run of more than eight bytes \u00e9 and its tail"})"},
  }));
  CHECK(rewritten(json) == "=" + expected);
  CHECK(rewritten(expected) == "=" + expected);
}

TEST_CASE("UTF-8 text becomes a string that json.dumps could have written") {
  CHECK(string_of("") == R"(="")");
  CHECK(string_of("plain /<>&'") == R"(="plain /<>&'")");
  CHECK(string_of("\"\\\b\f\n\r\t") == R"(="\"\\\b\f\n\r\t")");
  CHECK(string_of("\\u0041") == R"(="\\u0041")");
  CHECK(string_of("a\0b\x01\x1f\x7f"s) == R"(="a\u0000b\u0001\u001f\u007f")");
  CHECK(string_of("Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80 and a tail") ==
        R"(="Zo\u00eb \u20ac \ud83d\ude00 and a tail")");
}
