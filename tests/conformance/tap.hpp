// What a test is, how it fails, and how all of them are told as TAP (testanything.org, version 13).
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

class World;

// The contract was not kept. It leaves the test that found it.
struct Failure : std::exception {
  Failure(std::string what_for, std::string what_was_expected, std::string what_came)
      : about(std::move(what_for)), expected(std::move(what_was_expected)), got(std::move(what_came)) {}
  const char* what() const noexcept override { return about.c_str(); }

  std::string about;
  std::string expected;
  std::string got;
  std::vector<std::string> history;  // what was done before, where the test knows better than the world's journal
};

// The backend need not be able to do what the test is about.
struct Skipped : std::exception {
  explicit Skipped(std::string why) : reason(std::move(why)) {}
  const char* what() const noexcept override { return reason.c_str(); }

  std::string reason;
};

struct Test {
  std::string name;
  void (*body)(World&);
};

// One function a topic, each in a file of its own.
std::vector<Test> content_tests();
std::vector<Test> merging_tests();
std::vector<Test> mode_tests();
std::vector<Test> ending_tests();
std::vector<Test> expiry_tests();
std::vector<Test> id_tests();
std::vector<Test> interleaving_tests();
std::vector<Test> linearizability_tests();
std::vector<Test> counter_tests();
std::vector<Test> upkeep_tests();

// Runs the tests one after the other and prints the report. True when none has failed.
bool run(const std::vector<Test>& tests, World& world);

// ---- checks ----

// In quotes, without control characters, and cut when it is long.
std::string quoted(std::string_view text);

void expect(bool holds, std::string_view about);
void expect_equal(std::string_view about, std::string_view expected, std::string_view got);
void expect_equal(std::string_view about, long long expected, long long got);

}  // namespace conformance
