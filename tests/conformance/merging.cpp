// What becomes of the changes of parallel requests in merge mode?
#include <conformance/world.hpp>

namespace conformance {

namespace {

void different_keys_are_both_kept(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"a":0,"b":0})");
  Request a = browser.request("A");
  Request b = browser.request("B");
  Request c = browser.request("C");
  a.set("a", "1");
  b.set("b", "2");
  c.set("c", "3");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit(), "outcome of the first commit");
  expect_outcome(SESSIONS_OUTCOME_MERGED, b.commit(), "outcome of the second commit");
  expect_contested(b, {});
  expect_equal("content in the handle after a merge", R"({"a":1,"b":2})", b.json());
  expect_outcome(SESSIONS_OUTCOME_MERGED, c.commit(), "outcome of the third commit");
  expect_contested(c, {});
  expect_equal("content in the handle after a merge", R"({"a":1,"b":2,"c":3})", c.json());
  browser.expect_content(R"({"a":1,"b":2,"c":3})");
}

void on_the_same_key_the_last_commit_wins(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":0,"other":0})");
  Request a = browser.request("A");
  Request b = browser.request("B");
  b.set("k", "2");
  b.set("mine", "2");
  a.set("k", "1");
  a.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, b.commit());
  expect_contested(b, {"k"});
  browser.expect_content(R"({"k":2,"other":0,"mine":2})");
}

void a_new_key_of_both_is_contested(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":0})");
  Request a = browser.request("A");
  Request b = browser.request("B");
  a.set("new", "1");
  b.set("new", "2");
  a.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, b.commit());
  expect_contested(b, {"new"});
  browser.expect_content(R"({"k":0,"new":2})");
}

void a_removal_beats_a_stale_edit(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"n":1,"other":0})");
  Request remover = browser.request("remover");
  Request editor = browser.request("editor");
  Request counter = browser.request("counter");
  editor.set("k", "2");
  editor.set("mine", "1");
  counter.increment("n");
  remover.remove("k");
  remover.remove("n");
  remover.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, editor.commit());
  expect_contested(editor, {"k"});
  expect_equal("content in the handle", R"({"other":0,"mine":1})", editor.json());
  expect_outcome(SESSIONS_OUTCOME_MERGED, counter.commit());
  expect_contested(counter, {"n"});
  browser.expect_content(R"({"other":0,"mine":1})");
}

void a_removal_after_an_edit_removes(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"other":0})");
  Request remover = browser.request("remover");
  Request editor = browser.request("editor");
  editor.set("k", "2");
  remover.remove("k");
  editor.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, remover.commit());
  browser.expect_content(R"({"other":0})");
}

void a_removal_is_no_ban(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"other":0})");
  Request remover = browser.request("remover");
  Request early = browser.request("early");
  remover.remove("k");
  remover.commit();
  Request late = browser.request("late");
  late.set("k", "3");
  expect_outcome(SESSIONS_OUTCOME_SAVED, late.commit());
  early.set("k", "4");
  expect_outcome(SESSIONS_OUTCOME_MERGED, early.commit(), "an edit of a key that was removed and set again");
  expect_contested(early, {"k"});
  browser.expect_content(R"({"other":0,"k":4})");
}

void increments_add_up(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"n":10})");
  Request a = browser.request("A");
  Request b = browser.request("B");
  Request c = browser.request("C");
  a.increment("n", 5);
  a.increment("n", 1);
  b.increment("n", -20);
  b.increment("new", 2);
  c.increment("new", 3);
  a.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, b.commit());
  expect_contested(b, {});
  expect_equal("content in the handle", R"({"n":-4,"new":2})", b.json());
  expect_outcome(SESSIONS_OUTCOME_MERGED, c.commit());
  expect_contested(c, {});
  browser.expect_content(R"({"n":-4,"new":5})");
}

void an_increment_adds_to_what_another_has_set(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"n":1})");
  Request setter = browser.request("setter");
  Request counter = browser.request("counter");
  setter.set("n", "100");
  counter.increment("n", 2);
  setter.commit();
  counter.commit();
  expect_contested(counter, {});
  browser.expect_content(R"({"n":102})");
  Request late_setter = browser.request("late setter");
  Request early_counter = browser.request("early counter");
  late_setter.set("n", "7");
  early_counter.increment("n", 1);
  early_counter.commit();
  late_setter.commit();
  expect_contested(late_setter, {"n"});
  browser.expect_content(R"({"n":7})");
}

void an_increment_that_does_not_fit_changes_nothing(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"n":1})");
  Request counter = browser.request("counter");
  counter.increment("n", 2);
  counter.set("beside", "1");
  Request setter = browser.request("setter");
  setter.set("n", R"("text")");
  setter.commit();
  expect_equal("status of an increment of a text", "SESSIONS_E_TYPE", sessions_status_name(counter.try_commit()));
  browser.expect_content(R"({"n":"text"})");
  setter.set("n", "9223372036854775806");
  setter.commit();
  expect_equal("status of an increment out of range", "SESSIONS_E_RANGE", sessions_status_name(counter.try_commit()));
  browser.expect_content(R"({"n":9223372036854775806})");
  setter.set("n", "5");
  setter.commit();
  expect_outcome(SESSIONS_OUTCOME_MERGED, counter.commit(), "the same commit, tried again when it fits");
  browser.expect_content(R"({"n":7,"beside":1})");
}

void after_a_merge_the_handle_goes_on(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"n":0})");
  Request a = browser.request("A");
  Request b = browser.request("B");
  a.increment("n");
  a.set("a", "1");
  a.commit();
  b.increment("n");
  b.set("b", "1");
  b.commit();
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, b.commit(), "outcome with nothing to do");
  b.increment("n");
  expect_outcome(SESSIONS_OUTCOME_SAVED, b.commit(), "nobody else has committed since");
  a.remove("a");
  expect_outcome(SESSIONS_OUTCOME_MERGED, a.commit());
  expect_equal("content in the handle", R"({"n":3,"b":1})", a.json());
  browser.expect_content(R"({"n":3,"b":1})");
}

void a_clear_goes_first(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"old":1})");
  Request cleaner = browser.request("cleaner");
  Request other = browser.request("other");
  Request editor = browser.request("editor");
  Request adder = browser.request("adder");
  other.set("unseen", "1");
  other.commit();
  cleaner.clear();
  cleaner.set("k", "2");
  expect_outcome(SESSIONS_OUTCOME_MERGED, cleaner.commit());
  expect_equal("content in the handle: also what others had added is gone", R"({"k":2})", cleaner.json());
  editor.set("old", "3");
  editor.commit();
  expect_contested(editor, {"old"});
  browser.expect_content(R"({"k":2})");
  adder.set("new", "4");
  adder.commit();
  browser.expect_content(R"({"k":2,"new":4})");
}

void a_second_commit_goes_on_from_the_first(World& world) {
  const Manager manager = world.manager();
  Request a(manager, {}, &world.journal(), "A");
  a.set("k", "1");
  a.set("l", "1");
  expect_outcome(SESSIONS_OUTCOME_CREATED, a.commit());
  Request remover(manager, a.cookie(), &world.journal(), "remover");
  remover.remove("k");
  remover.commit();
  a.set("k", "2");
  a.set("l", "2");
  expect_outcome(SESSIONS_OUTCOME_MERGED, a.commit());
  expect_contested(a, {"k"});
  a.set("l", "3");
  expect_outcome(SESSIONS_OUTCOME_SAVED, a.commit());
  Request other(manager, a.cookie(), &world.journal(), "other");
  other.set("m", "1");
  other.commit();
  a.set("l", "4");
  expect_outcome(SESSIONS_OUTCOME_MERGED, a.commit());
  expect_contested(a, {});
  expect_equal("content in the handle", R"({"l":4,"m":1})", a.json());
  a.destroy();
}

void a_clear_of_everything_ends_the_session(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request cleaner = browser.request("cleaner");
  Request editor = browser.request("editor");
  cleaner.clear();
  expect_outcome(SESSIONS_OUTCOME_DESTROYED, cleaner.commit());
  editor.set("k", "2");
  expect_outcome(SESSIONS_OUTCOME_GONE, editor.commit());
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
}

}  // namespace

std::vector<Test> merging_tests() {
  return {{"merge: changes of different keys are both kept", different_keys_are_both_kept},
          {"merge: on the same key the last commit wins, and says so", on_the_same_key_the_last_commit_wins},
          {"merge: a key that both have added is contested", a_new_key_of_both_is_contested},
          {"merge: a removal beats a stale edit", a_removal_beats_a_stale_edit},
          {"merge: a removal after an edit removes", a_removal_after_an_edit_removes},
          {"merge: a removal does not keep a key from being set again", a_removal_is_no_ban},
          {"merge: increments add up", increments_add_up},
          {"merge: an increment adds to what another has set", an_increment_adds_to_what_another_has_set},
          {"merge: an increment that does not fit changes nothing", an_increment_that_does_not_fit_changes_nothing},
          {"merge: afterwards the handle goes on from the merged content", after_a_merge_the_handle_goes_on},
          {"merge: a second commit goes on from the first", a_second_commit_goes_on_from_the_first},
          {"merge: a clear removes what parallel requests have added", a_clear_goes_first},
          {"merge: a clear of everything ends the session", a_clear_of_everything_ends_the_session}};
}

}  // namespace conformance
