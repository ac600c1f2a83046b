// What an operator sees: health, counts, and what is left at the end.
#include <conformance/world.hpp>

namespace conformance {

namespace {

void ping_answers(World& world) {
  const Manager manager = world.manager();
  sessions_error* error = nullptr;
  const sessions_status status = sessions_manager_ping(manager.get(), &error);
  expect_ok("sessions_manager_ping", status, Error(error));
}

// A store may not tell tombstones from sessions, so they are counted when none are left.
void statistics_count_sessions(World& world) {
  if (!world.at_start()) {
    throw Skipped("the backend does not count");
  }
  if (!world.sweep()) {
    throw Skipped("the backend does not sweep");
  }
  const std::int64_t before = world.statistics()->sessions;
  const Manager manager = world.manager();
  {
    Browser one(world, manager, R"({"k":1})");
    const Browser two(world, manager, R"({"k":1})");
    expect_equal("sessions after two more", before + 2, world.statistics()->sessions);
    Request request = one.request("A");
    request.set("k", "2");
    request.commit();
    expect_equal("sessions after a change", before + 2, world.statistics()->sessions);
    request.regenerate();
    one.take(request);
    world.sweep();
    expect_equal("sessions after a move", before + 2, world.statistics()->sessions);
  }
  world.sweep();
  expect_equal("sessions after both were destroyed", before, world.statistics()->sessions);
}

// Every test has destroyed what it made, or let it expire.
void nothing_is_left(World& world) {
  if (!world.at_start()) {
    throw Skipped("the backend does not count");
  }
  if (!world.sweep()) {
    throw Skipped("the backend does not sweep");
  }
  const std::optional<Statistics> now = world.statistics();
  expect_equal("sessions in the store, compared with the start", world.at_start()->sessions, now->sessions);
}

}  // namespace

std::vector<Test> upkeep_tests() {
  return {{"upkeep: the store answers a ping", ping_answers},
          {"upkeep: statistics count sessions", statistics_count_sessions},
          {"upkeep: nothing is left in the end", nothing_is_left}};
}

}  // namespace conformance
