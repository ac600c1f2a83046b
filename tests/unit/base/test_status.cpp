#include <base/status.hpp>

#include "../../support/catch.hpp"

using namespace sessions;

TEST_CASE("the environment passes, and nothing else does") {
  for (const Status passing : {Status::unavailable, Status::timeout, Status::unknown, Status::random, Status::busy,
                               Status::full, Status::read_only}) {
    CHECK(is_passing(passing));
  }
  for (const Status lasting :
       {Status::ok, Status::pending, Status::invalid, Status::misuse, Status::limit, Status::canceled, Status::corrupt,
        Status::newer, Status::nomem, Status::internal, Status::callback, static_cast<Status>(-555)}) {
    CHECK_FALSE(is_passing(lasting));
  }
  CHECK(is_passing(static_cast<Status>(-299)));
  CHECK_FALSE(is_passing(static_cast<Status>(-200)));
  CHECK_FALSE(is_passing(static_cast<Status>(-300)));
}

TEST_CASE("an error is its status in words") {
  const Error error = in_words(Status::limit, "too much");
  CHECK(error.status == Status::limit);
  CHECK(error.message == "too much");
}
