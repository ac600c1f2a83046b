#include <base/limits.hpp>
#include <store/stored_record.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"

using sessions::Status;
using namespace sessions::store;

namespace {

constexpr std::uint64_t generation = 7;
constexpr std::uint64_t version = 3;

std::string stored(const std::vector<Field>& fields, Times times = {1, 2, no_deadline, 3}, bool coded = false) {
  return std::string(Record({generation, version, times, false, coded}, {}, fields).bytes());
}

Status status_of(const std::string& bytes, std::optional<Version> seen = {}) {
  const auto read = read_stored(bytes, seen);
  return read ? Status::ok : read.error().status;
}

}  // namespace

TEST_CASE("what is stored is read if nothing can go wrong with it") {
  const std::string good = stored({{"a", "1"}, {"b", R"(["c", {"d": 1}])"}, {"e", R"({"x": [1, {"y": 2}]})"}});
  REQUIRE(read_stored(good));
  CHECK(read_stored(good)->bytes() == good);
  CHECK(status_of("") == Status::corrupt);
  CHECK(status_of(good.substr(1)) != Status::ok);
  for (const std::string_view value : {"", "x", " 1", "1 ", "{\"a\":1,\"a\":2}", "[{\"a\":1,\"a\":2}]", "\"\xff\""}) {
    CAPTURE(value);
    CHECK(status_of(stored({{"good", "1"}, {"bad", value}})) == Status::corrupt);
    CHECK(status_of(stored({{"bad", value}}, {1, 2, no_deadline, 3}, true)) == Status::ok);
  }
  CHECK(status_of(stored({{"\xff", "1"}})) == Status::corrupt);
  CHECK(status_of(stored({}, {-1, 2, no_deadline, 3})) == Status::corrupt);
  CHECK(status_of(stored({}, {1, 2, no_deadline, INT64_MAX})) == Status::corrupt);
  CHECK(status_of(stored(std::vector<Field>(sessions::limits::keys + 1, {"k", "1"}))) == Status::corrupt);
}

TEST_CASE("the content of a version that was seen is not tested once more, all else is") {
  const std::string bad = stored({{"a", "x"}});
  CHECK(status_of(bad, Version{generation, version}) == Status::ok);
  CHECK(status_of(bad, Version{generation, version + 1}) == Status::corrupt);
  CHECK(status_of(bad, Version{generation + 1, version}) == Status::corrupt);
  CHECK(status_of(bad.substr(0, bad.size() - 1), Version{generation, version}) == Status::corrupt);
  CHECK(status_of(stored({}, {-1, 2, no_deadline, 3}), Version{generation, version}) == Status::corrupt);
}
