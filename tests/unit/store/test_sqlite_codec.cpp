// A codec is the host's own code: while it runs, it holds up nobody.
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "../../support/codecs.hpp"
#include "../../support/sqlite_world.hpp"

using namespace sessions;
using namespace sessions::store;
using namespace sessions::testing;

namespace {

// Does something else on its way.
class Distracted final : public Codec {
 public:
  explicit Distracted(std::function<void()> distraction) : distraction_(std::move(distraction)) {}

  Result<std::string> encode(std::string_view json) const override {
    distraction_();
    return reversal_.encode(json);
  }
  Result<std::string> decode(std::string_view bytes) const override {
    distraction_();
    return reversal_.decode(bytes);
  }

 private:
  std::function<void()> distraction_;
  Reversal reversal_;
};

Call coded(
    const std::function<void()>& distraction = [] {}, std::chrono::milliseconds timeout = std::chrono::minutes(1)) {
  return {now, timeout, std::make_shared<Distracted>(distraction)};
}

std::string coded_value_of(Store& store, unsigned number) {
  const auto found = load(store, number, coded());
  return found && *found ? std::string(Record::Reader(**found).next().value) : "none";
}

void fork_once() {
  const pid_t child = fork();
  if (child == 0) {
    _exit(0);
  }
  int status = -1;
  if (waitpid(child, &status, 0) != child || status != 0) {
    _exit(2);
  }
}

}  // namespace

TEST_CASE("a codec may fork") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // it would hang for ever
    const Call call = coded(&fork_once);
    const bool is_good = create(*store, 1, now, "0", call) && increment(*store, 1, call) &&
                         regenerate(*store, 1, 2, call) && load(*store, 2, call);
    _exit(is_good && coded_value_of(*store, 2) == "2" ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("other sessions are written while a codec runs") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"), 1);
  REQUIRE(*create(*store, 1, now, "0", coded()));
  REQUIRE(*create(*store, 2));
  int others = 0;
  int failures = 0;
  const auto write_another = [&] { ++(increment(*store, 2, hasty()) ? others : failures); };
  CHECK(increment(*store, 1, coded(write_another)));
  CHECK(others > 0);
  CHECK(regenerate(*store, 1, 3, coded(write_another)));
  CHECK(failures == 0);
  CHECK(value_of(*store, 2) == std::to_string(others));
  CHECK(coded_value_of(*store, 3) == "2");
}

TEST_CASE("who is overtaken while a codec runs begins anew, until the deadline") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  REQUIRE(*create(*store, 1, now, "0", coded()));
  int left = 3;
  const auto overtake = [&] {
    if (left > 0) {
      --left;
      CHECK(increment(*store, 1, coded()));
    }
  };
  const auto committed = increment(*store, 1, coded(overtake));
  REQUIRE(committed);
  CHECK(committed->outcome == Committed::Outcome::merged);
  CHECK(coded_value_of(*store, 1) == "4");
  left = 3;
  REQUIRE(regenerate(*store, 1, 2, coded(overtake)));
  CHECK(coded_value_of(*store, 1) == "none");
  CHECK(coded_value_of(*store, 2) == "8");
  CHECK(statistics(*store).sessions == 1);

  REQUIRE(*create(*store, 3, now, "0", coded()));
  int rivals = 0;
  const auto keep_overtaking = [&] { rivals += increment(*store, 3, coded()) ? 1 : 0; };
  const auto late = increment(*store, 3, coded(keep_overtaking, std::chrono::milliseconds(5)));
  REQUIRE_FALSE(late);
  CHECK(late.error().status == Status::busy);
  CHECK(coded_value_of(*store, 3) == std::to_string(rivals));
}

TEST_CASE("what a codec makes too large is refused, and what was there stays") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  REQUIRE(*create(*store, 1, now, "0", coded()));
  const Call swelling(now, std::chrono::minutes(1), std::make_shared<Swelling>());
  const auto committed = increment(*store, 1, swelling);
  REQUIRE_FALSE(committed);
  CHECK(committed.error().status == Status::limit);
  const auto created = create(*store, 2, now, "0", swelling);
  REQUIRE_FALSE(created);
  CHECK(created.error().status == Status::limit);
  CHECK(coded_value_of(*store, 1) == "0");
}

TEST_CASE("a session that ends while a codec runs stays ended") {
  const TemporaryDirectory directory;
  const auto store = open(directory.file("s.db"));
  REQUIRE(*create(*store, 1, now, "0", coded()));
  bool is_there = true;
  const auto end = [&] {
    if (is_there) {
      is_there = false;
      CHECK(*destroy(*store, 1));
    }
  };
  CHECK(increment(*store, 1, coded(end))->outcome == Committed::Outcome::gone);
  CHECK(coded_value_of(*store, 1) == "none");
}
