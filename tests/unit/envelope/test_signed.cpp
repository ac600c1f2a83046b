#include <envelope/signed.hpp>
#include <memory>
#include <string>
#include <vector>

#include "../../support/catch.hpp"
#include "../../support/envelopes.hpp"

using namespace sessions;
using namespace sessions::testing;
using envelope::Envelope;
using envelope::Opened;
using envelope::Refusal;

namespace {

std::unique_ptr<Envelope> open_signed(const std::vector<std::string_view>& secrets) {
  auto made = envelope::Signed::make(secrets);
  REQUIRE(made);
  return std::move(*made);
}

constexpr std::string_view secret = "c97736eba7c7add11698a28cda5c2ede7d8bbff581aff4d6ed24ca822775967c";
constexpr std::string_view golden = "eyJ1c2VyX2lkIjogNDJ9LlpWUHhBQS41M294UUFYVEc1NUlreGNlZFZsQXBiUWE0SmM=";

}  // namespace

TEST_CASE("the signed cookie is that of starlette-sessions") {
  const auto envelope = open_signed({secret});
  CHECK(envelope->carries_time());
  CHECK(seal(*envelope, R"({"user_id": 42})") == golden);
  const auto opened = envelope->open(golden, now + 5, lifetime);
  CHECK(text_of(opened) == R"({"user_id": 42})");
  CHECK(std::get<Opened>(opened).written == now);
  CHECK(std::get<Refusal>(envelope->open(golden, now + lifetime + 1, lifetime)) == Refusal::expired);
  CHECK(std::get<Refusal>(envelope->open(golden, now - 1, lifetime)) == Refusal::future);
  CHECK(std::get<Refusal>(open_signed({"other"})->open(golden, now, lifetime)) == Refusal::signature);
  CHECK(text_of(open_signed({"other", secret})->open(golden, now, lifetime)) == R"({"user_id": 42})");
}

TEST_CASE("every bit of a signed cookie counts") {
  const auto envelope = open_signed({secret});
  for (std::size_t i = 0; i < golden.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed(golden);
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ (1U << bit));
      CHECK(text_of(envelope->open(changed, now, lifetime)) == "refused");
    }
    CHECK(text_of(envelope->open(golden.substr(0, i), now, lifetime)) == "refused");
  }
}
