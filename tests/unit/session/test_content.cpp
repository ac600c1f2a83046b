#include <memory>
#include <session/content.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/content.hpp"

using namespace sessions;
using namespace sessions::testing;
using session::Content;

TEST_CASE("text is decoded when asked for, and refused when it is no object") {
  CHECK(of_text(R"({"b": 1, "a": [1, 2]})")->to_json() == R"({"b":1,"a":[1, 2]})");
  CHECK(of_text("{}")->empty());
  std::string many = "{";
  for (int i = 0; i < 1'025; ++i) {
    many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  }
  many += "}";
  for (const std::string& bad : {std::string("[]"), std::string("null"), std::string(), std::string("{\"a\":1"),
                                 std::string(R"({"a":1,"a":2})"), std::string(R"({"a":NaN})"), many}) {
    Content content(roomy);
    content.adopt_text(bad);
    CHECK_FALSE(content.decode());
    CHECK(content.empty());
    CHECK_FALSE(content.changed());
  }
}

TEST_CASE("escaped names are found by what they mean") {
  const auto content = of_text(R"({"caf\u00e9": 1, "a\u0000b": 2, "\"": 3, "plain": 4})");
  CHECK(content->find("café") == "1");
  CHECK(content->find(std::string_view("a\0b", 3)) == "2");
  CHECK(content->find("\"") == "3");
  CHECK(content->find("plain") == "4");
  CHECK(*content->key_at(1) == std::string("a\0b", 3));
  CHECK(content->to_json() == R"({"café":1,"a\u0000b":2,"\"":3,"plain":4})");
  CHECK(python(*content) == R"({"caf\u00e9": 1, "a\u0000b": 2, "\"": 3, "plain": 4})");
}

TEST_CASE("a key keeps its place, a new one goes to the end") {
  const auto content = of_record({{"a", "1"}, {"b", "2"}});
  REQUIRE(content->set("a", "3") == Status::ok);
  REQUIRE(content->set("c", "4") == Status::ok);
  CHECK(content->to_json() == R"({"a":3,"b":2,"c":4})");
  REQUIRE(content->remove("a") == Status::ok);
  REQUIRE(content->set("a", "5") == Status::ok);
  CHECK(content->to_json() == R"({"b":2,"c":4,"a":5})");
}

TEST_CASE("increments add up until the value is set") {
  const auto content = of_record({{"n", "3"}, {"s", "\"x\""}, {"u", "9223372036854775808"}});
  std::int64_t sum = 0;
  REQUIRE(content->increment("n", 2, sum) == Status::ok);
  REQUIRE(content->increment("n", -4, sum) == Status::ok);
  CHECK(sum == 1);
  REQUIRE(content->increment("new", 7, sum) == Status::ok);
  CHECK(changes(*content) == "n+-2 new+7 ");
  REQUIRE(content->set("n", "10") == Status::ok);
  REQUIRE(content->increment("n", 1, sum) == Status::ok);
  CHECK(sum == 11);
  CHECK(changes(*content) == "n=11 new+7 ");
  CHECK(content->increment("s", 1, sum) == Status::type);
  CHECK(content->increment("u", 1, sum) == Status::range);
  CHECK(content->increment("n", INT64_MAX, sum) == Status::range);
  CHECK(sum == 11);
  CHECK(content->to_json() == R"({"n":11,"s":"x","u":9223372036854775808,"new":7})");
}

TEST_CASE("a set after an increment, and an increment after a removal") {
  const auto content = of_record({{"n", "3"}});
  std::int64_t sum = 0;
  REQUIRE(content->remove("n") == Status::ok);
  REQUIRE(content->increment("n", 5, sum) == Status::ok);
  CHECK(sum == 5);
  CHECK(changes(*content) == "-n n+5 ");
}

TEST_CASE("clearing forgets everything, assigning replaces it") {
  const auto content = of_record({{"a", "1"}, {"b", "2"}});
  REQUIRE(content->remove("a") == Status::ok);
  content->clear();
  CHECK(content->empty());
  CHECK(content->changed());
  CHECK(changes(*content) == "clear ");
  REQUIRE(content->set("c", "3") == Status::ok);
  CHECK(changes(*content) == "clear c=3 ");
  REQUIRE(content->assign(R"( {"x\u0041":1,"y":[ ]} )"));
  CHECK(changes(*content) == "clear xA=1 y=[ ] ");
  REQUIRE(content->assign(R"({"k":1})"));  // shorter than what a string holds within itself
  CHECK(content->to_json() == R"({"k":1})");
  const auto refused = content->assign(R"({"k":1,"k":2})");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == Status::invalid);
  CHECK(content->to_json() == R"({"k":1})");
}

TEST_CASE("strings that were handed out stay until the next change") {
  const auto content = of_text(R"({"a": "x\u0000y", "b": "z", "n": 12})");
  const std::string* a = content->string_of("a");
  const std::string* b = content->string_of("b");
  const std::string* json = content->json_of("n");
  const std::string* key = content->key_at(0);
  CHECK(content->string_of("a") == a);
  CHECK(content->json_of("n") == json);
  CHECK(content->key_at(0) == key);
  CHECK(*a == std::string("x\0y", 3));
  CHECK(*b == "z");
  CHECK(*json == "12");
  CHECK(*key == "a");
  CHECK(content->string_of("n") == nullptr);
  CHECK(content->string_of("none") == nullptr);
  CHECK(content->key_at(3) == nullptr);
  const std::string* whole = &content->to_json();
  CHECK(&content->to_json() == whole);
}

TEST_CASE("popping reads and removes") {
  const auto content = of_record({{"s", "\"x\""}, {"n", "1"}});
  CHECK(content->pop_string("n") == nullptr);
  CHECK(*content->pop_string("s") == "x");
  CHECK(*content->pop_json("n") == "1");
  CHECK(content->pop_json("n") == nullptr);
  CHECK(changes(*content) == "-s -n ");
}

TEST_CASE("limits hold for bytes and keys, and a refused change changes nothing") {
  Content content(10);
  REQUIRE(content.set("abcd", "123456") == Status::ok);
  CHECK(content.set("e", "1") == Status::limit);
  CHECK(content.set("abcd", "1234567") == Status::limit);
  REQUIRE(content.set("abcd", "12345") == Status::ok);
  CHECK(content.set("e", "") == Status::ok);
  CHECK(content.to_json() == R"({"abcd":12345,"e":})");
  CHECK_FALSE(content.assign(R"({"abcdef":12345})"));
  CHECK(content.size() == 2);
  REQUIRE(content.assign(R"({"abcdef":1234})"));

  Content many(roomy);
  for (int i = 0; i < 1'024; ++i) {
    REQUIRE(many.set(std::to_string(i), "1") == Status::ok);
  }
  CHECK(many.set("one more", "1") == Status::limit);
  CHECK(many.set("7", "2") == Status::ok);
}

TEST_CASE("arguments may point into the session") {
  const auto content = of_text(R"({"key": "value", "value": "key"})");
  REQUIRE(content->set(*content->string_of("key"), *content->json_of("key")) == Status::ok);
  CHECK(content->to_json() == R"({"key":"value","value":"value"})");
  REQUIRE(content->assign(content->to_json()));
  CHECK(content->to_json() == R"({"key":"value","value":"value"})");
  const std::string* popped = content->pop_string("key");
  CHECK(*content->pop_json(*popped) == "\"value\"");
}

TEST_CASE("what was adopted is counted before anything is read") {
  Content content(roomy);
  content.adopt_text(R"({"a":1,"b":{"c":[":",2]}})");
  CHECK(content.look());
  CHECK(content.size() == 2);
  const std::vector<store::Field> fields = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  content.adopt_record(store::Record({}, {}, fields));
  CHECK(content.look());
  CHECK(content.size() == 3);
  content.adopt_text("[1]");
  CHECK_FALSE(content.look());
  CHECK(content.size() == 0);
}

TEST_CASE("what is larger than the limit may shrink, but not grow") {
  Content content(10);
  const std::vector<store::Field> fields = {{"a", "1234567890"}, {"b", "12345"}};
  content.adopt_record(store::Record({}, {}, fields));
  REQUIRE(content.decode());
  CHECK(content.set("c", "1") == Status::limit);
  CHECK(content.set("a", "12345678901") == Status::limit);
  CHECK(content.set("a", "1234567899") == Status::ok);
  CHECK(content.set("a", "1") == Status::ok);
  CHECK(content.set("c", "1") == Status::ok);
  CHECK(content.set("c", "123") == Status::limit);
}
