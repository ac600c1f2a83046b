// Log messages: one line, never a key, an id, a cookie's value or session content.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace sessions {

// The numbers are those of <sessions/config.h>.
enum class LogLevel : std::int32_t { info = 1, warning = 2 };

// The message is NUL-terminated. May be empty: then nobody listens.
using Log = std::function<void(LogLevel, std::string_view)>;

}  // namespace sessions
