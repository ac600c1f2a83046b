// Does a session hold what was put into it, and is nothing made that nobody asked for?
#include <conformance/world.hpp>

namespace conformance {

namespace {

void nothing_is_stored_for_nothing(World& world) {
  const Manager manager = world.manager();
  const std::optional<Statistics> before = world.statistics();
  Request unused(manager, {}, &world.journal(), "unused");
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, unused.commit());
  Request reader(manager, {}, &world.journal(), "reader");
  expect(!reader.get("k"), "a new session has no keys");
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, reader.commit());
  Request undecided(manager, {}, &world.journal(), "undecided");
  undecided.set("k", "1");
  undecided.remove("k");
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, undecided.commit());
  expect_equal("Set-Cookie lines of a session that was not stored", 0, static_cast<long long>(undecided.line_count()));
  expect_no_more_sessions(world, before);
}

void content_is_kept(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"b":1,"a":"x","c":null})");
  browser.expect_content(R"({"b":1,"a":"x","c":null})");
  Request request = browser.request("A");
  request.set("a", "2");
  request.set("d", "[]");
  request.remove("b");
  expect_outcome(SESSIONS_OUTCOME_SAVED, request.commit());
  expect_equal("content in the handle", R"({"a":2,"c":null,"d":[]})", request.json());
  expect_equal("the cookie of a stored session", browser.cookie(), request.cookie());
  browser.expect_content(R"({"a":2,"c":null,"d":[]})");
}

void a_session_may_be_left_without_keys(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request request = browser.request("A");
  request.remove("k");
  expect_outcome(SESSIONS_OUTCOME_SAVED, request.commit());
  browser.expect_content("{}");
}

void values_travel_byte_for_byte(World& world) {
  const Manager manager = world.manager();
  const std::vector<std::string> values = {"null",
                                           "true",
                                           "false",
                                           "0",
                                           "-0",
                                           "9223372036854775807",
                                           "-9223372036854775808",
                                           "18446744073709551615",
                                           "18446744073709551616",
                                           "1e999",
                                           "0.1",
                                           "1E+2",
                                           "1.000",
                                           R"("")",
                                           R"("\u0000")",
                                           R"("\ud83d\ude00 \/ \n")",
                                           "\"\xf0\x9f\x98\x80\xc3\xa9\x7f\"",
                                           "[]",
                                           "{}",
                                           R"([1, {"a": [null , "b"]}])",
                                           R"({"x" : 1,"y":2 })",
                                           R"("'; DROP TABLE sessions; --")",
                                           R"("%s%n\\")"};
  Browser browser(world, manager, R"({"first":1})");
  Request writer = browser.request("A");
  for (std::size_t i = 0; i < values.size(); ++i) {
    writer.set("v" + std::to_string(i), values[i]);
  }
  writer.commit();
  Request reader = browser.request("B");
  for (std::size_t i = 0; i < values.size(); ++i) {
    expect_equal("value of a key", values[i], reader.get("v" + std::to_string(i)).value_or("(none)"));
  }
}

void keys_are_bytes(World& world) {
  using namespace std::string_literals;
  const Manager manager = world.manager();
  const std::vector<std::string> keys = {""s,
                                         "\0"s,
                                         "\0\0"s,
                                         "a\0b"s,
                                         "a\0c"s,
                                         "a"s,
                                         "A"s,
                                         "\n"s,
                                         "\x01\x7f"s,
                                         "'"s,
                                         "\""s,
                                         "\\"s,
                                         "%"s,
                                         "_"s,
                                         "*"s,
                                         "a:b"s,
                                         " "s,
                                         " a "s,
                                         "\xc3\xa9"s,
                                         "e\xcc\x81"s,
                                         "\xf0\x9f\x98\x80"s,
                                         "\xf4\x8f\xbf\xbf"s,
                                         std::string(10'000, 'k')};
  Browser browser(world, manager, R"({"first":1})");
  Request writer = browser.request("A");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    writer.set(keys[i], std::to_string(i));
  }
  writer.commit();
  Request reader = browser.request("B");
  expect_equal("number of keys", static_cast<long long>(keys.size() + 1), static_cast<long long>(reader.count()));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    expect_equal("value of key " + quoted(keys[i]), std::to_string(i), reader.get(keys[i]).value_or("(none)"));
  }
  Request remover = browser.request("C");
  for (const std::string& key : keys) {
    remover.remove(key);
  }
  remover.commit();
  browser.expect_content(R"({"first":1})");
}

void large_values(World& world) {
  constexpr std::size_t mebibyte = 1 << 20;
  Settings settings;
  settings.max_content = 8 * mebibyte;
  const Manager manager = world.manager(settings);
  Browser browser(world, manager, R"({"small":1})");
  std::string text = "\"" + std::string(mebibyte, 'x') + "\"";
  Request writer = browser.request("A");
  writer.set("large", text);
  writer.commit();
  Request other = browser.request("B");
  expect(other.get("large") == text, "a value of 1 MiB comes back as it was");
  text.replace(1, 7, "changed");
  other.set("large", text);
  other.increment("small");
  other.commit();
  Request reader = browser.request("C");
  expect(reader.get("large") == text, "a changed value of 1 MiB comes back as it was");
  expect_equal("the small value beside it", "2", reader.get("small").value_or("(none)"));
}

void many_keys(World& world) {
  constexpr int most = 1'024;
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"0":0})");
  Request writer(manager, browser.cookie());
  for (int i = 1; i < most; ++i) {
    writer.set(std::to_string(i), std::to_string(i));
  }
  writer.commit();
  Request reader(manager, browser.cookie());
  expect_equal("number of keys", most, static_cast<long long>(reader.count()));
  for (int i = 0; i < most; ++i) {
    expect_equal("value of a key", std::to_string(i), reader.get(std::to_string(i)).value_or("(none)"));
  }
}

void the_handle_goes_on_after_a_commit(World& world) {
  const Manager manager = world.manager();
  Request request(manager, {}, &world.journal(), "A");
  request.set("n", "1");
  expect_outcome(SESSIONS_OUTCOME_CREATED, request.commit());
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, request.commit(), "outcome with nothing to do");
  request.increment("n");
  expect_outcome(SESSIONS_OUTCOME_SAVED, request.commit());
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, request.commit(), "outcome with nothing to do");
  request.remove("n");
  request.set("m", "3");
  expect_outcome(SESSIONS_OUTCOME_SAVED, request.commit());
  Request reader(manager, request.cookie(), &world.journal(), "B");
  expect_equal("content", R"({"m":3})", reader.json());
  expect_outcome(SESSIONS_OUTCOME_DESTROYED, request.destroy());
}

void sessions_do_not_touch_each_other(World& world) {
  const Manager manager = world.manager();
  const Manager same_backend = world.manager();
  Browser one(world, manager, R"({"k":1})");
  Browser two(world, same_backend, R"({"k":2})");
  Request request = one.request("A");
  request.set("k", "3");
  request.commit();
  two.expect_content(R"({"k":2})");
  Request through_another_manager(same_backend, one.cookie(), &world.journal(), "B");
  expect_equal("content through another manager of the backend", R"({"k":3})", through_another_manager.json());
  two.request("C").destroy();
  one.expect_content(R"({"k":3})");
}

}  // namespace

std::vector<Test> content_tests() {
  return {{"content: nothing is stored for a session without content", nothing_is_stored_for_nothing},
          {"content: a session is kept, in the order of its keys", content_is_kept},
          {"content: a session may be left without keys", a_session_may_be_left_without_keys},
          {"content: values travel byte for byte", values_travel_byte_for_byte},
          {"content: keys may hold any text, NUL too", keys_are_bytes},
          {"content: values of 1 MiB", large_values},
          {"content: 1,024 keys", many_keys},
          {"content: a handle goes on after its commit", the_handle_goes_on_after_a_commit},
          {"content: sessions do not touch each other", sessions_do_not_touch_each_other}};
}

}  // namespace conformance
