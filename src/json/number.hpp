// JSON numbers: which of the C types holds one exactly, and how a double is written.
#pragma once

#include <base/status.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace sessions::json {

enum class NumberKind { int64, uint64, floating, other };

// Of a valid number's text. uint64: from 2^63 on. floating: it has a fraction or an exponent and is finite as a double.
NumberKind number_kind(std::string_view number) noexcept;

// ok, or range when the type does not hold the number exactly; then `value` is untouched. A fraction or exponent makes
// any number out of range for the integers. to_double takes every floating, and integers that survive the way to double
// and back.
Status to_int64(std::string_view number, std::int64_t& value) noexcept;
Status to_uint64(std::string_view number, std::uint64_t& value) noexcept;
Status to_double(std::string_view number, double& value) noexcept;

// The sum of an integer's text and delta: type when the text is no number, range when it or the sum is no int64; then
// `sum` is untouched.
Status add(std::string_view value, std::int64_t delta, std::int64_t& sum) noexcept;

// Appends the shortest digits that read back, laid out as Python does: always with a fraction or an exponent, plain
// from 1e-4 up to below 1e16, else like 1e+16 and 1.5e-07. `value` is finite.
void append_double(std::string& out, double value);

}  // namespace sessions::json
