#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <new>
#include <store/redis/command.hpp>
#include <vector>

namespace sessions::store::redis {

namespace {

// What Redis takes as one word by default; hiredis counts in int.
constexpr std::size_t most_bytes = std::size_t{512} << 20U;

constexpr std::size_t most_around_a_word = sizeof "$536870912\r\n\r\n";
constexpr std::string_view line_end = "\r\n";

std::size_t size_of(std::span<const std::string_view> words) {
  std::size_t bytes = 0;
  for (const std::string_view word : words) {
    bytes += word.size();
  }
  return bytes;
}

void check(std::size_t bytes) {
  if (bytes > most_bytes) {
    throw std::bad_alloc();
  }
}

// Into room that is there.
char* put(char* at, std::string_view text) noexcept { return std::copy(text.begin(), text.end(), at); }

char* put_count(char* at, char kind, std::size_t count) noexcept {
  *at++ = kind;
  return put(std::to_chars(at, at + most_around_a_word, count).ptr, line_end);
}

}  // namespace

std::string command(std::span<const std::string_view> words) {
  check(size_of(words));
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  // Its sister for sds is faster, and leaks when there is no memory.
  char* formatted = nullptr;
  const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<char, void (*)(char*)> owned(formatted, &redisFreeCommand);
  return {formatted, static_cast<std::size_t>(size)};
}

std::string command(const Beginning& beginning, WordLists rest) {
  std::size_t words = 0;
  std::size_t bytes = 0;
  for (const auto list : rest) {
    words += list.size();
    bytes += size_of(list);
  }
  check(bytes);
  std::string command(beginning.text.size() + bytes + (words + 1) * most_around_a_word, '\0');
  char* at = put_count(command.data(), '*', beginning.words + words);
  at = put(at, beginning.text);
  for (const auto list : rest) {
    for (const std::string_view word : list) {
      at = put_count(at, '$', word.size());
      at = put(at, word);
      at = put(at, line_end);
    }
  }
  command.resize(static_cast<std::size_t>(at - command.data()));
  return command;
}

std::string format_echo(std::string_view word) { return command(std::array<std::string_view, 2>{"PING", word}); }

}  // namespace sessions::store::redis
