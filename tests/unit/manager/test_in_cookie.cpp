#include <envelope/plain.hpp>
#include <manager/in_cookie.hpp>
#include <memory>
#include <string>
#include <utility>

#include "../../support/catch.hpp"
#include "../../support/codecs.hpp"

using namespace sessions;
using envelope::Opened;
using envelope::Refusal;
using manager::Asked;
using manager::CommitMode;
using manager::Config;
using manager::InCookie;
using manager::Kept;
using manager::Origin;
using manager::Write;

namespace {

constexpr std::int64_t now = 1'700'000'000;

// Opens every value as the test says.
class Scripted final : public envelope::Envelope {
 public:
  explicit Scripted(std::variant<Opened, Refusal> opened) : opened_(std::move(opened)) {}

  std::variant<Opened, Refusal> open(std::string_view value, std::int64_t when, std::int64_t lifetime) const override {
    CHECK(value == "value");
    CHECK(when == now);
    CHECK(lifetime == 1'000);
    return opened_;
  }
  void seal(std::string& line, std::size_t begin, std::int64_t when) const override {
    line.insert(begin, "at " + std::to_string(when) + ": ");
  }
  bool carries_time() const noexcept override { return true; }

 private:
  const std::variant<Opened, Refusal> opened_;
};

class Failing final : public store::Codec {
 public:
  explicit Failing(Status status) : status_(status) {}
  Result<std::string> encode(std::string_view) const override { return Error{status_, "mine"}; }
  Result<std::string> decode(std::string_view) const override { return Error{status_, "mine"}; }

 private:
  const Status status_;
};

struct World {
  explicit World(std::variant<Opened, Refusal> opened = Opened{R"({"n":1})", now - 5},
                 std::shared_ptr<const store::Codec> codec = nullptr)
      : keeper(std::make_unique<Scripted>(std::move(opened)), config) {
    REQUIRE(config.set_lifetime_seconds(1'000));
    config.set_codec(std::move(codec));
  }

  Result<Origin> find() { return keeper.find("value", call, content, kept, asked); }

  Result<void> append(std::string& line) {
    std::optional<Kept> next;
    return keeper.append_value(Write::save, kept, content, call, line, next);
  }

  Config config;
  InCookie keeper;
  manager::Call call{now, std::chrono::minutes(1)};
  session::Content content{1'000};
  Kept kept;
  Asked asked;
};

}  // namespace

TEST_CASE("what a cookie holds is restored, with the time when it was written") {
  World world;
  REQUIRE(*world.find() == Origin::restored);
  REQUIRE(world.content.decode());
  CHECK(world.content.to_json() == R"({"n":1})");
  CHECK(world.kept.written == now - 5);
  CHECK_FALSE(world.asked.is_open());
}

TEST_CASE("a cookie that is refused is an origin, not an error") {
  CHECK(*World(Refusal::malformed).find() == Origin::malformed);
  CHECK(*World(Refusal::signature).find() == Origin::signature);
  CHECK(*World(Refusal::expired).find() == Origin::expired);
  CHECK(*World(Refusal::future).find() == Origin::future);
}

TEST_CASE("content goes through the codec on its way out and in") {
  World world(Opened{R"(}1 :"n"{)", now}, std::make_shared<testing::Reversal>());
  REQUIRE(*world.find() == Origin::restored);
  REQUIRE(world.content.decode());
  CHECK(world.content.to_json() == R"({"n":1})");
  std::string line = "s=";
  REQUIRE(world.append(line));
  CHECK(line == R"(s=at 1700000000: }1 :"n"{)");
}

TEST_CASE("a codec that refuses what it is given refuses the cookie, one that fails for now is an error") {
  for (const Status refusing : {Status::callback, Status::invalid, Status::corrupt}) {
    CHECK(*World(Opened{}, std::make_shared<Failing>(refusing)).find() == Origin::content);
  }
  for (const Status failing : {Status::nomem, Status::unavailable, Status::timeout}) {
    const auto found = World(Opened{}, std::make_shared<Failing>(failing)).find();
    REQUIRE_FALSE(found);
    CHECK(found.error().status == failing);
  }
}

TEST_CASE("a codec that cannot encode is why nothing is written") {
  World world({Opened{R"({"n":1})", now}}, std::make_shared<Failing>(Status::callback));
  std::string line;
  const auto refused = world.append(line);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "mine");
}

TEST_CASE("the value that follows what is in the line is the sealed content, as Python writes it") {
  World world;
  REQUIRE(*world.find() == Origin::restored);
  REQUIRE(world.content.decode());
  REQUIRE(world.content.set("m", "2") == Status::ok);
  std::string line = "s=";
  REQUIRE(world.append(line));
  CHECK(line == R"(s=at 1700000000: {"n": 1, "m": 2})");
}

TEST_CASE("writing settles the content now, without asking anybody") {
  World world;
  REQUIRE(*world.find() == Origin::restored);
  REQUIRE(world.content.decode());
  REQUIRE(world.content.set("n", "2") == Status::ok);
  std::optional<Kept> next;
  const auto written =
      world.keeper.perform(Write::save, CommitMode::merge, next, world.content, world.call, world.kept, world.asked);
  REQUIRE(written);
  CHECK(written->outcome == manager::Written::Outcome::applied);
  CHECK_FALSE(world.content.changed());
  CHECK(world.kept.written == now);
  for (const Write write : {Write::create, Write::save, Write::touch, Write::regenerate}) {
    CHECK(world.keeper.changes_value(write));
  }
}

TEST_CASE("the time is kept if the envelope carries it") {
  const Config config;
  CHECK(World().keeper.keeps_time());
  CHECK_FALSE(InCookie(std::make_unique<envelope::Plain>(), config).keeps_time());
}
