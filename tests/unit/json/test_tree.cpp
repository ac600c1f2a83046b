#include <cjson/cJSON.h>

#include <array>
#include <cmath>
#include <json/tree.hpp>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions::json;
using sessions::Result;
using sessions::Status;

namespace {

// Each text stands alone in its own memory, so that a memory checker sees a read behind its end.
Result<Tree> parsed(const std::string& text) {
  const std::vector<char> alone(text.begin(), text.end());
  return parse_tree({alone.data(), alone.size()});
}

std::string round_trip(const std::string& text) {
  const auto tree = parsed(text);
  REQUIRE(tree);
  const auto printed = print_tree(tree->get());
  REQUIRE(printed);
  return *printed;
}

Status status_of(const Tree& tree) {
  const auto printed = print_tree(tree.get());
  return printed ? Status::ok : printed.error().status;
}

Tree nested_arrays(int depth) {
  Tree tree(cJSON_CreateArray());
  for (int i = 1; i < depth; ++i) {
    Tree outer(cJSON_CreateArray());
    cJSON_AddItemToArray(outer.get(), tree.release());
    tree = std::move(outer);
  }
  return tree;
}

}  // namespace

TEST_CASE("trees hold the value that the text had") {
  const auto tree = parsed(R"({"b":[1,-2.5,"x\u00e9\ud83d\ude00\n"],"A":true,"a":null,"":{}})");
  REQUIRE(tree);
  const cJSON* list = cJSON_GetObjectItemCaseSensitive(tree->get(), "b");
  REQUIRE(cJSON_GetArraySize(list) == 3);
  CHECK(cJSON_GetArrayItem(list, 0)->valuedouble == 1);
  CHECK(cJSON_GetArrayItem(list, 1)->valuedouble == -2.5);
  CHECK(cJSON_GetArrayItem(list, 2)->valuestring == std::string("x\xc3\xa9\xf0\x9f\x98\x80\n"));
  CHECK(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(tree->get(), "A")));
  CHECK(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(tree->get(), "a")));
  CHECK(cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(tree->get(), "")));
}

TEST_CASE("what has been parsed prints as the same value") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"null", "null"},
      {"true", "true"},
      {"false", "false"},
      {"0", "0"},
      {"-7", "-7"},
      {"1.0", "1"},
      {"-0.0", "-0.0"},
      {"1e3", "1000"},
      {"0.1", "0.1"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"5e-324", "5e-324"},
      {"9007199254740992", "9007199254740992"},
      {"-9007199254740992", "-9007199254740992"},
      {"9007199254740994", "9007199254740994.0"},
      {"9223372036854775808", "9.223372036854776e+18"},
      {R"("")", R"("")"},
      {R"("a\"\\\/\n\u0001")", R"("a\"\\/\n\u0001")"},
      {R"("\\u0000")", R"("\\u0000")"},
      {"\"\x7f\xc3\xa9\"", "\"\x7f\xc3\xa9\""},
      {"[]", "[]"},
      {"{}", "{}"},
      {R"([ 1 , [ ] , { "a" : "b" } ])", R"([1,[],{"a":"b"}])"},
      {R"({"\"":1,"b":{"c":[2,3]}})", R"({"\"":1,"b":{"c":[2,3]}})"},
  }));
  CAPTURE(text);
  CHECK(round_trip(text) == expected);
}

TEST_CASE("text that a tree would change is refused before cJSON sees it") {
  const std::string value = GENERATE(values<std::string>({
      "9007199254740993",
      "-9007199254740993",
      "18446744073709551615",
      "123456789012345678901234567890",
      "1e999",
      "-1e999",
      "1e-999",
      R"("\u0000")",
      R"("a\u0000b")",
      R"("\\\u0000")",
      R"("\"\u0000")",
      "0." + std::string(61, '0') + "1",
      "0." + std::string(80, '0') + "1e80",
  }));
  for (const std::string& text : {value, "[1," + value + "]", "{\"a\":{\"b\":[" + value + "]}}"}) {
    CAPTURE(text);
    const auto tree = parsed(text);
    REQUIRE_FALSE(tree);
    CHECK(tree.error().status == Status::range);
  }
}

TEST_CASE("names are refused like strings") {
  CHECK(parsed(R"({"a\u0000":1})").error().status == Status::range);
  CHECK(parsed(R"({"a\\u0000":1})"));
}

TEST_CASE("a number of 63 characters is read whole") {
  const std::string number = "0." + std::string(59, '0') + "25";
  REQUIRE(number.size() == 63);
  CHECK(round_trip(number) == "2.5e-60");
  CHECK(round_trip("[" + number + "," + number + "]") == "[2.5e-60,2.5e-60]");
}

TEST_CASE("64 levels become a tree and back") {
  const std::string text = std::string(64, '[') + std::string(64, ']');
  CHECK(round_trip(text) == text);
}

TEST_CASE("trees that are not JSON are refused") {
  CHECK(status_of(Tree(cJSON_CreateNumber(std::numeric_limits<double>::quiet_NaN()))) == Status::invalid);
  CHECK(status_of(Tree(cJSON_CreateNumber(std::numeric_limits<double>::infinity()))) == Status::invalid);
  CHECK(status_of(Tree(cJSON_CreateNumber(-std::numeric_limits<double>::infinity()))) == Status::invalid);
  const Tree infinite(cJSON_CreateNumber(std::numeric_limits<double>::infinity()));
  CHECK(print_tree(infinite.get()).error().message ==
        "the cJSON tree holds a number that is not finite, which JSON cannot");
  CHECK(status_of(Tree(cJSON_CreateRaw("{}"))) == Status::invalid);
  CHECK(status_of(Tree(cJSON_CreateStringReference(nullptr))) == Status::invalid);
  CHECK(status_of(Tree(cJSON_CreateString("\xff"))) == Status::invalid);
  CHECK(status_of(Tree(cJSON_CreateString("\xed\xa0\x80"))) == Status::invalid);

  const Tree untyped(cJSON_CreateNull());
  untyped->type = cJSON_Invalid;
  CHECK(status_of(untyped) == Status::invalid);
  untyped->type = cJSON_True | cJSON_False;
  CHECK(status_of(untyped) == Status::invalid);

  const Tree unnamed(cJSON_CreateObject());
  cJSON_AddItemToArray(unnamed.get(), cJSON_CreateNull());
  CHECK(status_of(unnamed) == Status::invalid);

  const Tree badly_named(cJSON_CreateObject());
  cJSON_AddNullToObject(badly_named.get(), "\xc3");
  CHECK(status_of(badly_named) == Status::invalid);

  const Tree twice(cJSON_CreateObject());
  cJSON_AddNullToObject(twice.get(), "a");
  cJSON_AddNullToObject(twice.get(), "b");
  CHECK(status_of(twice) == Status::ok);
  cJSON_AddNullToObject(twice.get(), "a");
  const auto printed = print_tree(twice.get());
  REQUIRE_FALSE(printed);
  CHECK(printed.error().status == Status::invalid);
  CHECK(printed.error().message == "the JSON text is refused at byte 19: a name appears twice in one object");
}

TEST_CASE("references and constant names print like what they refer to") {
  const Tree shared(parsed("[1,2]")->release());
  const Tree tree(cJSON_CreateObject());
  cJSON_AddItemToObjectCS(tree.get(), "a", cJSON_CreateStringReference("text"));
  cJSON_AddItemReferenceToObject(tree.get(), "b", shared.get());
  const auto printed = print_tree(tree.get());
  REQUIRE(printed);
  CHECK(*printed == R"({"a":"text","b":[1,2]})");
}

TEST_CASE("trees deeper than 64, or without an end, are a limit") {
  CHECK(status_of(nested_arrays(64)) == Status::ok);
  CHECK(status_of(nested_arrays(65)) == Status::limit);

  const Tree own_child(cJSON_CreateArray());
  own_child->child = own_child.get();
  CHECK(status_of(own_child) == Status::limit);
  own_child->child = nullptr;
}

TEST_CASE("threads may parse at the same time") {
  std::array<bool, 4> good{};
  std::vector<std::thread> threads;
  for (bool& mine : good) {
    threads.emplace_back([&mine] {
      mine = true;
      for (int i = 0; i < 500; ++i) {
        mine = mine && parse_tree(R"({"a":[1,2,{"b":"c"}]})");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(good == std::array{true, true, true, true});
}
