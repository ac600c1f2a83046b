#include <charconv>
#include <cmath>
#include <json/number.hpp>
#include <limits>
#include <system_error>

namespace sessions::json {

namespace {

bool is_integer(std::string_view number) noexcept { return number.find_first_of(".eE") == std::string_view::npos; }

template <class T>
Status read(std::string_view number, T& value) noexcept {
  T read{};
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, read);
  if (error != std::errc{} || stop != end) {
    return Status::range;
  }
  value = read;
  return Status::ok;
}

// An integer that a double holds comes back from it; the bound keeps the way back defined.
template <class T>
Status widen(T integer, double& value) noexcept {
  const auto wide = static_cast<double>(integer);
  const double bound = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (wide >= bound || static_cast<T>(wide) != integer) {
    return Status::range;
  }
  value = wide;
  return Status::ok;
}

}  // namespace

NumberKind number_kind(std::string_view number) noexcept {
  if (!is_integer(number)) {
    double value = 0;
    return read(number, value) == Status::ok ? NumberKind::floating : NumberKind::other;
  }
  std::int64_t value = 0;
  if (read(number, value) == Status::ok) {
    return NumberKind::int64;
  }
  std::uint64_t large = 0;
  return read(number, large) == Status::ok ? NumberKind::uint64 : NumberKind::other;
}

Status to_int64(std::string_view number, std::int64_t& value) noexcept { return read(number, value); }

Status to_uint64(std::string_view number, std::uint64_t& value) noexcept {
  return number == "-0" ? read("0", value) : read(number, value);
}

Status to_double(std::string_view number, double& value) noexcept {
  if (!is_integer(number)) {
    return read(number, value);
  }
  std::int64_t integer = 0;
  if (read(number, integer) == Status::ok) {
    return widen(integer, value);
  }
  std::uint64_t large = 0;
  return read(number, large) == Status::ok ? widen(large, value) : Status::range;
}

Status add(std::string_view value, std::int64_t delta, std::int64_t& sum) noexcept {
  if (value.empty() || (value.front() != '-' && (value.front() < '0' || value.front() > '9'))) {
    return Status::type;
  }
  std::int64_t start = 0;
  if (to_int64(value, start) != Status::ok) {
    return Status::range;
  }
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  if (delta > 0 ? start > most - delta : start < least - delta) {
    return Status::range;
  }
  sum = start + delta;
  return Status::ok;
}

void append_double(std::string& out, double value) {
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char text[32];
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const std::string_view digits(
      text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, value, format).ptr - text));
  out += digits;
  if (plain && digits.find('.') == std::string_view::npos) {
    out += ".0";
  }
}

}  // namespace sessions::json
