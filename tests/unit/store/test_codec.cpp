#include <store/codec.hpp>
#include <string>

#include "../../support/catch.hpp"
#include "../../support/codecs.hpp"

using namespace sessions;
using namespace sessions::store;

TEST_CASE("what a codec makes of one session is bounded together, with what is there beside it") {
  const testing::Reversal reversal;
  BoundedCodec bounded(reversal, most_length - 5);
  CHECK(*bounded.encode("123") == "321");
  const auto too_much = bounded.encode("456");
  REQUIRE_FALSE(too_much);
  CHECK(too_much.error().status == Status::limit);
  CHECK(*bounded.encode("45") == "54");
  CHECK_FALSE(bounded.encode("6"));
  CHECK_FALSE(BoundedCodec(reversal, most_length + 1).encode("1"));
}
