// Commands in the protocol of Redis.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sessions::store::redis {

// The first words of many commands, as they are sent, since hiredis takes some five hundred instructions for a word.
struct Beginning {
  std::size_t words;
  std::string_view text;
};

// Words of any bytes. Throws std::bad_alloc when there is no memory, or the command would be larger than Redis takes.
std::string command(std::span<const std::string_view> words);
std::string command(const Beginning& beginning, std::span<const std::string_view> rest);

// The command that is answered with its own word.
std::string format_echo(std::string_view word);

}  // namespace sessions::store::redis
