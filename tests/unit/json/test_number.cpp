#include <cmath>
#include <json/number.hpp>
#include <limits>
#include <string>

#include "../../support/catch.hpp"

using namespace sessions::json;
using sessions::Status;

namespace {

constexpr std::int64_t int64_most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int64_least = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t uint64_most = std::numeric_limits<std::uint64_t>::max();

std::string written(double value) {
  std::string out = "=";
  append_double(out, value);
  return out;
}

}  // namespace

TEST_CASE("numbers are sorted by the type that holds them") {
  const auto [number, kind] = GENERATE(table<std::string, NumberKind>({
      {"0", NumberKind::int64},
      {"-0", NumberKind::int64},
      {"-1", NumberKind::int64},
      {"9223372036854775807", NumberKind::int64},
      {"-9223372036854775808", NumberKind::int64},
      {"9223372036854775808", NumberKind::uint64},
      {"18446744073709551615", NumberKind::uint64},
      {"18446744073709551616", NumberKind::other},
      {"-9223372036854775809", NumberKind::other},
      {"100000000000000000000000000000000000000", NumberKind::other},
      {"0.0", NumberKind::floating},
      {"-0.0", NumberKind::floating},
      {"1.5", NumberKind::floating},
      {"1e0", NumberKind::floating},
      {"1E+2", NumberKind::floating},
      {"0e999", NumberKind::floating},
      {"0.0e-999", NumberKind::floating},
      {"1.7976931348623157e308", NumberKind::floating},
      {"5e-324", NumberKind::floating},
      {"123456789012345678901234567890.5", NumberKind::floating},
      {"1e309", NumberKind::other},
      {"-1e400", NumberKind::other},
      {"1e-999", NumberKind::other},
  }));
  CAPTURE(number);
  CHECK(number_kind(number) == kind);
}

TEST_CASE("integers are exact or out of range") {
  std::int64_t value = 42;
  for (const char* number : {"9223372036854775808", "-9223372036854775809", "1.0", "1e2", "0.5", "1e400"}) {
    CAPTURE(number);
    CHECK(to_int64(number, value) == Status::range);
    CHECK(value == 42);
  }
  CHECK(to_int64("-0", value) == Status::ok);
  CHECK(value == 0);
  CHECK(to_int64("9223372036854775807", value) == Status::ok);
  CHECK(value == int64_most);
  CHECK(to_int64("-9223372036854775808", value) == Status::ok);
  CHECK(value == int64_least);

  std::uint64_t large = 42;
  for (const char* number : {"-1", "18446744073709551616", "1.0", "1e2", "1e400"}) {
    CAPTURE(number);
    CHECK(to_uint64(number, large) == Status::range);
    CHECK(large == 42);
  }
  CHECK(to_uint64("-0", large) == Status::ok);
  CHECK(large == 0);
  CHECK(to_uint64("18446744073709551615", large) == Status::ok);
  CHECK(large == uint64_most);
  CHECK(to_uint64("7", large) == Status::ok);
  CHECK(large == 7);
}

TEST_CASE("doubles take what survives the way to double and back") {
  const auto [number, expected] = GENERATE(table<std::string, double>({
      {"0", 0.0},
      {"-0", 0.0},
      {"-7", -7.0},
      {"9007199254740992", 9007199254740992.0},
      {"-9007199254740992", -9007199254740992.0},
      {"9007199254740994", 9007199254740994.0},
      {"-9223372036854775808", -9223372036854775808.0},
      {"9223372036854775808", 9223372036854775808.0},
      {"18446744073709549568", 18446744073709549568.0},
      {"0.1", 0.1},
      {"-1.5e3", -1500.0},
      {"1.7976931348623157e308", 1.7976931348623157e308},
      {"5e-324", 5e-324},
      {"9007199254740993.0", 9007199254740992.0},
  }));
  CAPTURE(number);
  double value = 42;
  CHECK(to_double(number, value) == Status::ok);
  CHECK(value == expected);
}

TEST_CASE("doubles refuse what would change") {
  const std::string number = GENERATE(values<std::string>({
      "9007199254740993",
      "-9007199254740993",
      "9223372036854775807",
      "18446744073709551615",
      "18446744073709551616",
      "1e309",
      "-1e309",
      "1e-999",
  }));
  CAPTURE(number);
  double value = 42;
  CHECK(to_double(number, value) == Status::range);
  CHECK(value == 42);
}

TEST_CASE("sums are exact, or refused") {
  std::int64_t sum = 42;
  CHECK(add("1", 2, sum) == Status::ok);
  CHECK(sum == 3);
  CHECK(add("-0", -5, sum) == Status::ok);
  CHECK(sum == -5);
  CHECK(add("9223372036854775806", 1, sum) == Status::ok);
  CHECK(sum == int64_most);
  CHECK(add("-9223372036854775807", -1, sum) == Status::ok);
  CHECK(sum == int64_least);
  CHECK(add("-1", int64_least + 1, sum) == Status::ok);
  CHECK(sum == int64_least);
  CHECK(add("0", int64_least, sum) == Status::ok);
  CHECK(sum == int64_least);
  CHECK(add("-9223372036854775808", int64_most, sum) == Status::ok);
  CHECK(sum == -1);
  sum = 42;
  CHECK(add("9223372036854775807", 1, sum) == Status::range);
  CHECK(add("1", int64_most, sum) == Status::range);
  CHECK(add("-9223372036854775808", -1, sum) == Status::range);
  CHECK(add("-1", int64_least, sum) == Status::range);
  CHECK(add("9223372036854775808", -1, sum) == Status::range);
  CHECK(add("1.0", 1, sum) == Status::range);
  CHECK(add("1e2", 1, sum) == Status::range);
  for (const char* text : {"", "\"1\"", "null", "true", "[1]", "{}"}) {
    CAPTURE(text);
    CHECK(add(text, 1, sum) == Status::type);
  }
  CHECK(sum == 42);
}

TEST_CASE("doubles are written as Python writes them") {
  const auto [value, expected] = GENERATE(table<double, std::string>({
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.0, "-1.0"},
      {0.1, "0.1"},
      {0.5, "0.5"},
      {19.99, "19.99"},
      {1.0 / 3, "0.3333333333333333"},
      {0.1 + 0.2, "0.30000000000000004"},
      {100.0, "100.0"},
      {0.001, "0.001"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.00009999999999999999, "9.999999999999999e-05"},
      {1e-05, "1e-05"},
      {1.5e-07, "1.5e-07"},
      {1.5e-10, "1.5e-10"},
      {123456789012345.0, "123456789012345.0"},
      {1e15, "1000000000000000.0"},
      {9007199254740993.0, "9007199254740992.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},
      {-1e16, "-1e+16"},
      {12345678901234567.0, "1.2345678901234568e+16"},
      {1e22, "1e+22"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {5e-324, "5e-324"},
  }));
  CHECK(written(value) == "=" + expected);
  double back = 42;
  CHECK(to_double(expected, back) == Status::ok);
  CHECK(back == value);
  CHECK(std::signbit(back) == std::signbit(value));
}
