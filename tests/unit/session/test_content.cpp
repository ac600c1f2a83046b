#include <memory>
#include <session/content.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions;
using session::Content;
using Kind = store::Change::Kind;

namespace {

constexpr std::size_t roomy = 1'000'000;

std::unique_ptr<Content> of_text(std::string text) {
  auto content = std::make_unique<Content>(roomy);
  content->adopt_text(std::move(text));
  REQUIRE(content->decode());
  return content;
}

std::unique_ptr<Content> of_record(std::vector<store::Field> fields) {
  auto content = std::make_unique<Content>(roomy);
  content->adopt_record(store::Record({}, {}, fields));
  REQUIRE(content->decode());
  return content;
}

// "clear -key key=value key+delta"
std::string changes(const Content& content) {
  std::string text = content.cleared() ? "clear " : "";
  for (const store::Change& change : content.changes()) {
    text += change.kind == Kind::remove ? "-" : "";
    text += change.key;
    if (change.kind == Kind::set) {
      text += "=" + std::string(change.value);
    } else if (change.kind == Kind::increment) {
      text += "+" + std::to_string(change.delta);
    }
    text += ' ';
  }
  return text;
}

// "key=value key", the latter when it is not to be there
std::string preconditions(const Content& content) {
  std::string text;
  for (const store::Precondition& precondition : content.preconditions()) {
    text += std::string(precondition.key) + (precondition.value ? "=" + std::string(*precondition.value) : "") + " ";
  }
  return text;
}

std::string python(const Content& content) {
  std::string line;
  content.append_python(line);
  return line;
}

}  // namespace

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

TEST_CASE("text that lies as Python writes it travels as it came") {
  const auto content = of_text(R"({"kept": [1,2 ,{"x":"\u0041"}], "n": 1E5, "last": 1})");
  CHECK(python(*content) == R"({"kept": [1,2 ,{"x":"\u0041"}], "n": 1E5, "last": 1})");
  REQUIRE(content->set("n", R"({"é":[1,2]})") == Status::ok);
  CHECK(python(*content) == R"({"kept": [1,2 ,{"x":"\u0041"}], "n": {"\u00e9": [1, 2]}, "last": 1})");
  REQUIRE(content->set("new", "[1E5]") == Status::ok);
  REQUIRE(content->set("last", "[2]") == Status::ok);
  const std::string changed = R"({"kept": [1,2 ,{"x":"\u0041"}], "n": {"\u00e9": [1, 2]}, "last": [2], "new": [1E5]})";
  CHECK(python(*content) == changed);
  content->settle();
  CHECK(python(*content) == changed);
  REQUIRE(content->set("kept", "3") == Status::ok);
  REQUIRE(content->set("last", "4") == Status::ok);
  CHECK(python(*content) == R"({"kept": 3, "n": {"\u00e9": [1, 2]}, "last": 4, "new": [1E5]})");
}

TEST_CASE("members that lie otherwise are written anew, with their numbers as they came, the others travel") {
  for (const std::string text :
       {R"( {"a": ["\u0041"], "b": 1E5})", R"({ "a": ["\u0041"], "b": 1E5})", R"({"a": ["\u0041"] , "b": 1E5})",
        R"({"a": ["\u0041"],  "b": 1E5})", R"({"a": ["\u0041"],"b": 1E5})", R"({"a": ["\u0041"], "b":1E5})",
        R"({"a": ["\u0041"], "b": 1E5 })", R"({"a": ["\u0041"], "b": 1E5} )", R"({"a": ["\u0041"] ,"b": 1E5})"}) {
    CAPTURE(text);
    CHECK(python(*of_text(text)) == R"({"a": ["\u0041"], "b": 1E5})");
  }
  for (const std::string text : {R"({"a":["\u0041"],"b":1E5})", R"({"a" : ["\u0041"], "b": 1E5})",
                                 R"({"a":  ["\u0041"], "b": 1E5})", "{\"a\":\t[\"\\u0041\"], \"b\": 1E5}"}) {
    CAPTURE(text);
    CHECK(python(*of_text(text)) == R"({"a": ["A"], "b": 1E5})");
  }
  const auto content =
      of_text(R"({"kept": [1,2 ,{"x":"\u0041"}], "odd":[1,2 ,{"x":"\u0041"}], "caf\u00e9": "\u0041"})");
  CHECK(python(*content) == R"({"kept": [1,2 ,{"x":"\u0041"}], "odd": [1, 2, {"x": "A"}], "caf\u00e9": "A"})");
  Content assigned(roomy);
  REQUIRE(assigned.assign(R"({"a": ["\u0041"], "b": 1E5})"));
  CHECK(python(assigned) == R"({"a": ["A"], "b": 1E5})");
  assigned.settle();
  CHECK(python(assigned) == R"({"a": ["A"], "b": 1E5})");
  CHECK(python(Content(roomy)) == "{}");
  CHECK(python(*of_text("{}")) == "{}");
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

TEST_CASE("only what differs is a change, and each key has one at most") {
  const auto content = of_record({{"a", "1"}, {"b", "2"}, {"n", "3"}});
  CHECK_FALSE(content->changed());
  CHECK(changes(*content).empty());
  REQUIRE(content->set("a", "3") == Status::ok);
  REQUIRE(content->set("a", "4") == Status::ok);
  REQUIRE(content->remove("b") == Status::ok);
  CHECK(changes(*content) == "-b a=4 ");
  REQUIRE(content->set("new", "1") == Status::ok);
  REQUIRE(content->remove("new") == Status::ok);
  CHECK(content->remove("new") == Status::not_found);
  CHECK(changes(*content) == "-b a=4 ");
  content->settle();
  CHECK_FALSE(content->changed());
  REQUIRE(content->remove("a") == Status::ok);
  CHECK(changes(*content) == "-a ");
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

TEST_CASE("preconditions: what was read as others see it, as it is kept") {
  const auto content = of_record({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  CHECK(content->find("c") == "3");
  CHECK(preconditions(*content).empty());
  content->remember_reads();
  CHECK(content->find("a") == "1");
  REQUIRE(content->set("a", "9") == Status::ok);
  CHECK(content->find("a") == "9");
  CHECK_FALSE(content->find("none"));
  CHECK(content->remove("nothing") == Status::not_found);
  REQUIRE(content->set("c", "7") == Status::ok);
  CHECK(content->find("c") == "7");
  REQUIRE(content->remove("c") == Status::ok);
  CHECK_FALSE(content->find("c"));
  CHECK(preconditions(*content) == "a=1 none nothing ");
  REQUIRE(content->remove("b") == Status::ok);
  CHECK(preconditions(*content) == "b=2 a=1 none nothing ");
  CHECK(content->remove("b") == Status::not_found);
  CHECK(preconditions(*content) == "b=2 a=1 none nothing ");
  REQUIRE(content->set("b", "8") == Status::ok);
  CHECK(content->find("b") == "8");
  CHECK(preconditions(*content) == "a=1 b=2 none nothing ");
  REQUIRE(content->remove("b") == Status::ok);
  CHECK(preconditions(*content) == "b=2 a=1 none nothing ");
  content->clear();
  CHECK_FALSE(content->find("a"));
  CHECK(content->to_json() == "{}");
  CHECK(content->key_at(0) == nullptr);
  CHECK(preconditions(*content) == "none nothing b=2 a=1 ");
  CHECK_FALSE(content->has_read_everything());
}

TEST_CASE("clearing and assigning keep in mind what was read") {
  const auto content = of_record({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  content->remember_reads();
  CHECK(content->find("a") == "1");
  CHECK_FALSE(content->find("none"));
  const std::string read = "none a=1 ";
  SECTION("clear") { content->clear(); }
  SECTION("assign") { REQUIRE(content->assign(R"({"a":8,"none":9})")); }
  SECTION("one after the other") {
    content->clear();
    REQUIRE(content->set("a", "7") == Status::ok);
    CHECK(content->find("a") == "7");
    REQUIRE(content->assign(R"({"a":8})"));
  }
  CHECK(preconditions(*content) == read);
  CHECK_FALSE(content->find("b"));
  CHECK(content->size() < 3);
  CHECK(preconditions(*content) == read);
  CHECK_FALSE(content->has_read_everything());
  content->settle();
  CHECK(preconditions(*content).empty());
}

TEST_CASE("who has read everything knows what was there after clearing") {
  const auto content = of_record({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  content->remember_reads();
  CHECK(content->size() == 3);
  REQUIRE(content->remove("b") == Status::ok);
  content->clear();
  REQUIRE(content->set("c", "9") == Status::ok);
  CHECK(content->has_read_everything());
  const std::vector<store::Field> now = {{"a", "1"}, {"b", "7"}, {"more", "1"}};
  CHECK(content->differences(store::Record({}, {}, now)) == std::vector<std::string>{"b", "more", "c"});
  content->adopt_record(store::Record({}, {}, now));
  CHECK_FALSE(content->has_read_everything());
  CHECK(preconditions(*content).empty());
}

TEST_CASE("what was written is what is kept from then on") {
  const auto content = of_record({{"a", "1"}, {"b", "2"}});
  content->remember_reads();
  REQUIRE(content->set("a", "3") == Status::ok);
  REQUIRE(content->set("new", "4") == Status::ok);
  content->settle();
  CHECK(content->to_json() == R"({"a":3,"b":2,"new":4})");
  CHECK(*content->json_of("a") == "3");
  CHECK(content->find("new") == "4");
  CHECK(preconditions(*content) == "a=3 new=4 ");
  REQUIRE(content->set("a", "5") == Status::ok);
  REQUIRE(content->remove("new") == Status::ok);
  CHECK(content->changes().front().seen == "4");
  CHECK(content->changes().back().seen == "3");
  REQUIRE(content->set("new", "6") == Status::ok);
  CHECK(preconditions(*content) == "a=3 new=4 ");
  const std::vector<store::Field> now = {{"a", "5"}, {"b", "2"}, {"new", "4"}, {"more", "1"}};
  CHECK(content->differences(store::Record({}, {}, now)) == std::vector<std::string>{"a", "more"});
  CHECK(content->differences(store::Record({}, {}, {})) == std::vector<std::string>{"a", "b", "new"});
  content->settle();
  CHECK(content->to_json() == R"({"a":5,"b":2,"new":6})");
  REQUIRE(content->set("a", "7") == Status::ok);
  CHECK(content->changes().front().seen == "5");
  REQUIRE(content->remove("a") == Status::ok);
  CHECK(content->changes().front().seen == "5");
  REQUIRE(content->set("a", "8") == Status::ok);
  CHECK(content->changes().back().seen == "5");
  CHECK(content->to_json() == R"({"b":2,"new":6,"a":8})");
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

TEST_CASE("what was removed does not come back with the text") {
  const auto content = of_text(R"({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})");
  CHECK(python(*content) == R"({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})");
  REQUIRE(content->remove("b") == Status::ok);
  REQUIRE(content->set("d", "[1,2]") == Status::ok);
  CHECK(python(*content) == R"({"a": 1, "c": 3, "d": [1, 2], "e": 5})");
  content->settle();
  REQUIRE(content->set("b", "6") == Status::ok);
  CHECK(python(*content) == R"({"a": 1, "c": 3, "d": [1, 2], "e": 5, "b": 6})");
  REQUIRE(content->remove("a") == Status::ok);
  REQUIRE(content->remove("e") == Status::ok);
  CHECK(python(*content) == R"({"c": 3, "d": [1, 2], "b": 6})");
  const auto shorter = of_text(R"({"a": "é", "b": 2})");
  REQUIRE(shorter->remove("b") == Status::ok);
  CHECK(python(*shorter) == R"({"a": "é"})");
  REQUIRE(shorter->set("b", "3") == Status::ok);
  CHECK(python(*shorter) == R"({"a": "é", "b": 3})");
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
