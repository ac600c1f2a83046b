#include <hiredis/hiredis.h>

#include <memory>
#include <new>
#include <store/redis/command.hpp>
#include <vector>

namespace sessions::store::redis {

namespace {

// What Redis takes as one word by default; hiredis counts in int.
constexpr std::size_t most_bytes = std::size_t{512} << 20U;

}  // namespace

std::string command(std::span<const std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
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
  char* formatted = nullptr;
  const int size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<char, void (*)(char*)> owned(formatted, &redisFreeCommand);
  return {formatted, static_cast<std::size_t>(size)};
}

}  // namespace sessions::store::redis
