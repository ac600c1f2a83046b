#include <hiredis/hiredis.h>

#include <array>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <store/redis/command.hpp>
#include <vector>

namespace sessions::store::redis {

namespace {

// What Redis takes as one word by default; hiredis counts in int.
constexpr std::size_t most_bytes = std::size_t{512} << 20U;

}  // namespace

std::string command(WordLists lists) {
  std::size_t count = 0;
  for (const auto list : lists) {
    count += list.size();
  }
  std::array<std::byte, 512> room;  // enough for most
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  std::pmr::vector<const char*> texts(&memory);
  std::pmr::vector<std::size_t> sizes(&memory);
  texts.reserve(count);
  sizes.reserve(count);
  std::size_t bytes = 0;
  for (const auto list : lists) {
    for (const std::string_view word : list) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
      bytes += word.size();
    }
  }
  if (bytes > most_bytes) {
    throw std::bad_alloc();
  }
  // Its sister for sds is faster, and leaks when there is no memory.
  char* formatted = nullptr;
  const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(count), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<char, void (*)(char*)> owned(formatted, &redisFreeCommand);
  return {formatted, static_cast<std::size_t>(size)};
}

std::string command(std::span<const std::string_view> words) { return command({words}); }

std::string format_echo(std::string_view word) { return command(std::array<std::string_view, 2>{"PING", word}); }

}  // namespace sessions::store::redis
