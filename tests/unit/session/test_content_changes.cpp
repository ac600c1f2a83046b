#include <memory>
#include <session/content.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/content.hpp"

using namespace sessions;
using namespace sessions::testing;
using session::Content;

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
