// Cookies that nobody was given: unknown, forged and malformed ids find nothing and make nothing.
#include <conformance/world.hpp>

namespace conformance {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t id_size = 43;

// 256 bits in base64url: the last character has 4 of them.
std::string random_id(World& world) {
  std::string id;
  for (std::size_t i = 0; i < id_size; ++i) {
    id += alphabet[world.random() % 64 & (i + 1 == id_size ? ~std::uint64_t{3} : ~std::uint64_t{0})];
  }
  return id;
}

void expect_nothing_found(const Manager& manager, std::string_view cookie, bool may_be_malformed) {
  Request request(manager, cookie);
  const std::int32_t origin = request.origin();
  if (origin != SESSIONS_ORIGIN_REFUSED_UNKNOWN && !(may_be_malformed && origin == SESSIONS_ORIGIN_REFUSED_MALFORMED)) {
    throw Failure("origin of the cookie " + quoted(cookie), may_be_malformed ? "malformed or unknown" : "unknown",
                  origin_name(origin));
  }
  expect_equal("keys of a session that was not found", 0, static_cast<long long>(request.count()));
  expect_outcome(SESSIONS_OUTCOME_UNCHANGED, request.commit(), "outcome of using a session that was not found");
}

void random_ids_make_nothing(World& world) {
  const Manager manager = world.manager();
  const std::optional<Statistics> before = world.statistics();
  for (std::size_t i = world.times(1'000'000, 10'000); i > 0; --i) {
    expect_nothing_found(manager, random_id(world), false);
  }
  expect_no_more_sessions(world, before);
}

void an_unknown_id_is_not_adopted(World& world) {
  const Manager manager = world.manager();
  const std::string unknown = random_id(world);
  Request request(manager, unknown, &world.journal(), "A");
  request.set("k", "1");
  expect_outcome(SESSIONS_OUTCOME_CREATED, request.commit());
  expect(request.cookie() != unknown, "a new session has an id that the server has made");
  expect_nothing_found(manager, unknown, false);
  request.destroy();
}

void unknown_ids_can_be_ended(World& world) {
  const Manager manager = world.manager();
  const std::optional<Statistics> before = world.statistics();
  for (int i = 0; i < 100; ++i) {
    const std::string unknown = random_id(world);
    Request(manager, unknown).destroy();
    Request(manager, unknown).regenerate();
    expect_nothing_found(manager, unknown, false);
  }
  expect_no_more_sessions(world, before);
}

void forged_ids_find_nothing(World& world) {
  using namespace std::string_literals;
  const Manager manager = world.manager();
  Browser browser(world, manager, R"({"secret":1})");
  const std::optional<Statistics> before = world.statistics();
  const std::string good = browser.cookie();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'A', 'z', '_', '=', ' ', '\0', '\x80', '%'}) {
      std::string forged = good;
      forged[i] = c;
      if (forged != good) {
        expect_nothing_found(manager, forged, true);
      }
    }
  }
  const std::vector<std::string> others = {good + "A",
                                           good + "=",
                                           good.substr(1),
                                           good.substr(0, good.size() - 1),
                                           " " + good,
                                           good + " ",
                                           good + "\0"s,
                                           "\"" + good + "\"",
                                           good + good,
                                           "A",
                                           "=",
                                           "*",
                                           "%",
                                           "../../../etc/passwd",
                                           "' OR '1'='1",
                                           "\0"s,
                                           "\xff\xfe"s,
                                           "{}",
                                           std::string(id_size, 'A'),
                                           std::string(id_size, '_'),
                                           std::string(100'000, 'A'),
                                           good + "\r\nX: 1",
                                           "*:*",
                                           "[a-z]*"};
  for (const std::string& forged : others) {
    expect_nothing_found(manager, forged, true);
  }
  browser.expect_content(R"({"secret":1})");
  expect_no_more_sessions(world, before);
}

}  // namespace

std::vector<Test> id_tests() {
  return {{"ids: random unknown ids find nothing and leave nothing", random_ids_make_nothing},
          {"ids: an unknown id is never adopted", an_unknown_id_is_not_adopted},
          {"ids: unknown ids can be ended and moved, and leave nothing", unknown_ids_can_be_ended},
          {"ids: forged and malformed ids find nothing and leave nothing", forged_ids_find_nothing}};
}

}  // namespace conformance
