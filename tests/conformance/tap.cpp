#include <conformance/tap.hpp>
#include <conformance/world.hpp>
#include <cstdio>

namespace conformance {

namespace {

void print_line(std::string_view text) { std::printf("%.*s\n", static_cast<int>(text.size()), text.data()); }

void print_field(std::string_view name, std::string_view text) {
  print_line("  " + std::string(name) + ": " + quoted(text));
}

// The last lines: what made the difference is near the end.
void print_history(const std::vector<std::string>& history) {
  constexpr std::size_t most = 60;
  if (history.empty()) {
    return;
  }
  print_line("  history:");
  const std::size_t left_out = history.size() > most ? history.size() - most : 0;
  if (left_out > 0) {
    print_line("    - \"(" + std::to_string(left_out) + " steps before)\"");
  }
  for (std::size_t i = left_out; i < history.size(); ++i) {
    print_line("    - " + quoted(history[i]));
  }
}

void print_failure(const Failure& failure, const std::vector<std::string>& journal) {
  print_line("  ---");
  print_field("message", failure.about);
  print_field("expected", failure.expected);
  print_field("got", failure.got);
  print_history(failure.history.empty() ? journal : failure.history);
  print_line("  ...");
}

bool run(const Test& test, std::size_t number, World& world) {
  const std::string title = std::to_string(number) + " - " + test.name;
  world.journal().clear();
  try {
    test.body(world);
    if (std::optional<Failure> late = world.take_late_failure()) {
      throw std::move(*late);
    }
    print_line("ok " + title);
    return true;
  } catch (const Skipped& skipped) {
    print_line("ok " + title + " # SKIP " + skipped.reason);
    return true;
  } catch (const Failure& failure) {
    print_line("not ok " + title);
    print_failure(failure, world.journal());
  } catch (const std::exception& defect) {
    print_line("not ok " + title);
    print_failure({"the test could not go on", "no exception", defect.what()}, world.journal());
  }
  return false;
}

}  // namespace

bool run(const std::vector<Test>& tests, World& world) {
  std::size_t number = 0;
  std::size_t failed = 0;
  print_line("1.." + std::to_string(tests.size()));
  for (const Test& test : tests) {
    failed += run(test, ++number, world) ? 0 : 1;
    std::fflush(stdout);
  }
  print_line("# " + std::to_string(tests.size() - failed) + " passed, " + std::to_string(failed) + " failed");
  return failed == 0;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t most = 600;
  std::string result = "\"";
  for (const char c : text.substr(0, most)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      result += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
    } else {
      result += c == '"' || c == '\\' ? "\\" : "";
      result += c;
    }
  }
  result += text.size() > most ? "... (" + std::to_string(text.size()) + " bytes)\"" : "\"";
  return result;
}

void expect(bool holds, std::string_view about) {
  if (!holds) {
    throw Failure(std::string(about), "true", "false");
  }
}

void expect_equal(std::string_view about, std::string_view expected, std::string_view got) {
  if (expected != got) {
    throw Failure(std::string(about), std::string(expected), std::string(got));
  }
}

void expect_equal(std::string_view about, long long expected, long long got) {
  if (expected != got) {
    throw Failure(std::string(about), std::to_string(expected), std::to_string(got));
  }
}

}  // namespace conformance
