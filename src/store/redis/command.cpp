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

std::string command(std::span<const std::string_view> words) {
  std::array<std::byte, 1024> room;  // enough for most
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  std::pmr::vector<const char*> texts(&memory);
  std::pmr::vector<std::size_t> sizes(&memory);
  texts.reserve(words.size());
  sizes.reserve(words.size());
  std::size_t bytes = 0;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
    bytes += word.size();
  }
  if (bytes > most_bytes) {
    throw std::bad_alloc();
  }
  // Unlike its sister for plain memory this one does without printf.
  sds formatted = nullptr;
  const auto size = redisFormatSdsCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<char, void (*)(char*)> owned(formatted, &redisFreeSdsCommand);
  return {formatted, static_cast<std::size_t>(size)};
}

}  // namespace sessions::store::redis
