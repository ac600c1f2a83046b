// Commands in the protocol of Redis.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sessions::store::redis {

// Words of any bytes. Throws std::bad_alloc when there is no memory, or the command would be larger than Redis takes.
std::string command(std::span<const std::string_view> words);

}  // namespace sessions::store::redis
