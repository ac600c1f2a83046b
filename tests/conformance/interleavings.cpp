// Every order in which the steps of parallel requests can meet: four requests of three steps in memory, three requests
// of four steps elsewhere; and all that can happen between a slow request and the end of its session.
#include <algorithm>
#include <conformance/schedule.hpp>

namespace conformance {

namespace {

using Kind = Operation::Kind;
using Steps = std::vector<Step>;

Operation load() { return {Kind::load, {}, {}}; }
Operation get(std::string key) { return {Kind::get, std::move(key), {}}; }
Operation read_all() { return {Kind::read_all, {}, {}}; }
Operation set(std::string key, std::string json) { return {Kind::set, std::move(key), std::move(json)}; }
Operation increment(std::string key, std::int64_t delta) { return {Kind::increment, std::move(key), {}, delta}; }
Operation remove(std::string key) { return {Kind::remove, std::move(key), {}}; }
Operation clear() { return {Kind::clear, {}, {}}; }
Operation commit() { return {Kind::commit, {}, {}}; }
Operation regenerate() { return {Kind::regenerate, {}, {}}; }
Operation destroy() { return {Kind::destroy, {}, {}}; }

// What one request does between its load and its end: in memory as one step, elsewhere as two.
struct Work {
  Step first;
  Step second;
  Operation end;
};

Work set_and_count() { return {{set("k", "1"), set("a", "1")}, {increment("n", 1)}, commit()}; }
Work count_and_remove() { return {{increment("n", 10)}, {remove("r")}, commit()}; }
Work set_and_edit() { return {{set("k", "2"), set("r", "2")}, {increment("new", 1)}, commit()}; }
Work remove_and_add() { return {{remove("k")}, {set("b", "4"), increment("new", 100)}, commit()}; }

ModelContent start() {
  ModelContent content;
  content.set("k", "0");
  content.set("n", "5");
  content.set("r", "0");
  content.set("s", "0");
  return content;
}

struct Family {
  std::vector<Work> works;  // four; elsewhere the last three
  Settings settings;
};

Settings in_mode(std::int32_t mode) {
  Settings settings;
  settings.mode = mode;
  return settings;
}

void run_family(World& world, const Family& family) {
  constexpr std::size_t all = 1'000'000'000;
  constexpr std::size_t sample = 2'000;
  Scenario scenario;
  scenario.start = start();
  scenario.settings = family.settings;
  const std::size_t left_out = world.is_memory() ? 0 : family.works.size() - 3;
  for (std::size_t i = left_out; i < family.works.size(); ++i) {
    const Work& work = family.works[i];
    if (world.is_memory()) {
      Step both = work.first;
      both.insert(both.end(), work.second.begin(), work.second.end());
      scenario.requests.push_back({{load()}, both, {work.end}});
    } else {
      scenario.requests.push_back({{load()}, work.first, work.second, {work.end}});
    }
  }
  const std::size_t orders = run_all_orders(world, scenario, world.times(all, sample));
  const std::size_t promised = world.is_memory() ? 369'600 : 34'650;
  expect_equal("orders that were run, a defect of the kit", static_cast<long long>(world.times(promised, sample)),
               static_cast<long long>(orders));
}

void changes(World& world) {
  run_family(world, {{set_and_edit(), set_and_count(), count_and_remove(), remove_and_add()}, {}});
}

void one_destroys(World& world) {
  const Work ending{{get("k")}, {set("k", "3")}, destroy()};
  run_family(world, {{set_and_edit(), set_and_count(), ending, remove_and_add()}, {}});
}

void one_regenerates(World& world) {
  const Work moving{{increment("n", 1)}, {set("k", "3")}, regenerate()};
  run_family(world, {{set_and_edit(), count_and_remove(), moving, set_and_count()}, {}});
}

void one_clears(World& world) {
  const Work clearing{{clear()}, {set("k", "3"), increment("n", 2)}, commit()};
  run_family(world, {{count_and_remove(), set_and_edit(), clearing, set_and_count()}, {}});
}

void all_are_strict(World& world) {
  const Work reads_k{{get("k"), set("a", "1")}, {increment("n", 1)}, commit()};
  const Work reads_n{{get("n"), get("r")}, {set("k", "2")}, commit()};
  const Work reads_missing{{get("a")}, {remove("r")}, commit()};
  const Work reads_all{{read_all()}, {set("s", "4")}, commit()};
  run_family(world, {{reads_n, reads_all, reads_k, reads_missing}, in_mode(SESSIONS_COMMIT_STRICT)});
}

void the_last_write_wins(World& world) {
  run_family(world, {{set_and_edit(), set_and_count(), count_and_remove(), remove_and_add()},
                     in_mode(SESSIONS_COMMIT_LAST_WRITE)});
}

// ---- a slow request, and one that ends the session ----

void run_pair(World& world, const Steps& slow, const Steps& ending, bool renews = false) {
  Scenario scenario{start(), {}, {slow, ending}};
  if (renews) {
    scenario.settings.renew_after = 0;
  }
  run_all_orders(world, scenario, 1'000'000);
}

// Nothing that a slow request does later brings a session back.
void slow_requests_and_the_end(World& world) {
  const std::vector<Steps> ends = {{{load()}, {destroy()}},
                                   {{load()}, {clear()}, {commit()}},
                                   {{load()}, {regenerate()}},
                                   {{load()}, {set("k", "9")}, {regenerate()}, {destroy()}},
                                   {{load()}, {destroy()}, {set("k", "9")}, {commit()}}};
  const std::vector<Step> works = {
      {set("k", "1")}, {set("new", "1")}, {increment("n", 1)}, {remove("k")}, {clear(), set("k", "1")}};
  for (const Steps& end : ends) {
    for (const Step& work : works) {
      run_pair(world, {{load()}, work, {commit()}}, end);
      run_pair(world, {{load()}, work, {commit()}, {set("l", "2")}, {commit()}}, end);
      run_pair(world, {{load()}, work, {regenerate()}}, end);
    }
    run_pair(world, {{load()}, {get("k")}, {commit()}}, end, true);
    run_pair(world, {{load()}, {destroy()}}, end);
  }
}

}  // namespace

std::vector<Test> interleaving_tests() {
  return {{"interleavings: a slow request and the end of its session, every order", slow_requests_and_the_end},
          {"interleavings: sets, removals and increments, every order", changes},
          {"interleavings: one request destroys, every order", one_destroys},
          {"interleavings: one request regenerates, every order", one_regenerates},
          {"interleavings: one request clears, every order", one_clears},
          {"interleavings: strict requests, every order", all_are_strict},
          {"interleavings: last write, every order", the_last_write_wins}};
}

}  // namespace conformance
