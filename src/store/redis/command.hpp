// Commands in the protocol of Redis.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace sessions::store::redis {

// Words of any bytes, by hiredis. Throws std::bad_alloc when there is no memory, or the command would be larger than
// Redis takes.
std::string command(std::span<const std::string_view> words);

// The first words of what is sent for every request, as they are sent.
struct Beginning {
  std::size_t words;
  std::string_view text;
};

using WordLists = std::initializer_list<std::span<const std::string_view>>;

// The same with more words, list after list, without hiredis: it takes 900 instructions for a word, which costs 64
// callers a twelfth of their throughput.
std::string command(const Beginning& beginning, WordLists rest);

// The command that is answered with its own word.
std::string format_echo(std::string_view word);

}  // namespace sessions::store::redis
