#include <algorithm>
#include <json/scan.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../../support/catch.hpp"

using namespace std::string_literals;
using namespace sessions::json;
using sessions::Status;

namespace {

// The text stands alone in its own memory, so that a sanitizer sees a read behind its end.
std::optional<Fault> scan(const std::string& text, std::string* value = nullptr) {
  const std::vector<char> alone(text.begin(), text.end());
  const std::string_view view(alone.data(), alone.size());
  std::vector<std::string_view> scratch(scratch_size(view));
  std::string_view found;
  const auto fault = scan_value(view, scratch, &found);
  if (value != nullptr && !fault) {
    *value = found;
  }
  return fault;
}

void check_refused(const std::string& text, std::size_t offset, const std::string& what) {
  CAPTURE(text);
  const auto fault = scan(text);
  REQUIRE(fault);
  CHECK(fault->status == Status::invalid);
  CHECK(fault->offset == offset);
  CHECK(fault->what == what);
}

std::string nested(std::size_t depth, const std::string& open, const std::string& inner, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) {
    text += open;
  }
  text += inner;
  for (std::size_t i = 0; i < depth; ++i) {
    text += close;
  }
  return text;
}

std::string many_names(int count, const std::string& before = "\"key") {
  std::string text = "{";
  for (int i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ",") + before + std::to_string(i) + "\":" + std::to_string(i);
  }
  return text + "}";
}

using Members = std::vector<std::pair<std::string, std::string>>;

std::optional<Fault> members_of(std::string_view text, Members& members) {
  std::vector<std::string_view> scratch(scratch_size(text));
  return scan_object(text, scratch,
                     [&members](std::string_view name, std::string_view value) { members.emplace_back(name, value); });
}

}  // namespace

TEST_CASE("RFC 8259 texts are accepted") {
  const std::string text = GENERATE(values<std::string>({
      "null",
      "true",
      "false",
      "0",
      "-0",
      "7",
      "-1",
      "10",
      "1234567890",
      "0.5",
      "-0.0",
      "1.25",
      "0e0",
      "1e5",
      "1E5",
      "1e+5",
      "1e-5",
      "0E+00",
      "1.5e300",
      "1e999",
      "-1e-999",
      "123456789012345678901234567890",
      "[]",
      "[ ]",
      "[1]",
      "[1,2]",
      "[[],[]]",
      "{}",
      "{ }",
      R"({"a":1})",
      R"({"":0})",
      R"({"a":{"a":{"a":[]}}})",
      R"([{"a":1},{"a":1}])",
      R"("")",
      R"("a")",
      R"("'")",
      R"("/")",
      "\"\x7f\"",
      R"("\"\\\/\b\f\n\r\t")",
      R"("\u0000")",
      R"("\u0041\uABcd")",
      R"("\ud83d\ude00")",
      R"("\uD83D\uDE00")",
      R"("\uDBFF\uDFFF")",
      R"("\ud7ff\ue000")",
      "\"\xc3\xa9\"",
      "\"\xe2\x82\xac and \xf0\x9f\x98\x80\"",
      "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
      "\"\xef\xbb\xbf inside a string\"",
      R"("a string longer than eight bytes, and \"then\" some")",
      R"({"a":1,"A":2,"a ":3,"b":4,"\u0061a":5,"\u00e9":6,"e":7})",
      " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n",
  }));
  CAPTURE(text);
  CHECK_FALSE(scan(text));
}

TEST_CASE("numbers follow the grammar") {
  const std::string number = GENERATE(values<std::string>({
      "01",  "00",  "-01", "+1",  ".5",    "-.5",      "1.",        "1.e5", "-",        "--1",
      "1e",  "1E",  "1e+", "1e-", "1e+-1", "1e1.5",    "1.5.5",     "0x10", "1a",       "1_000",
      "1,5", "0b1", "1f",  "NaN", "-NaN",  "Infinity", "-Infinity", "inf",  "\xd9\xa3",
  }));
  CAPTURE(number);
  CHECK(scan(number));
  CHECK(scan("[" + number + "]").has_value() == (number != "1,5"));
  CHECK(scan("{\"a\":" + number + "}"));
}

TEST_CASE("what is not JSON is refused, and where") {
  const std::string early = "the text ends too early";
  const std::string value = "a value must stand here";
  const std::string behind = "there is text behind the value";
  const std::string name = "a name in double quotes must stand here";
  check_refused("", 0, early);
  check_refused(" \n", 2, early);
  check_refused("\xef\xbb\xbf{}", 0, value);
  check_refused("\0"s, 0, value);
  check_refused("{}\0"s, 2, behind);
  check_refused("{} {}", 3, behind);
  check_refused("1 2", 2, behind);
  check_refused("01", 1, behind);
  check_refused("null,", 4, behind);
  check_refused("truefalse", 4, behind);
  check_refused("{}}", 2, behind);
  check_refused("[]]", 2, behind);
  check_refused("\x0b[]", 0, value);
  check_refused("\xc2\xa0[]", 0, value);
  check_refused("// no\n1", 0, value);
  check_refused("'a'", 0, value);
  check_refused("nul", 0, value);
  check_refused("nulL", 0, value);
  check_refused("True", 0, value);
  check_refused("NaN", 0, value);
  check_refused("undefined", 0, value);
  check_refused("+1", 0, value);
  check_refused("[1,]", 3, value);
  check_refused("[,1]", 1, value);
  check_refused("[1,,2]", 3, value);
  check_refused("[1 2]", 3, "a comma or the end of the array must stand here");
  check_refused("[1}", 2, "a comma or the end of the array must stand here");
  check_refused("[1", 2, early);
  check_refused("-", 1, early);
  check_refused("-a", 1, "a digit must stand here");
  check_refused("1.", 2, early);
  check_refused("[1.]", 3, "a digit must stand here");
  check_refused("[1e]", 3, "a digit must stand here");
  check_refused("[-.5]", 2, "a digit must stand here");
  check_refused("{", 1, early);
  check_refused("{,}", 1, name);
  check_refused("{1:2}", 1, name);
  check_refused("{a:2}", 1, name);
  check_refused("{'a':2}", 1, name);
  check_refused(R"({"a":1,})", 7, name);
  check_refused(R"({"a"})", 4, "a colon must stand here");
  check_refused(R"({"a" 1})", 5, "a colon must stand here");
  check_refused(R"({"a":})", 5, value);
  check_refused(R"({"a":1 "b":2})", 7, "a comma or the end of the object must stand here");
  check_refused(R"({"a":1])", 6, "a comma or the end of the object must stand here");
}

TEST_CASE("bad strings are refused, and where") {
  const std::string escape = "there is no such escape";
  const std::string hex = "four hex digits must follow \\u";
  const std::string half = "half of a surrogate pair stands alone";
  const std::string control = "a control character must be escaped";
  const std::string utf8 = "this is not UTF-8";
  check_refused("\"", 1, "the text ends too early");
  check_refused("\"abc", 4, "the text ends too early");
  check_refused("\"abcdefghijklmnop", 17, "the text ends too early");
  check_refused(R"("\")", 3, "the text ends too early");
  check_refused(R"("\x41")", 1, escape);
  check_refused(R"("\a")", 1, escape);
  check_refused(R"("\'")", 1, escape);
  check_refused(R"("\N")", 1, escape);
  check_refused(R"("\U0041")", 1, escape);
  check_refused("\"\\\0\""s, 1, escape);
  check_refused("\"\\\n\"", 1, escape);
  check_refused(R"("\u")", 1, hex);
  check_refused(R"("\u004")", 1, hex);
  check_refused(R"("\u004g")", 1, hex);
  check_refused(R"("\u+041")", 1, hex);
  check_refused(R"("\u 041")", 1, hex);
  check_refused(R"("\u{41}")", 1, hex);
  check_refused(R"("ab\ud83d")", 3, half);
  check_refused(R"("\ud83dx")", 1, half);
  check_refused(R"("\ud83d\n")", 1, half);
  check_refused(R"("\ud83d\u0041")", 1, half);
  check_refused(R"("\ud83d\ud83d")", 1, half);
  check_refused(R"("\ud83d\ude0")", 1, half);
  check_refused(R"("\ud83d\ue000")", 1, half);
  check_refused(R"("\ude00")", 1, half);
  check_refused(R"("\ude00\ude00")", 1, half);
  check_refused(R"("\ude00\ud83d")", 1, half);
  check_refused(R"("\udfff")", 1, half);
  for (char c = 0; c < 0x20; ++c) {
    check_refused("\"abc" + std::string(1, c) + "and more\"", 4, control);
    check_refused("\"" + std::string(1, c) + "\"", 1, control);
  }
  check_refused("\"\x80\"", 1, utf8);
  check_refused("\"\xff\"", 1, utf8);
  check_refused("\"ok \xc0\x80\"", 4, utf8);
  check_refused("\"\xc3\"", 1, utf8);
  check_refused("\"\xc3\xa9\xc3\"", 3, utf8);
  check_refused("\"\xe0\x80\xaf\"", 1, utf8);
  check_refused("\"\xed\xa0\x80\"", 1, utf8);
  check_refused("\"\xed\xa0\xbd\xed\xb8\x80\"", 1, utf8);
  check_refused("\"\xf0\x80\x80\x80\"", 1, utf8);
  check_refused("\"\xf4\x90\x80\x80\"", 1, utf8);
  check_refused("\"\xe2\x82", 1, utf8);
  check_refused("{\"\xff\":1}", 2, utf8);
}

TEST_CASE("every byte ends a run of plain characters at its place or not at all") {
  for (std::size_t before = 0; before < 18; ++before) {
    for (int byte = 0; byte < 128; ++byte) {
      const char c = static_cast<char>(byte);
      const std::string text = "\"" + std::string(before, 'x') + c + std::string(17 - before, 'y') + "\"";
      CAPTURE(before, byte);
      const bool plain = byte >= 0x20 && c != '"' && c != '\\';
      CHECK(scan(text).has_value() != plain);
    }
  }
}

TEST_CASE("64 levels are accepted and 65 are a limit") {
  const auto [open, close] =
      GENERATE(table<std::string, std::string>({{"[", "]"}, {R"({"a":)", "}"}, {R"([0,{"a":1,"b":)", "}]"}}));
  const std::size_t levels = open.front() == '[' && open.size() > 1 ? 2 : 1;
  CAPTURE(open);
  CHECK_FALSE(scan(nested(64 / levels, open, "0", close)));
  const auto fault = scan(nested(64 / levels, open, "[]", close));
  REQUIRE(fault);
  CHECK(fault->status == Status::limit);
  CHECK(fault->offset == 64 / levels * open.size());
  CHECK(scan(nested(64 / levels, open, "{}", close))->status == Status::limit);
  CHECK(scan(nested(100'000, open, "", ""))->status == Status::limit);
}

TEST_CASE("the members of an object may be as deep as any value") {
  std::vector<std::string_view> scratch(1);
  const auto scan_member = [&](std::size_t depth) {
    return scan_object(R"({"a":)" + nested(depth, "[", "", "]") + "}", scratch, [](auto, auto) {});
  };
  CHECK_FALSE(scan_member(64));
  CHECK(scan_member(65)->status == Status::limit);
}

TEST_CASE("depth is that of what is open, not of what there was") {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i) {
    text += (i == 0 ? "" : ",") + nested(63, "[", "", "]");
  }
  CHECK_FALSE(scan(text + "]"));
}

TEST_CASE("a name may appear once in an object, however it is written") {
  const std::string twice = "a name appears twice in one object";
  check_refused(R"({"a":1,"a":2})", 7, twice);
  check_refused(R"({"":1,"":2})", 6, twice);
  check_refused(R"({"a":1,"b":2,"c":3,"b":4})", 19, twice);
  check_refused(R"({"a":1,"\u0061":2})", 7, twice);
  check_refused(R"({"\u0061":1,"a":2})", 12, twice);
  check_refused(R"({"\u0061":1,"\u0061":2})", 12, twice);
  check_refused(R"({"/":1,"\/":2})", 7, twice);
  check_refused(R"({"\n":1,"\u000A":2})", 8, twice);
  check_refused(R"({"\u0000":1,"\u0000":2})", 12, twice);
  check_refused("{\"\xc3\xa9\":1,\"\\u00E9\":2}", 8, twice);
  check_refused("{\"\xf0\x9f\x98\x80\":1,\"\\uD83d\\udE00\":2}", 10, twice);
  check_refused("{\"\xe2\x82\xac\":1,\"\\u20ac\":2}", 9, twice);
  check_refused(R"([{"x":{"a":1,"b":{},"a":2}}])", 20, twice);
  check_refused(R"({"a":1,"b":{"a":{"c":1}},"a":2})", 25, twice);
  check_refused(R"({"a":[{"b":1},{"c":1,"c":1}]})", 21, twice);
}

TEST_CASE("names that only look alike are different") {
  const std::string text = GENERATE(values<std::string>({
      R"({"a":{"a":{"a":1}},"b":{"a":1}})",
      R"([{"a":1},{"a":2}])",
      R"({"a\u0000":1,"a":2,"\u0000a":3})",
      R"({"\\u0061":1,"a":2})",
      R"({"\\":1,"\\\\":2,"\"":3})",
      R"({"aa":1,"a\u0062":2,"a":3,"aaa":4})",
      "{\"e\xcc\x81\":1,\"\xc3\xa9\":2}",
  }));
  CAPTURE(text);
  CHECK_FALSE(scan(text));
}

TEST_CASE("duplicates are found in objects of any size") {
  const int count = GENERATE(2, 3, 15, 16, 17, 18, 100, 10'000);
  const std::string before = GENERATE(values<std::string>({"\"key", "\"\\u006bey"}));
  const std::string all = many_names(count, before);
  CAPTURE(count, before);
  CHECK_FALSE(scan(all));
  const int which = GENERATE_COPY(0, count / 2, count - 1);
  const std::string again = all.substr(0, all.size() - 1) + ",\"key" + std::to_string(which) + "\":0}";
  check_refused(again, all.size(), "a name appears twice in one object");
  check_refused("[" + again + "]", all.size() + 1, "a name appears twice in one object");
}

TEST_CASE("a large object inside does not disturb the names around it") {
  const std::string large = many_names(100);
  CHECK_FALSE(scan(R"({"key1":)" + large + R"(,"key2":)" + large + R"(,"key3":1})"));
  CHECK(scan(R"({"key1":)" + large + R"(,"key2":)" + large + R"(,"key1":1})"));
  CHECK(scan(R"({"key1":)" + large.substr(0, large.size() - 1) + R"(,"key1":1},"key2":1})"));
}

TEST_CASE("a text that is cut anywhere is refused") {
  const std::string text =
      "{\"a\":[1,-2.5e+3,\"x\\n\\u0041\\ud83d\\ude00 \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",true],"
      "\"b\" : {\"c\":null,\"d\":false}, \"long enough\":\"for eight bytes at a time\"}";
  REQUIRE_FALSE(scan(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    const auto fault = scan(text.substr(0, size));
    REQUIRE(fault);
    CHECK(fault->offset <= size);
  }
}

TEST_CASE("the value is reported without the space around it") {
  std::string value;
  REQUIRE_FALSE(scan(" \r\n\t[1, 2 ] \n ", &value));
  CHECK(value == "[1, 2 ]");
  REQUIRE_FALSE(scan("-1.5", &value));
  CHECK(value == "-1.5");
  CHECK_FALSE(scan_value("1", {}, nullptr));
}

TEST_CASE("members are reported in order, as they stand") {
  Members members;
  REQUIRE_FALSE(members_of(R"( { "b" : [1, {"inner": 2}] ,"a":"x\n","\u0061\"" : -0.50,"":{ "a":null } } )", members));
  CHECK(members == Members{
                       {"b", R"([1, {"inner": 2}])"},
                       {"a", R"("x\n")"},
                       {R"(\u0061\")", "-0.50"},
                       {"", R"({ "a":null })"},
                   });
  Members none;
  REQUIRE_FALSE(members_of("{}", none));
  CHECK(none.empty());
  Members large;
  REQUIRE_FALSE(members_of(many_names(1000), large));
  REQUIRE(large.size() == 1000);
  for (std::size_t i = 0; i < large.size(); ++i) {
    CHECK(large[i] == std::pair("key" + std::to_string(i), std::to_string(i)));
  }
}

TEST_CASE("only an object has members") {
  const std::string text = GENERATE(values<std::string>({"null", "1", "[]", "[{}]", "\"{}\"", ""}));
  CAPTURE(text);
  Members members;
  const auto fault = members_of(text, members);
  REQUIRE(fault);
  CHECK(fault->status == Status::invalid);
  CHECK(fault->offset == 0);
  CHECK(members.empty());
  CHECK(members_of("{} x", members));
  CHECK(members_of(R"({"a":1,"a":2})", members));
}

TEST_CASE("the scratch needs one place for each colon and is never overrun") {
  CHECK(scratch_size("") == 0);
  CHECK(scratch_size(":") == 1);
  CHECK(scratch_size(";\xba: 9\x7f\x00\x01:"s) == 2);
  CHECK(scratch_size(std::string(1000, ':')) == 1000);
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, ';');
      text[at] = ':';
      CHECK(scratch_size(text) == 1);
    }
  }

  const std::string text = R"({"a":{"b":{"c":1}},"d":2})";
  REQUIRE(scratch_size(text) == 4);
  for (std::size_t room = 0; room <= 4; ++room) {
    CAPTURE(room);
    std::vector<std::string_view> scratch(5, "untouched");
    const auto fault = scan_value(text, std::span(scratch).first(room), nullptr);
    CHECK(fault.has_value() == (room < 3));
    CHECK((!fault || fault->status == Status::internal));
    CHECK(std::all_of(scratch.begin() + static_cast<std::ptrdiff_t>(room), scratch.end(),
                      [](std::string_view place) { return place == "untouched"; }));
  }
}

TEST_CASE("an error names the place and the reason") {
  const auto fault = scan(R"({"name":"\u0061","name":1})");
  REQUIRE(fault);
  const sessions::Error error = to_error(*fault);
  CHECK(error.status == Status::invalid);
  CHECK(error.message == "the JSON text is refused at byte 17: a name appears twice in one object");
  CHECK(to_error(*scan(std::string(65, '['))).message ==
        "the JSON text is refused at byte 64: more than 64 arrays and objects are inside each other");
}
