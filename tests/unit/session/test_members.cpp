#include <session/members.hpp>
#include <string>

#include "../../support/catch.hpp"

using sessions::session::Member;
using sessions::session::Members;
using sessions::session::scratch_for;

namespace {

constexpr std::size_t on_stack = 320;

std::string with_members(std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":" + std::to_string(2 * i);
  }
  return text + "}";
}

}  // namespace

TEST_CASE("members are found in their order, as they stand in the text") {
  const std::string text = R"( { "b" : [1, {"x": 2}] ,"":"" , "a":-1.50 } )";
  Members members(text, {});
  CHECK_FALSE(members.fault());
  CHECK_FALSE(members.has_escapes());
  REQUIRE(members.count() == 3);
  const std::span<const Member> all = members.all();
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "b");
  CHECK(all[0].json == R"([1, {"x": 2}])");
  CHECK(all[1].name.empty());
  CHECK(all[1].json == R"("")");
  CHECK(all[2].name == "a");
  CHECK(all[2].json == "-1.50");
  CHECK(all[2].name.data() > text.data());
  CHECK(all[2].json.data() + all[2].json.size() < text.data() + text.size());
}

TEST_CASE("names keep their escapes, which is told, also of those inside") {
  const std::string text = R"({"a\u0062":"\u0062"})";
  Members members(text, {});
  CHECK(members.has_escapes());
  REQUIRE(members.count() == 1);
  CHECK(members.all()[0].name == R"(a\u0062)");
  CHECK(Members(R"({"a":{"\n":1}})", {}).has_escapes());
  CHECK_FALSE(Members(R"({"a":"\n"})", {}).has_escapes());
}

TEST_CASE("what is no object has no members, but a fault") {
  for (const char* const text : {"", "[]", "null", "{", R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", R"({"a":1} 2)"}) {
    CAPTURE(text);
    Members members(text, {});
    CHECK(members.fault());
    CHECK(members.count() == 0);
    CHECK(members.all().empty());
  }
  Members empty("{}", {});
  CHECK_FALSE(empty.fault());
  CHECK(empty.all().empty());
}

TEST_CASE("many members are found as few are") {
  for (const std::size_t count : {on_stack - 1, on_stack, on_stack + 1, std::size_t{5'000}}) {
    CAPTURE(count);
    const std::string text = with_members(count);
    std::vector<std::string_view> scratch = scratch_for(text);
    Members members(text, scratch);
    REQUIRE(members.count() == count);
    const std::span<const Member> all = members.all();
    REQUIRE(all.size() == count);
    CHECK(all.front().name == "0");
    CHECK(all.back().name == std::to_string(count - 1));
    CHECK(all.back().json == std::to_string(2 * (count - 1)));
    CHECK(members.all().data() == all.data());
  }
}

TEST_CASE("scanning needs memory for a text with many names alone") {
  CHECK(scratch_for("").empty());
  CHECK(scratch_for(with_members(on_stack)).empty());
  CHECK(scratch_for(R"({"long":")" + std::string(100'000, 'x') + "\"}").empty());
  CHECK(scratch_for(with_members(on_stack + 1)).size() == on_stack + 1);
}
