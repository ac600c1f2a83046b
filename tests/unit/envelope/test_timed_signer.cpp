#include <envelope/timed_signer.hpp>
#include <string>
#include <vector>

#include "../../support/catch.hpp"

using namespace sessions;
using envelope::Refusal;
using envelope::TimedSigner;

namespace {

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t lifetime = 100;

TimedSigner signer(const std::vector<std::string_view>& secrets) {
  auto made = TimedSigner::make("itsdangerous.Signer", secrets);
  REQUIRE(made);
  return std::move(*made);
}

std::string sign(std::string body, std::int64_t at, const std::vector<std::string_view>& secrets = {"secret one"}) {
  signer(secrets).sign(body, at);
  return body;
}

// Empty when the token is good.
std::optional<Refusal> refusal(std::string_view token, std::int64_t at = now,
                               const std::vector<std::string_view>& secrets = {"secret one"}) {
  const auto verified = signer(secrets).verify(token, at, lifetime);
  const auto* refused = std::get_if<Refusal>(&verified);
  return refused == nullptr ? std::nullopt : std::optional(*refused);
}

}  // namespace

TEST_CASE("tokens are those of itsdangerous 2.2 at every size of the time") {
  CHECK(sign(R"({"a": 1})", 0) == R"({"a": 1}..A0iMLlUlin65qHL_zmmasHVBoIc)");
  CHECK(sign(R"({"a": 1})", 1) == R"({"a": 1}.AQ.qfcUYkpxo6Ej4OdYm65hNEiI8bA)");
  CHECK(sign(R"({"a": 1})", 255) == R"({"a": 1}._w.yk724_v0EnTi9hPynCRv02UinzQ)");
  CHECK(sign(R"({"a": 1})", 256) == R"({"a": 1}.AQA.Y2AHHVTXlOoiq0fGkgLSnwSwtOE)");
  CHECK(sign(R"({"a": 1})", now) == R"({"a": 1}.ZVPxAA.XfioAUbBnq0v70fAs0kJ53E2CR8)");
  CHECK(sign(R"({"a": 1})", 4'294'967'296) == R"({"a": 1}.AQAAAAA.T0ruTk2oELXFETRjS_n57bOuXcw)");
  for (const std::int64_t time :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{255}, now, std::int64_t{4'294'967'296}}) {
    CHECK_FALSE(refusal(sign("x", time), time));
  }
}

TEST_CASE("the body may hold dots and anything else") {
  const std::string token = sign("x.y", now, {"new", "old"});
  CHECK(token == "x.y.ZVPxAA.qngpSl1vCjEBzovdSnO6kV95fPM");
  const TimedSigner reader = signer({"new"});
  const auto verified = reader.verify(token, now, lifetime);
  CHECK(std::get<TimedSigner::Verified>(verified).body == "x.y");
  CHECK(std::get<TimedSigner::Verified>(verified).signed_at == now);
  CHECK_FALSE(refusal(sign(std::string("\0\xff.", 3), now)));
}

TEST_CASE("the first secret signs, all of them verify") {
  const std::string token = sign("x", now, {"new", "old"});
  CHECK(token == sign("x", now, {"new"}));
  CHECK_FALSE(refusal(sign("x", now, {"old"}), now, {"new", "old"}));
  CHECK(refusal(sign("x", now, {"gone"}), now, {"new", "old"}) == Refusal::signature);
}

TEST_CASE("an age of exactly the lifetime is good, a second more or less than nothing is not") {
  const std::string token = sign("x", now);
  CHECK_FALSE(refusal(token, now));
  CHECK_FALSE(refusal(token, now + lifetime));
  CHECK(refusal(token, now + lifetime + 1) == Refusal::expired);
  CHECK(refusal(token, now - 1) == Refusal::future);
}

TEST_CASE("every changed byte, and every piece cut off, is refused") {
  const std::string token = sign(R"({"user": 7})", now);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char other : {'A', 'B', '.', '\0'}) {
      std::string changed = token;
      if (changed[i] != other) {
        changed[i] = other;
        CHECK(refusal(changed));
      }
    }
    CHECK(refusal(token.substr(0, i)));
    CHECK(refusal(token.substr(i + 1)));
  }
  CHECK(refusal(token + "A"));
  CHECK(refusal(token + "="));
  CHECK(refusal("") == Refusal::malformed);
  CHECK(refusal("no dot") == Refusal::malformed);
}
