// One value of a session, as JSON text: its type, and its way from and to C++ types.
#pragma once

#include <base/status.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace sessions::session {

// The numbers are those of <sessions/session.h>.
enum class Type : std::int32_t { null = 1, boolean, int64, uint64, floating, number, string, array, object };

// All of these take a valid value without white space around it.
Type type_of(std::string_view json) noexcept;

// ok, type, or range; on failure `value` is untouched.
Status to_bool(std::string_view json, bool& value) noexcept;
Status to_int64(std::string_view json, std::int64_t& value) noexcept;
Status to_uint64(std::string_view json, std::uint64_t& value) noexcept;
Status to_double(std::string_view json, double& value) noexcept;

// ok or type.
Status to_string(std::string_view json, std::string& value);

}  // namespace sessions::session
