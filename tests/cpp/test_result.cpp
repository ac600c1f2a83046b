// Results, errors and exceptions.
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <memory>
#include <sessions.hpp>
#include <string>
#include <support/catch.hpp>
#include <type_traits>
#include <utility>

using sessions::Category;
using sessions::Error;
using sessions::Exception;
using sessions::Result;
using sessions::Status;

namespace {

// Whether a call ends the program by std::terminate(), which it does in a child process.
template <class Call>
bool terminates(Call call) {
  const pid_t child = fork();
  if (child == 0) {
    std::set_terminate([] { _exit(7); });
    call();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

}  // namespace

TEST_CASE("what a result that is not kept gives outlives it") {
  CHECK(std::is_same_v<decltype(*std::declval<Result<std::string>>()), std::string>);
  CHECK(std::is_same_v<decltype(std::declval<Result<std::string>>().value_or_throw()), std::string>);
  CHECK(std::is_same_v<decltype(std::declval<Result<std::string>>().error()), Error>);
  CHECK(std::is_same_v<decltype(std::declval<Result<void>>().error()), Error>);
}

TEST_CASE("a status has a name, a message and a category") {
  CHECK(name(Status::limit) == "SESSIONS_E_LIMIT");
  CHECK(message(Status::limit) == sessions_status_message(SESSIONS_E_LIMIT));
  CHECK(category(Status::ok) == Category::ok);
  CHECK(category(Status::limit) == Category::caller);
  CHECK(category(Status::unavailable) == Category::environment);
  CHECK(category(Status::corrupt) == Category::stored_data);
  CHECK(category(Status::nomem) == Category::internal);
  CHECK(category(Status::callback) == Category::callback);
  CHECK(category(static_cast<Status>(7)) == Category::none);
  CHECK(category(static_cast<Status>(-299)) == Category::environment);
  CHECK(sessions::version() == sessions_version());
}

TEST_CASE("an error without an object of C has the general message") {
  const Error error(Status::busy);
  CHECK(error.status() == Status::busy);
  CHECK(error.category() == Category::environment);
  CHECK(error.name() == "SESSIONS_E_BUSY");
  CHECK(error.message() == message(Status::busy));
}

TEST_CASE("an error keeps the message of C's, which ends earlier") {
  sessions_backend* backend = nullptr;
  sessions_error* from_c = nullptr;
  REQUIRE(sessions_backend_open("nonsense:", SESSIONS_NUL_TERMINATED, &backend, &from_c) == SESSIONS_E_UNSUPPORTED);
  const std::string said = sessions_error_message(from_c);
  Error error(from_c);
  CHECK(Error(Status::busy, from_c).status() == Status::busy);
  sessions_error_free(from_c);
  CHECK(error.message() == said);
  CHECK(said.find("nonsense") != std::string::npos);
  CHECK(error.message().data()[error.message().size()] == '\0');

  const Error moved = std::move(error);
  CHECK(moved.message() == said);
  CHECK(moved.status() == Status::unsupported);
  CHECK(Error(Status::busy, nullptr).message() == message(Status::busy));
  CHECK(Error(static_cast<const sessions_error*>(nullptr)).status() == Status::ok);
}

TEST_CASE("a result holds a value") {
  Result<std::string> result(std::string("value"));
  CHECK(result);
  CHECK(result.has_value());
  CHECK(result.status() == Status::ok);
  CHECK(*result == "value");
  CHECK(result->size() == 5);
  CHECK(result.value_or("other") == "value");
  CHECK(result.value_or_throw() == "value");
  const auto& constant = result;
  CHECK(*constant == "value");
  CHECK(constant->size() == 5);
  CHECK(std::move(result).value_or_throw() == "value");
}

TEST_CASE("a result holds an error") {
  Result<int> result = Error(Status::range);
  CHECK_FALSE(result);
  CHECK(result.status() == Status::range);
  CHECK(result.error().status() == Status::range);
  CHECK(result.value_or(7) == 7);
  CHECK(std::move(result).value_or(8) == 8);
}

TEST_CASE("a result of values that can only be moved gives them away") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  CHECK(*std::move(result).value_or_throw() == 7);
  Result<std::unique_ptr<int>> missing = Error(Status::nomem);
  CHECK(std::move(missing).value_or(nullptr) == nullptr);
}

TEST_CASE("a result without a value is a success or an error") {
  Result<void> good;
  CHECK(good);
  CHECK(good.status() == Status::ok);
  CHECK_NOTHROW(good.value_or_throw());
  Result<void> bad = Error(Status::full);
  CHECK_FALSE(bad);
  CHECK(bad.error().status() == Status::full);
  CHECK_THROWS_AS(bad.value_or_throw(), Exception);
  CHECK(std::move(bad).error().status() == Status::full);
}

TEST_CASE("value_or_throw throws the status with the message") {
  try {
    sessions::Backend::open("nonsense:").value_or_throw();
    FAIL("nothing was thrown");
  } catch (const Exception& exception) {
    CHECK(exception.status() == Status::unsupported);
    CHECK(exception.category() == Category::caller);
    CHECK(std::string(exception.what()).find("nonsense") != std::string::npos);
  }
  const Result<int> kept = Error(Status::type);
  CHECK_THROWS_AS(kept.value_or_throw(), std::runtime_error);
}

TEST_CASE("asking a result for what it does not hold ends the program") {
  CHECK(terminates([] { static_cast<void>(*Result<int>(Error(Status::type))); }));
  CHECK(terminates([] { static_cast<void>(Result<std::string>(Error(Status::type))->size()); }));
  CHECK(terminates([] { static_cast<void>(Result<int>(1).error()); }));
  CHECK(terminates([] { static_cast<void>(Result<void>().error()); }));
  CHECK_FALSE(terminates([] { static_cast<void>(*Result<int>(1)); }));
}
