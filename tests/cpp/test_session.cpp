// Sessions: reading, changing and ending.
#include <cjson/cJSON.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <support/catch.hpp>
#include <type_traits>
#include <vector>

#include "world.hpp"

using sessions::Manager;
using sessions::Outcome;
using sessions::Session;
using sessions::Status;
using sessions::Type;
using namespace std::string_view_literals;
using world::World;

namespace {

// What gives views cannot be called on a temporary session.
template <class S, class = void>
constexpr bool gives_keys = false;
template <class S>
constexpr bool gives_keys<S, std::void_t<decltype(std::declval<S>().keys())>> = true;
template <class S, class = void>
constexpr bool gives_lines = false;
template <class S>
constexpr bool gives_lines<S, std::void_t<decltype(std::declval<S>().cookie_lines())>> = true;
template <class S, class = void>
constexpr bool gives_json = false;
template <class S>
constexpr bool gives_json<S, std::void_t<decltype(std::declval<S>().to_json())>> = true;
template <class S, class = void>
constexpr bool pops = false;
template <class S>
constexpr bool pops<S, std::void_t<decltype(std::declval<S>().pop_string(""))>> = true;

static_assert(gives_keys<Session&> && gives_keys<const Session&> && !gives_keys<Session>);
static_assert(gives_lines<Session&> && gives_lines<const Session&> && !gives_lines<Session>);
static_assert(gives_json<Session&> && gives_json<const Session&> && !gives_json<Session>);
static_assert(pops<Session&> && !pops<const Session&> && !pops<Session>);

struct Fresh {
  World world;
  Manager manager = world.manager();
  Session session = manager.load("").value_or_throw();
};

template <class T>
T value_of(const Session& session, std::string_view key) {
  return session.get<T>(key).value_or_throw().value();
}

template <class Texts>
std::vector<std::string> list(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

TEST_CASE("values come back as they were set") {
  Fresh fresh;
  Session& session = fresh.session;
  REQUIRE(session.set("bool", true));
  REQUIRE(session.set("int", -7));
  REQUIRE(session.set("small", static_cast<signed char>(-8)));
  REQUIRE(session.set("least", std::numeric_limits<std::int64_t>::min()));
  REQUIRE(session.set("most", std::numeric_limits<std::uint64_t>::max()));
  REQUIRE(session.set("double", 0.5));
  REQUIRE(session.set("float", 0.25F));
  REQUIRE(session.set("null", nullptr));
  REQUIRE(session.set("literal", "text"));
  REQUIRE(session.set("string", std::string("with\0nul", 8)));
  REQUIRE(session.set("view", "view"sv));
  REQUIRE(session.set("", "the empty key"));
  CHECK(value_of<bool>(session, "bool"));
  CHECK(value_of<int>(session, "int") == -7);
  CHECK(value_of<long long>(session, "small") == -8);
  CHECK(value_of<std::int64_t>(session, "least") == std::numeric_limits<std::int64_t>::min());
  CHECK(value_of<std::uint64_t>(session, "most") == std::numeric_limits<std::uint64_t>::max());
  CHECK(value_of<double>(session, "double") == 0.5);
  CHECK(value_of<double>(session, "float") == 0.25);
  CHECK(value_of<std::nullptr_t>(session, "null") == nullptr);
  CHECK(value_of<std::string_view>(session, "literal") == "text");
  CHECK(value_of<std::string>(session, "string") == std::string("with\0nul", 8));
  CHECK(value_of<std::string_view>(session, "view") == "view");
  CHECK(value_of<std::string>(session, "") == "the empty key");
  CHECK(session.size() == 12);
}

TEST_CASE("a missing key is no error") {
  const Fresh fresh;
  const Session& session = fresh.session;
  CHECK(session.get<bool>("no").value_or_throw() == std::nullopt);
  CHECK(session.get<int>("no").value_or_throw() == std::nullopt);
  CHECK(session.get<std::uint8_t>("no").value_or_throw() == std::nullopt);
  CHECK(session.get<double>("no").value_or_throw() == std::nullopt);
  CHECK(session.get<std::string>("no").value_or_throw() == std::nullopt);
  CHECK(session.get<std::string_view>("no").value_or_throw() == std::nullopt);
  CHECK_FALSE(session.get<std::nullptr_t>("no").value_or_throw().has_value());
  CHECK(session.get_json("no").value_or_throw() == std::nullopt);
  CHECK(session.get_cjson("no").value_or_throw() == std::nullopt);
  CHECK(session.type("no").value_or_throw() == std::nullopt);
  CHECK_FALSE(session.contains("no").value_or_throw());
  CHECK(session.empty());
}

TEST_CASE("values of another type and numbers that do not fit are errors") {
  Fresh fresh;
  Session& session = fresh.session;
  REQUIRE(session.set("text", "1"));
  REQUIRE(session.set("300", 300));
  REQUIRE(session.set("-1", -1));
  REQUIRE(session.set("half", 0.5));
  CHECK(session.get<int>("text").status() == Status::type);
  CHECK(session.get<bool>("300").status() == Status::type);
  CHECK(session.get<std::string_view>("300").status() == Status::type);
  CHECK(session.get<std::string>("300").status() == Status::type);
  CHECK(session.get<std::nullptr_t>("300").status() == Status::type);
  CHECK(session.get<double>("text").status() == Status::type);
  CHECK(session.get<std::uint8_t>("300").status() == Status::range);
  CHECK(session.get<signed char>("300").status() == Status::range);
  CHECK(session.get<short>("300").value_or_throw() == 300);
  CHECK(session.get<unsigned>("-1").status() == Status::range);
  CHECK(session.get<int>("half").status() == Status::range);
  CHECK(session.get<int>("\xff").status() == Status::invalid);
}

TEST_CASE("values that cannot be set are refused") {
  Fresh fresh;
  Session& session = fresh.session;
  CHECK(session.set("key", "\xff").status() == Status::invalid);
  CHECK(session.set("key", std::numeric_limits<double>::infinity()).status() == Status::invalid);
  CHECK(session.set("\xff", 1).status() == Status::invalid);
  const auto refused = session.set_json("key", "[1,");
  CHECK(refused.status() == Status::invalid);
  CHECK(refused.error().message() != message(Status::invalid));
  CHECK(session.from_json("[]").status() == Status::invalid);
  CHECK(session.empty());
}

TEST_CASE("values are JSON, and so is the whole") {
  Fresh fresh;
  Session& session = fresh.session;
  REQUIRE(session.set_json("list", "[1, 2]"));
  CHECK(session.get_json("list").value_or_throw() == "[1, 2]");
  CHECK(session.type("list").value_or_throw() == Type::array);
  REQUIRE(session.from_json(R"({"b": 1, "a": {"x": null}, "n": 1e999, "u": 18446744073709551615})"));
  CHECK(session.type("a").value_or_throw() == Type::object);
  CHECK(session.type("n").value_or_throw() == Type::number);
  CHECK(session.type("u").value_or_throw() == Type::uint64);
  CHECK(session.contains("b").value_or_throw());
  CHECK_FALSE(session.contains("list").value_or_throw());
  CHECK(session.to_json().value_or_throw() == R"({"b":1,"a":{"x": null},"n":1e999,"u":18446744073709551615})");
}

TEST_CASE("values are trees of cJSON") {
  Fresh fresh;
  Session& session = fresh.session;
  REQUIRE(session.set_json("list", "[1, 2]"));
  cJSON* const tree = session.get_cjson("list").value_or_throw().value();
  CHECK(cJSON_GetArraySize(tree) == 2);
  CHECK(session.set_cjson("copy", tree));
  cJSON_Delete(tree);
  CHECK(session.get_json("copy").value_or_throw() == "[1,2]");
  CHECK(session.set_cjson("copy", nullptr).status() == Status::invalid);
  REQUIRE(session.set("large", std::numeric_limits<std::int64_t>::max()));
  CHECK(session.get_cjson("large").status() == Status::range);
}

TEST_CASE("keys are a range, in the order of setting") {
  Fresh fresh;
  Session& session = fresh.session;
  CHECK(list(session.keys().value_or_throw()).empty());
  for (const char* const key : {"one", "two", "three"}) {
    REQUIRE(session.set(key, 1));
  }
  const sessions::Keys keys = session.keys().value_or_throw();
  CHECK(keys.size() == 3);
  CHECK(list(keys) == std::vector<std::string>{"one", "two", "three"});
  CHECK(std::find(keys.begin(), keys.end(), "two") != keys.end());
  auto key = keys.begin();
  CHECK(*key++ == "one");
  CHECK(*key == "two");
  CHECK(session.remove("one").value_or_throw());
  CHECK_FALSE(session.remove("one").value_or_throw());
  CHECK(list(session.keys().value_or_throw()) == std::vector<std::string>{"two", "three"});
}

TEST_CASE("a range of what is no longer there gives empty texts") {
  Fresh fresh;
  REQUIRE(fresh.session.set("one", 1));
  const sessions::Keys keys = fresh.session.keys().value_or_throw();
  REQUIRE(fresh.session.clear());
  CHECK(list(keys) == std::vector<std::string>{""});
}

TEST_CASE("increments, removals and messages shown once") {
  Fresh fresh;
  Session& session = fresh.session;
  CHECK(session.increment("n").value_or_throw() == 1);
  CHECK(session.increment("n", -3).value_or_throw() == -2);
  REQUIRE(session.set("flash", "saved"));
  CHECK(session.increment("flash").status() == Status::type);
  CHECK(session.pop_json("n").value_or_throw() == "-2");
  CHECK(session.pop_json("n").value_or_throw() == std::nullopt);
  REQUIRE(session.set("n", 1));
  CHECK(session.pop_string("n").status() == Status::type);
  CHECK(session.pop_string("flash").value_or_throw() == "saved");
  CHECK(session.pop_string("flash").value_or_throw() == std::nullopt);
  CHECK(session.remove("\xff").status() == Status::invalid);
  REQUIRE(session.clear());
  CHECK(session.empty());
}

TEST_CASE("views outlive a move of the session, and other reading") {
  Fresh fresh;
  Session& session = fresh.session;
  REQUIRE(session.set("text", "a text that is longer than any short string"));
  REQUIRE(session.set("other", "another text that is longer than any short string"));
  const std::string_view text = session.get<std::string_view>("text").value_or_throw().value();
  const Session moved = std::move(session);
  CHECK(moved.get<std::string_view>("other").value_or_throw().value().size() == 49);
  CHECK(moved.to_json());
  CHECK(text == "a text that is longer than any short string");
  CHECK(text.data()[text.size()] == '\0');
}

TEST_CASE("a copy may be taken of a temporary session") {
  Fresh fresh;
  const std::string header = world::stored(fresh.manager, "n", 7);
  CHECK(fresh.manager.load(header).value_or_throw().get<int>("n").value_or_throw() == 7);
  CHECK(fresh.manager.load(header).value_or_throw().get<std::string>("m").value_or_throw() == std::nullopt);
}

TEST_CASE("a session goes from one request to the next on every backend") {
  for (const std::string_view url : {"memory:", "signed-cookie:", "cookie:"}) {
    const World world(url);
    const Manager manager = world.manager();
    Session first = manager.load("").value_or_throw();
    CHECK(first.origin() == sessions::Origin::new_session);
    REQUIRE(first.set("n", 1));
    REQUIRE(first.commit());
    CHECK(first.outcome() == Outcome::created);
    CHECK(first.cookie_lines().size() == 1);
    CHECK_FALSE(first.varies_by_cookie());
    CHECK(first.must_not_be_cached());
    const std::string header = world::header_of(first);
    Session second = manager.load("a=b; " + header).value_or_throw();
    CHECK(second.origin() == sessions::Origin::restored);
    CHECK(second.get<int>("n").value_or_throw() == 1);
    const std::string value = header.substr(header.find('=') + 1);
    CHECK(manager.load_value(value).value_or_throw().origin() == sessions::Origin::restored);
    CHECK(manager.load_value("nonsense").value_or_throw().origin() != sessions::Origin::restored);
    REQUIRE(second.regenerate());
    CHECK(second.outcome() == Outcome::regenerated);
    CHECK_FALSE(second.is_degraded());
    REQUIRE(second.destroy());
    CHECK(second.outcome() == Outcome::destroyed);
    CHECK(second.empty());
  }
}

TEST_CASE("a session is made first and loaded later, once") {
  Fresh fresh;
  const std::string header = world::stored(fresh.manager, "n", 1);
  Session session = fresh.manager.new_session().value_or_throw();
  REQUIRE(session.set_timeout(std::chrono::milliseconds(1)));
  CHECK(session.set_timeout(std::chrono::milliseconds(0)).status() == Status::invalid);
  REQUIRE(session.set_commit_mode(sessions::CommitMode::strict));
  CHECK(session.set_commit_mode(static_cast<sessions::CommitMode>(9)).status() == Status::invalid);
  REQUIRE(session.load(header));
  CHECK(session.origin() == sessions::Origin::restored);
  CHECK(session.load(header).status() == Status::misuse);
  Session by_value = fresh.manager.new_session().value_or_throw();
  REQUIRE(by_value.load_value(header.substr(header.find('=') + 1)));
  CHECK(by_value.origin() == sessions::Origin::restored);
}

TEST_CASE("parallel requests are merged, contested keys are named, strict ones conflict") {
  Fresh fresh;
  const std::string header = world::stored(fresh.manager, "n", 1);
  Session one = fresh.manager.load(header).value_or_throw();
  Session two = fresh.manager.load(header).value_or_throw();
  Session strict = fresh.manager.new_session().value_or_throw();
  REQUIRE(strict.set_commit_mode(sessions::CommitMode::strict));
  REQUIRE(strict.load(header));
  CHECK(strict.get<int>("n").value_or_throw() == 1);
  REQUIRE(strict.set("m", 1));
  REQUIRE(one.set("n", 2));
  REQUIRE(one.commit());
  REQUIRE(two.set("n", 3));
  REQUIRE(two.commit());
  CHECK(two.outcome() == Outcome::merged);
  CHECK(list(two.contested_keys()) == std::vector<std::string>{"n"});
  REQUIRE(strict.commit());
  CHECK(strict.outcome() == Outcome::conflict);
}

TEST_CASE("a key may be required to be unchanged") {
  Fresh fresh;
  const std::string header = world::stored(fresh.manager, "n", 1);
  Session one = fresh.manager.load(header).value_or_throw();
  Session two = fresh.manager.load(header).value_or_throw();
  REQUIRE(two.require_unchanged("n"));
  REQUIRE(two.set("n", 3));
  REQUIRE(one.set("n", 2));
  REQUIRE(one.commit());
  REQUIRE(two.commit());
  CHECK(two.outcome() == Outcome::conflict);
  CHECK(list(two.contested_keys()) == std::vector<std::string>{"n"});
  REQUIRE(two.clear());
  CHECK(two.require_unchanged("n").error().status() == sessions::Status::misuse);
}

TEST_CASE("a line that no browser would take is refused") {
  const World world("cookie:");
  Session session = world.manager().load("").value_or_throw();
  REQUIRE(session.set("key", std::string(5000, 'x')));
  const auto refused = session.commit();
  CHECK(refused.status() == Status::limit);
  CHECK(refused.error().category() == sessions::Category::caller);
  CHECK(session.cookie_lines().empty());
}

TEST_CASE("upkeep: ping, sweep and statistics") {
  World world;
  const Manager manager = world.manager();
  world::stored(manager, "n", 1);
  CHECK(manager.ping());
  const sessions::Statistics statistics = manager.statistics().value_or_throw();
  CHECK(statistics.sessions == 1);
  CHECK(statistics.bytes > 0);
  CHECK(manager.sweep(10).value_or_throw() == 0);
  *world.now += 15 * 86'400;
  CHECK(manager.sweep(10).value_or_throw() == 1);
  CHECK(manager.sweep(0).status() == Status::invalid);
  const World cookies("cookie:");
  CHECK(cookies.manager().statistics().status() == Status::unsupported);
}
