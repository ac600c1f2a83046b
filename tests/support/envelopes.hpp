// Sealing texts and opening what came of it.
#pragma once

#include <cstdint>
#include <envelope/envelope.hpp>
#include <string>
#include <variant>

#include "catch.hpp"

namespace sessions::testing {

inline constexpr std::int64_t now = 1'700'000'000;
inline constexpr std::int64_t lifetime = 1'209'600;

// The value, which leaves what was in the line before it.
inline std::string seal(const envelope::Envelope& envelope, const std::string& text) {
  std::string line = "s=" + text;
  envelope.seal(line, 2, now);
  REQUIRE(line.starts_with("s="));
  return line.substr(2);
}

inline std::string text_of(const std::variant<envelope::Opened, envelope::Refusal>& opened) {
  const auto* good = std::get_if<envelope::Opened>(&opened);
  return good == nullptr ? "refused" : good->text;
}

}  // namespace sessions::testing
