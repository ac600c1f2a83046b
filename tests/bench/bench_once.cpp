// Runs one operation so many times, for tools that count; or prints what other programs need to measure the same.
//
// bench_once NAME TIMES         NAME as in operations.hpp
// bench_once --cookie PAYLOAD   the value of a signed cookie with that payload
// bench_once --json PAYLOAD     that payload as JSON text
// bench_once --secret           what it is signed with
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "operations.hpp"

namespace {

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--secret") {
    std::printf("%s\n", std::string(bench::signing_secret).c_str());
    return 0;
  }
  if (arguments.size() != 2) {
    throw std::invalid_argument("usage: bench_once NAME TIMES | --cookie PAYLOAD | --json PAYLOAD | --secret");
  }
  if (arguments[0] == "--cookie") {
    std::printf("%s\n", bench::signed_cookie_value(bench::payload_named(arguments[1])).c_str());
    return 0;
  }
  if (arguments[0] == "--json") {
    std::printf("%s\n", bench::payload_named(arguments[1]).json().c_str());
    return 0;
  }
  const bench::Step step = bench::operation_named(arguments[0]).make_step();
  for (long times = std::stol(arguments[1]); times > 0; --times) {
    if (!step()) {
      throw std::runtime_error(arguments[0] + " went wrong");
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_once: %s\n", error.what());
    return 1;
  }
}
