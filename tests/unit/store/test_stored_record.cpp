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

Status status_of(const std::string& bytes, const Record& known = {}) {
  const auto read = read_stored(bytes, known);
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

TEST_CASE("what has the bytes of a record that is known is that one, all else is tested") {
  const std::string good = stored({{"a", "1"}});
  const Record known = *read_stored(good);
  CHECK(read_stored(good, known)->bytes().data() == known.bytes().data());
  CHECK(read_stored(stored({{"a", "2"}}), known)->bytes() == stored({{"a", "2"}}));
  CHECK(status_of(stored({{"a", "x"}}), known) == Status::corrupt);
  CHECK(status_of(good.substr(0, good.size() - 1), known) == Status::corrupt);
  CHECK(status_of("", known) == Status::corrupt);
}
