// The other commit modes: strict and last write.
#include <conformance/world.hpp>

namespace conformance {

namespace {

constexpr std::int32_t strict = SESSIONS_COMMIT_STRICT;
constexpr std::int32_t last_write = SESSIONS_COMMIT_LAST_WRITE;

void set_k(Browser& browser, std::string_view json) {
  Request other = browser.request("other");
  other.set("k", json);
  other.commit();
}

void strict_conflicts_and_redo(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1})");
  Request a = browser.request("A", strict);
  a.get("k");
  a.get("l");
  set_k(browser, "5");
  a.set("l", "2");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, a.commit());
  expect_contested(a, {"k"});
  expect_equal("content in the handle after a conflict", R"({"k":5,"l":1})", a.json());
  browser.expect_content(R"({"k":5,"l":1})");
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, a.commit(), "the changes are not there any more");
  Request redo = browser.request("redo", strict);
  redo.get("k");
  redo.set("l", "2");
  expect_outcome(SESSIONS_OUTCOME_SAVED, redo.commit());
  browser.expect_content(R"({"k":5,"l":2})");
}

void strict_redo_in_the_same_handle(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request a = browser.request("A", strict);
  a.get("k");
  a.set("k", "2");
  set_k(browser, "5");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, a.commit());
  expect_equal("value after the conflict", "5", a.get("k").value_or("(none)"));
  a.set("k", "6");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit(), "outcome of the change made again");
  browser.expect_content(R"({"k":6})");
}

void strict_about_a_key_that_was_missing(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"l":1})");
  Request a = browser.request("A", strict);
  expect(!a.get("k"), "the key is not there");
  set_k(browser, "1");
  a.set("l", "2");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, a.commit());
  expect_contested(a, {"k"});
  browser.expect_content(R"({"l":1,"k":1})");
}

void strict_about_a_key_that_is_removed(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1})");
  Request a = browser.request("A", strict);
  a.get("k");
  Request remover = browser.request("remover");
  remover.remove("k");
  remover.commit();
  a.set("l", "2");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, a.commit());
  expect_contested(a, {"k"});
  browser.expect_content(R"({"l":1})");
}

void strict_about_nothing_else(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1,"n":1})");
  Request a = browser.request("A", strict);
  a.get("l");
  a.set("l", "2");
  a.increment("n");
  set_k(browser, "5");
  expect_outcome(SESSIONS_OUTCOME_MERGED, a.commit(), "only a key that was not read has changed");
  expect_equal("content in the handle", R"({"k":5,"l":2,"n":2})", a.json());
  browser.expect_content(R"({"k":5,"l":2,"n":2})");
}

void strict_about_the_whole(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1})");
  Request by_json = browser.request("A", strict);
  Request by_count = browser.request("B", strict);
  by_json.json();
  by_count.count();
  by_json.set("l", "2");
  by_count.set("l", "3");
  set_k(browser, "5");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, by_json.commit(), "outcome after reading it as JSON");
  expect_contested(by_json, {"k"});
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, by_count.commit(), "outcome after counting");
  expect_contested(by_count, {"k"});
  browser.expect_content(R"({"k":5,"l":1})");
}

void strict_about_a_key_that_could_not_be_removed(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"l":1})");
  Request a = browser.request("A", strict);
  expect(a.try_remove("k") == SESSIONS_E_NOT_FOUND, "the key is not there");
  set_k(browser, "1");
  a.set("l", "2");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, a.commit());
  expect_contested(a, {"k"});
}

void strict_about_a_key_that_two_remove(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"token":1,"l":1})");
  Request a = browser.request("A", strict);
  Request b = browser.request("B", strict);
  a.remove("token");
  b.remove("token");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit());
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, b.commit());
  expect_contested(b, {"token"});
  browser.expect_content(R"({"l":1})");
}

void strict_about_nothing_that_it_has_set(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request a = browser.request("A", strict);
  a.set("k", "2");
  expect_equal("value", "2", a.get("k").value_or("(none)"));
  set_k(browser, "5");
  expect_outcome(SESSIONS_OUTCOME_MERGED, a.commit());
  browser.expect_content(R"({"k":2})");
}

void strict_about_nothing_of_its_own(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1})");
  Request a = browser.request("A", strict);
  a.remove("k");
  expect(!a.get("k"), "the key is not there any more");
  a.set("l", "2");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit(), "outcome after looking for a key that it has removed itself");
  a.get("l");
  a.json();
  a.set("l", "3");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit(), "outcome after reading what it has written itself");
  a.clear();
  expect(!a.get("l"), "the key is not there any more");
  expect_equal("keys after clearing", 0, static_cast<long long>(a.count()));
  a.set("m", "1");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit(), "outcome after looking for what it has cleared itself");
  browser.expect_content(R"({"m":1})");
}

void strict_about_what_was_read_before_replacing(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1})");
  Request by_key = browser.request("A", strict);
  Request by_json = browser.request("B", strict);
  Request unread = browser.request("C", strict);
  by_key.get("k");
  by_key.clear();
  by_key.set("l", "2");
  by_json.json();
  by_json.from_json(R"({"l":3})");
  unread.from_json(R"({"l":4})");
  set_k(browser, "77");
  for (Request* each : {&by_key, &by_json}) {
    expect_outcome(SESSIONS_OUTCOME_CONFLICT, each->commit());
    expect_contested(*each, {"k"});
  }
  browser.expect_content(R"({"k":77,"l":1})");
  expect_outcome(SESSIONS_OUTCOME_MERGED, unread.commit(), "outcome when nothing was read");
  browser.expect_content(R"({"l":4})");
}

void renewing_conflicts_with_nobody(World& world) {
  Settings settings;
  settings.renew_after = 0;
  const Manager manager = world.manager(settings);
  Browser browser(world, manager, R"({"k":1})");
  Request a = browser.request("A", strict);
  a.json();
  Request user = browser.request("user");
  user.get("k");
  expect_outcome(SESSIONS_OUTCOME_TOUCHED, user.commit());
  a.set("k", "2");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit(), "outcome when others have only renewed the session");
  browser.expect_content(R"({"k":2})");
}

void strict_regenerate(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request a = browser.request("A", strict);
  a.get("k");
  set_k(browser, "5");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, a.regenerate());
  browser.expect_content(R"({"k":5})");
}

void strict_on_what_is_gone(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request a = browser.request("A", strict);
  a.get("k");
  a.set("k", "2");
  browser.request("B").destroy();
  expect_outcome(SESSIONS_OUTCOME_GONE, a.commit());
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
}

void set_if_unchanged(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1})");
  Request a = browser.request("A");
  Request b = browser.request("B", last_write);
  Request c = browser.request("C");
  for (Request* each : {&a, &b, &c}) {
    each->require_unchanged("k");
    each->require_unchanged("none");
    each->set("k", "2");
  }
  Request other = browser.request("other");
  other.set("l", "5");
  other.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, a.commit(), "outcome when only other keys have changed");
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, b.commit(), "outcome of a second one that replaces everything");
  expect_contested(b, {"k"});
  expect_outcome(SESSIONS_OUTCOME_CONFLICT, c.regenerate(), "outcome of a move");
  expect_contested(c, {"k"});
  browser.expect_content(R"({"k":2,"l":5})");
  c.require_unchanged("k");
  c.set("k", "3");
  expect_outcome(SESSIONS_OUTCOME_SAVED, c.commit(), "outcome of the change made again");
  browser.expect_content(R"({"k":3,"l":5})");
}

void the_last_write_replaces(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"l":1,"n":1})");
  Request a = browser.request("A", last_write);
  a.set("l", "2");
  a.increment("n");
  Request other = browser.request("other");
  other.set("k", "5");
  other.set("new", "5");
  other.increment("n", 10);
  other.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, a.commit());
  expect_contested(a, {});
  expect_equal("content in the handle", R"({"k":1,"l":2,"n":2})", a.json());
  browser.expect_content(R"({"k":1,"l":2,"n":2})");
}

void the_last_write_brings_nothing_back(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request a = browser.request("A", last_write);
  a.set("k", "2");
  browser.request("B").destroy();
  expect_outcome(SESSIONS_OUTCOME_GONE, a.commit());
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
}

}  // namespace

std::vector<Test> mode_tests() {
  return {{"strict: a key that was read and has changed is a conflict", strict_conflicts_and_redo},
          {"strict: after a conflict the change can be made again", strict_redo_in_the_same_handle},
          {"strict: a key that was missing and has been set is a conflict", strict_about_a_key_that_was_missing},
          {"strict: a key that was read and has been removed is a conflict", strict_about_a_key_that_is_removed},
          {"strict: keys that were not read are no conflict", strict_about_nothing_else},
          {"strict: who has read everything conflicts with any change", strict_about_the_whole},
          {"strict: a key that could not be removed and has been set is a conflict",
           strict_about_a_key_that_could_not_be_removed},
          {"strict: of two that remove a key one conflicts", strict_about_a_key_that_two_remove},
          {"strict: what a request has set itself is no conflict", strict_about_nothing_that_it_has_set},
          {"strict: what a request has written itself is no conflict", strict_about_nothing_of_its_own},
          {"strict: who replaces everything conflicts about what was read before",
           strict_about_what_was_read_before_replacing},
          {"strict: renewing conflicts with nobody", renewing_conflicts_with_nobody},
          {"strict: a conflict keeps a session from moving", strict_regenerate},
          {"strict: a session that is gone stays gone", strict_on_what_is_gone},
          {"set if unchanged: it is done only if the key is as it was loaded", set_if_unchanged},
          {"last write: it replaces what is stored", the_last_write_replaces},
          {"last write: a session that is gone stays gone", the_last_write_brings_nothing_back}};
}

}  // namespace conformance
