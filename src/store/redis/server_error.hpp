// What a server's error reply means to whoever has asked.
#pragma once

#include <base/status.hpp>
#include <string_view>

namespace sessions::store::redis {

// All of them say that nothing was done. The message says what to do, and repeats nothing of the reply but its code.
Error server_error(std::string_view reply);

// Whether a script called what the server does not have, or its user may not call, or not with such keys.
bool is_forbidden(std::string_view reply) noexcept;

}  // namespace sessions::store::redis
