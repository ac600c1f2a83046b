// Destroy and regenerate: what is dead stays dead, and what moves is never lost.
#include <conformance/world.hpp>

namespace conformance {

namespace {

void destroyed_is_gone(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request a = browser.request("A");
  expect_outcome(SESSIONS_OUTCOME_DESTROYED, a.destroy());
  expect_equal("the cookie afterwards", "", a.cookie());
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  a.set("k", "2");
  expect_outcome(SESSIONS_OUTCOME_CREATED, a.commit(), "what is set afterwards belongs to a new session");
  expect(a.cookie() != browser.cookie(), "the new session has an id of its own");
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  a.destroy();
}

// Each with a handle that was loaded before the end.
void update_never_creates(World& world) {
  Settings settings;
  settings.renew_after = 0;
  const Manager manager = world.manager(settings);
  Browser browser(world, manager, R"({"k":1})");
  Request setter = browser.request("setter");
  Request counter = browser.request("counter");
  Request toucher = browser.request("toucher");
  Request mover = browser.request("mover");
  Request ender = browser.request("ender");
  browser.request("first").destroy();
  setter.set("k", "2");
  counter.increment("n");
  toucher.get("k");
  for (int round = 0; round < 2; ++round) {
    expect_outcome(SESSIONS_OUTCOME_GONE, setter.commit(), "outcome of a change");
    expect_outcome(SESSIONS_OUTCOME_GONE, counter.commit(), "outcome of an increment");
    expect_outcome(SESSIONS_OUTCOME_GONE, toucher.commit(), "outcome of a renewal");
    expect_outcome(SESSIONS_OUTCOME_GONE, mover.regenerate(), "outcome of a move");
    browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  }
  expect_equal("Set-Cookie lines of a request whose session is gone", 0, static_cast<long long>(setter.line_count()));
  expect_outcome(SESSIONS_OUTCOME_DESTROYED, ender.destroy(), "outcome of a second destroy");
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
}

void not_even_after_the_tombstone(World& world) {
  Settings settings;
  settings.lifetime = 1'000'000;
  const Manager manager = world.manager(settings);
  Browser browser(world, manager, R"({"k":1})");
  Request just_before = browser.request("just before the tombstone's end");
  Request after = browser.request("after it");
  Request when_swept = browser.request("when it is swept");
  browser.request("first").destroy();
  just_before.set("k", "2");
  after.set("k", "3");
  when_swept.set("k", "4");
  world.pass(3'600);
  expect_outcome(SESSIONS_OUTCOME_GONE, just_before.commit());
  world.pass(1);
  expect_outcome(SESSIONS_OUTCOME_GONE, after.commit());
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  world.sweep();
  expect_outcome(SESSIONS_OUTCOME_GONE, when_swept.commit());
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
}

// Sessions are dropped, with no tombstone left, between what a commit reads and what it writes. What was dropped twice
// has been made anew. The larger a session, the longer its commit takes, and the more of them are caught.
void not_even_when_it_is_dropped_meanwhile(World& world) {
  constexpr std::size_t threads = 8;
  constexpr std::int64_t longer_than_any_session = 2'000'000;
  const std::string content = R"({"n":0,"large":")" + std::string(200'000, 'x') + "\"}";
  Settings settings;
  settings.max_content = 1 << 20;
  const Manager manager = world.manager(settings);
  world.pass(longer_than_any_session);
  if (!world.drop_expired()) {
    throw Skipped("the backend does not sweep");
  }
  for (std::size_t round = 0; round < world.times(40, 20); ++round) {
    std::vector<std::string> cookies;
    for (std::size_t i = 0; i < threads; ++i) {
      Request request(manager, {});
      request.from_json(content);
      request.commit();
      cookies.push_back(request.cookie());
    }
    std::int64_t dropped = 0;
    Journals journals(threads);
    in_threads(threads, [&](std::size_t number) {
      Request request(manager, cookies[number], journals.of(number), "thread " + std::to_string(number));
      const bool drops = number == round % threads;
      for (int i = 0; (!drops || i < 5) && request.origin() == SESSIONS_ORIGIN_RESTORED &&
                      request.outcome() != SESSIONS_OUTCOME_GONE;
           ++i) {
        request.increment("n");
        request.commit_among_others();
      }
      if (drops) {
        world.pass(settings.lifetime + 1);
        dropped = *world.drop_expired();
      }
    });
    dropped += *world.drop_expired();
    if (dropped > static_cast<std::int64_t>(threads)) {
      journals.explain([&] {
        throw Failure("how often 8 sessions were dropped: an update has made one anew", "8", std::to_string(dropped));
      });
    }
  }
}

// With a random source that says the same twice.
void create_never_overwrites(World& world) {
  const Manager manager = world.manager();
  world.mark_ids();
  Browser browser(world, manager, R"({"k":1})");
  world.repeat_ids();
  Request thief(manager, {}, &world.journal(), "a new session that gets the same id");
  thief.set("k", "2");
  const sessions_status status = thief.try_commit();
  world.go_on_with_fresh_ids();
  expect(status != SESSIONS_OK, "an id that is in use is refused");
  browser.expect_content(R"({"k":1})");
  browser.request("A").destroy();
  world.drop_expired();  // what has not expired stays
  world.repeat_ids();
  const sessions_status second = thief.try_commit();
  world.go_on_with_fresh_ids();
  expect(second != SESSIONS_OK, "the id of a session that was destroyed is refused, as long as its tombstone is there");
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
}

void regenerate_never_overwrites(World& world) {
  const Manager manager = world.manager();
  world.mark_ids();
  Browser victim(world, manager, R"({"k":"victim"})");
  Browser mover(world, manager, R"({"k":"mover"})");
  Request request = mover.request("mover");
  world.repeat_ids();
  const sessions_status status = request.try_regenerate();
  world.go_on_with_fresh_ids();
  expect(status != SESSIONS_OK, "an id that is in use is refused");
  victim.expect_content(R"({"k":"victim"})");
  mover.expect_content(R"({"k":"mover"})");
}

void regenerate_moves(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1,"n":1})");
  Request stale = browser.request("stale");
  Request mover = browser.request("mover");
  const std::string old_cookie = browser.cookie();
  Request parallel = browser.request("parallel");
  parallel.set("parallel", "1");
  parallel.increment("n", 10);
  parallel.commit();
  mover.set("k", "2");
  mover.increment("n");
  expect_outcome(SESSIONS_OUTCOME_REGENERATED, mover.regenerate());
  expect(mover.cookie() != old_cookie && !mover.cookie().empty(), "there is a new id");
  expect_equal("content in the handle", R"({"k":2,"n":12,"parallel":1})", mover.json());
  browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN);
  browser.take(mover);
  browser.expect_content(R"({"k":2,"n":12,"parallel":1})");
  stale.set("k", "3");
  expect_outcome(SESSIONS_OUTCOME_GONE, stale.commit(), "outcome of a commit to the old id");
  browser.expect_content(R"({"k":2,"n":12,"parallel":1})");
  mover.set("k", "4");
  expect_outcome(SESSIONS_OUTCOME_SAVED, mover.commit(), "outcome of a commit to the new id");
  browser.expect_content(R"({"k":4,"n":12,"parallel":1})");
}

void ending_the_old_id_leaves_the_new_one(World& world) {
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"k":1})");
  Request stale = browser.request("stale");
  Request second_mover = browser.request("second mover");
  Request mover = browser.request("mover");
  mover.regenerate();
  browser.take(mover);
  expect_outcome(SESSIONS_OUTCOME_GONE, second_mover.regenerate(), "outcome of a second move from the old id");
  stale.destroy();
  browser.expect_content(R"({"k":1})");
}

// Threads: one ends the session, the others change it.
void run_destroy_rounds(World& world, std::size_t rounds, const std::string& content) {
  constexpr std::size_t threads = 8;
  Settings settings;
  settings.max_content = 1 << 20;
  const Manager manager = world.manager(settings);
  for (std::size_t round = 0; round < rounds; ++round) {
    Browser browser(world, manager, content);
    Journals journals(threads);
    in_threads(threads, [&](std::size_t number) {
      Request request(manager, browser.cookie(), journals.of(number), "thread " + std::to_string(number));
      const bool ends_it = number == round % threads;
      const int commits = ends_it ? 5 : 50;  // so that the others are in the middle of theirs when it ends
      for (int i = 0;
           i < commits && request.outcome() != SESSIONS_OUTCOME_GONE && request.origin() == SESSIONS_ORIGIN_RESTORED;
           ++i) {
        request.increment("n");
        request.set("k" + std::to_string(number), "1");
        request.commit_among_others();
      }
      if (ends_it) {
        request.destroy();
      }
    });
    journals.explain([&] { browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN); });
    world.journal().clear();
  }
}

void destroy_against_parallel_commits(World& world) { run_destroy_rounds(world, world.times(300, 100), R"({"n":0})"); }

// The larger a session, the longer its commit takes, and the more comes in between.
void destroy_against_slow_commits(World& world) {
  const std::string content = R"({"n":0,"large":")" + std::string(200'000, 'x') + "\"}";
  run_destroy_rounds(world, world.times(40, 30), content);
}

// The larger the session, the more moves have begun before one of them is done.
void one_of_parallel_regenerations_wins(World& world) {
  constexpr std::size_t threads = 8;
  const std::string content = R"({"k":1,"large":")" + std::string(20'000, 'x') + "\"}";
  const Manager manager = world.manager();
  const bool sweeps = world.sweep();
  const std::optional<Statistics> before = sweeps ? world.statistics() : std::nullopt;
  for (std::size_t round = 0; round < world.times(200, 40); ++round) {
    Browser browser(world, manager, content);
    std::vector<std::string> moved_to(threads);
    Journals journals(threads);
    in_threads(threads, [&](std::size_t number) {
      Request request(manager, browser.cookie(), journals.of(number), "thread " + std::to_string(number));
      if (request.origin() == SESSIONS_ORIGIN_RESTORED && request.regenerate() == SESSIONS_OUTCOME_REGENERATED) {
        moved_to[number] = request.cookie();
      }
    });
    int winners = 0;
    journals.explain([&] { browser.expect_origin(SESSIONS_ORIGIN_REFUSED_UNKNOWN); });
    for (const std::string& cookie : moved_to) {
      if (!cookie.empty()) {
        ++winners;
        Request moved(manager, cookie);
        expect_equal("content under the new id", content, moved.json());
        moved.destroy();
      }
    }
    journals.explain([&] { expect_equal("how many of 8 parallel requests have regenerated a session", 1, winners); });
    world.journal().clear();
  }
  world.sweep();
  if (before) {
    expect_equal("sessions that are left of the moves that lost", before->sessions, world.statistics()->sessions);
  }
}

}  // namespace

std::vector<Test> ending_tests() {
  return {{"ending: a destroyed session is gone", destroyed_is_gone},
          {"ending: update never creates", update_never_creates},
          {"ending: nor when the tombstone has gone too", not_even_after_the_tombstone},
          {"ending: nor when a session is dropped during its commit", not_even_when_it_is_dropped_meanwhile},
          {"ending: create never overwrites", create_never_overwrites},
          {"ending: regenerate never overwrites", regenerate_never_overwrites},
          {"ending: regenerate moves a session, with what parallel requests have committed", regenerate_moves},
          {"ending: ending the old id leaves the new one alone", ending_the_old_id_leaves_the_new_one},
          {"ending: destroy against commits in parallel", destroy_against_parallel_commits},
          {"ending: destroy against commits of a large session in parallel", destroy_against_slow_commits},
          {"ending: of parallel regenerations one wins", one_of_parallel_regenerations_wins}};
}

}  // namespace conformance
