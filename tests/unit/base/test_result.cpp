#include <base/result.hpp>
#include <memory>
#include <string>
#include <utility>

#include "../../support/catch.hpp"

using namespace sessions;

TEST_CASE("a result is a value or the error that prevented it") {
  const Result<std::string> value(std::string("text"));
  REQUIRE(value);
  CHECK(*value == "text");
  CHECK(value->size() == 4);
  const Result<std::string> error(Error{Status::limit, "too much"});
  REQUIRE_FALSE(error);
  CHECK(error.error().status == Status::limit);
  CHECK(error.error().message == "too much");
}

TEST_CASE("a value that is false is a value") {
  CHECK(Result<bool>(false));
  CHECK_FALSE(*Result<bool>(false));
}

TEST_CASE("what can only be moved is moved out") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
  const std::unique_ptr<int> taken = std::move(*result);
  CHECK(*taken == 5);
  CHECK(*result == nullptr);
}

TEST_CASE("a result without a value is good, or an error") {
  CHECK(Result<void>());
  const Result<void> error(Error{Status::busy, {}});
  REQUIRE_FALSE(error);
  CHECK(error.error().status == Status::busy);
}
