// When is a session over? Seconds pass on the kit's clock only.
#include <conformance/world.hpp>

namespace conformance {

namespace {

constexpr std::int64_t lifetime = 100;
constexpr std::int64_t renew_after = 10;

Manager short_lived(World& world, std::int64_t seconds = lifetime) {
  Settings settings;
  settings.lifetime = seconds;
  settings.renew_after = renew_after;
  return world.manager(settings);
}

// A store may have dropped it already.
void expect_over(Browser& browser) {
  const Request late = browser.request("late");
  const bool is_over =
      late.origin() == SESSIONS_ORIGIN_REFUSED_EXPIRED || late.origin() == SESSIONS_ORIGIN_REFUSED_UNKNOWN;
  if (!is_over) {
    throw Failure("origin after the last second", "expired or unknown", origin_name(late.origin()));
  }
}

void the_last_second(World& world) {
  const Manager manager = short_lived(world);
  Browser browser(world, manager, R"({"k":1})");
  world.pass(lifetime);
  browser.expect_content(R"({"k":1})");
  world.pass(1);
  expect_over(browser);
}

void a_change_renews(World& world) {
  const Manager manager = short_lived(world);
  Browser browser(world, manager, R"({"k":1})");
  world.pass(lifetime);
  Request request = browser.request("A");
  request.set("k", "2");
  expect_outcome(SESSIONS_OUTCOME_SAVED, request.commit());
  world.pass(lifetime);
  browser.expect_content(R"({"k":2})");
  world.pass(1);
  expect_over(browser);
}

void use_renews(World& world) {
  const Manager manager = short_lived(world);
  Browser browser(world, manager, R"({"k":1})");
  world.pass(renew_after - 1);
  Request early = browser.request("early");
  early.get("k");
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, early.commit(), "use before renewal is due");
  world.pass(1);
  Request user = browser.request("user");
  user.get("k");
  expect_outcome(SESSIONS_OUTCOME_TOUCHED, user.commit(), "use when renewal is due");
  world.pass(lifetime);
  world.drop_expired();
  browser.expect_content(R"({"k":1})");
  world.pass(1);
  expect_over(browser);
}

void a_move_renews(World& world) {
  const Manager manager = short_lived(world);
  Browser browser(world, manager, R"({"k":1})");
  world.pass(lifetime);
  Request request = browser.request("A");
  expect_outcome(SESSIONS_OUTCOME_REGENERATED, request.regenerate());
  browser.take(request);
  world.pass(lifetime);
  browser.expect_content(R"({"k":1})");
  world.pass(1);
  expect_over(browser);
}

void renewed_by_parallel_use(World& world) {
  const Manager manager = short_lived(world);
  Browser browser(world, manager, R"({"k":1})");
  Request slow = browser.request("slow");
  slow.set("k", "2");
  world.pass(lifetime);
  Request user = browser.request("user");
  user.get("k");
  expect_outcome(SESSIONS_OUTCOME_TOUCHED, user.commit());
  world.pass(1);
  expect_outcome(SESSIONS_OUTCOME_SAVED, slow.commit(), "outcome of a change after the end that the writer had seen");
  browser.expect_content(R"({"k":2})");
}

void what_has_expired_is_not_brought_back(World& world) {
  const Manager manager = short_lived(world);
  Browser browser(world, manager, R"({"k":1})");
  Request changer = browser.request("changer");
  Request user = browser.request("user");
  Request mover = browser.request("mover");
  changer.set("k", "2");
  user.get("k");
  world.pass(lifetime + 1);
  expect_outcome(SESSIONS_OUTCOME_GONE, changer.commit(), "outcome of a change");
  expect_outcome(SESSIONS_OUTCOME_GONE, user.commit(), "outcome of a renewal");
  expect_outcome(SESSIONS_OUTCOME_GONE, mover.regenerate(), "outcome of a move");
  expect_over(browser);
}

// A renewal that was worked out earlier does not shorten what a later one has given.
void time_of_writing_does_not_go_back(World& world) {
  const Manager manager = short_lived(world);
  Browser browser(world, manager, R"({"k":1})");
  Request slow = browser.request("slow");
  slow.set("k", "2");
  world.pass(50);
  Request other = browser.request("other");
  other.set("l", "1");
  other.commit();
  slow.commit();
  world.pass(lifetime);
  browser.expect_content(R"({"k":2,"l":1})");
  world.pass(1);
  expect_over(browser);
}

void sweep_drops_what_is_due(World& world) {
  if (!world.sweep()) {
    throw Skipped("the backend does not sweep");
  }
  const Manager shorter = short_lived(world);
  const Manager longer = short_lived(world, 1'000'000);
  constexpr int sessions = 20;
  for (int i = 0; i < sessions; ++i) {
    Request request(shorter, {});
    request.set("k", std::to_string(i));
    request.commit();
  }
  Browser renewed(world, shorter, R"({"k":"renewed"})");
  Browser living(world, longer, R"({"k":"living"})");
  const std::optional<Statistics> before = world.statistics();
  world.pass(renew_after);
  Request user = renewed.request("user");
  user.get("k");
  expect_outcome(SESSIONS_OUTCOME_TOUCHED, user.commit());
  world.pass(lifetime - renew_after + 1);
  std::int64_t dropped = 0;
  expect_ok("sweep", sessions_manager_sweep(shorter.get(), 5, &dropped, nullptr));
  expect(dropped <= 5, "a sweep drops no more than it is told to");
  const bool may_have_been_dropped = dropped < 5;  // by the store itself, while sessions were written
  std::int64_t all = dropped;
  while (!may_have_been_dropped && dropped == 5) {
    expect_ok("sweep", sessions_manager_sweep(shorter.get(), 5, &dropped, nullptr));
    all += dropped;
  }
  expect(all <= sessions, "a sweep drops only what has expired");
  if (before) {
    expect_equal("sessions left by the sweep", before->sessions - sessions, world.statistics()->sessions);
  }
  renewed.expect_content(R"({"k":"renewed"})");
  living.expect_content(R"({"k":"living"})");
}

}  // namespace

std::vector<Test> expiry_tests() {
  return {{"expiry: the last second", the_last_second},
          {"expiry: a change renews", a_change_renews},
          {"expiry: use renews, when it is due", use_renews},
          {"expiry: a move to another id renews", a_move_renews},
          {"expiry: a request goes on when parallel use has renewed its session", renewed_by_parallel_use},
          {"expiry: what has expired is not brought back", what_has_expired_is_not_brought_back},
          {"expiry: a merge lives from the last write", time_of_writing_does_not_go_back},
          {"expiry: a sweep drops what is due and nothing else", sweep_drops_what_is_due}};
}

}  // namespace conformance
