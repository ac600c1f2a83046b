#include <cstdint>
#include <limits>
#include <session/value.hpp>
#include <string>

#include "../../support/catch.hpp"

using namespace sessions;
using session::Type;

TEST_CASE("the type of a value is that of its text") {
  CHECK(session::type_of("null") == Type::null);
  CHECK(session::type_of("true") == Type::boolean);
  CHECK(session::type_of("false") == Type::boolean);
  CHECK(session::type_of("-9223372036854775808") == Type::int64);
  CHECK(session::type_of("9223372036854775807") == Type::int64);
  CHECK(session::type_of("9223372036854775808") == Type::uint64);
  CHECK(session::type_of("18446744073709551615") == Type::uint64);
  CHECK(session::type_of("18446744073709551616") == Type::number);
  CHECK(session::type_of("-9223372036854775809") == Type::number);
  CHECK(session::type_of("1.0") == Type::floating);
  CHECK(session::type_of("1e3") == Type::floating);
  CHECK(session::type_of("1e999") == Type::number);
  CHECK(session::type_of("\"\"") == Type::string);
  CHECK(session::type_of("[1]") == Type::array);
  CHECK(session::type_of("{}") == Type::object);
}

TEST_CASE("reading as another type changes nothing") {
  bool truth = true;
  std::int64_t number = 5;
  std::uint64_t natural = 5;
  double real = 5;
  std::string text = "kept";
  for (const char* json : {"null", "\"1\"", "[1]", "{}"}) {
    CHECK(session::to_bool(json, truth) == Status::type);
    CHECK(session::to_int64(json, number) == Status::type);
    CHECK(session::to_uint64(json, natural) == Status::type);
    CHECK(session::to_double(json, real) == Status::type);
  }
  for (const char* json : {"null", "1", "true", "[]"}) {
    CHECK(session::to_string(json, text) == Status::type);
  }
  CHECK(session::to_int64("true", number) == Status::type);
  CHECK(session::to_int64("1.5", number) == Status::range);
  CHECK(session::to_uint64("-1", natural) == Status::range);
  CHECK(session::to_double("9007199254740993", real) == Status::range);
  CHECK(session::to_double("1e999", real) == Status::range);
  CHECK((truth && number == 5 && natural == 5 && real == 5 && text == "kept"));
}

TEST_CASE("values are read exactly") {
  std::int64_t number = 0;
  CHECK(session::to_int64("-9223372036854775808", number) == Status::ok);
  CHECK(number == std::numeric_limits<std::int64_t>::min());
  std::uint64_t natural = 0;
  CHECK(session::to_uint64("18446744073709551615", natural) == Status::ok);
  CHECK(natural == std::numeric_limits<std::uint64_t>::max());
  double real = 0;
  CHECK(session::to_double("9007199254740992", real) == Status::ok);
  CHECK(real == 9007199254740992.0);
  bool truth = true;
  CHECK(session::to_bool("false", truth) == Status::ok);
  CHECK_FALSE(truth);
  std::string text;
  CHECK(session::to_string(R"("a\u0000b \ud83e\udd80")", text) == Status::ok);
  CHECK(text == std::string("a\0b \xf0\x9f\xa6\x80", 8));
}
