// Commands in the protocol of Redis.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace sessions::store::redis {

using WordLists = std::initializer_list<std::span<const std::string_view>>;

// Words of any bytes, list after list, by hiredis. Throws std::bad_alloc when there is no memory, or the command would
// be larger than Redis takes.
std::string command(WordLists lists);
std::string command(std::span<const std::string_view> words);

// The command that is answered with its own word.
std::string format_echo(std::string_view word);

}  // namespace sessions::store::redis
