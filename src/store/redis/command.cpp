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

std::string command(std::span<const std::string_view> words) { return command({0, {}}, words); }

std::string command(const Beginning& beginning, std::span<const std::string_view> rest) {
  std::array<std::byte, 1024> room;  // enough for most
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  std::pmr::vector<const char*> texts(&memory);
  std::pmr::vector<std::size_t> sizes(&memory);
  texts.reserve(rest.size());
  sizes.reserve(rest.size());
  std::size_t bytes = 0;
  for (const std::string_view word : rest) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
    bytes += word.size();
  }
  if (bytes > most_bytes) {
    throw std::bad_alloc();
  }
  // Unlike its sister for plain memory this one does without printf.
  sds formatted = nullptr;
  const auto size = redisFormatSdsCommandArgv(&formatted, static_cast<int>(rest.size()), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<char, void (*)(char*)> owned(formatted, &redisFreeSdsCommand);
  const std::string_view whole(formatted, static_cast<std::size_t>(size));
  std::string command = "*" + std::to_string(beginning.words + rest.size()) + "\r\n";
  command.reserve(command.size() + beginning.text.size() + whole.size());
  command.append(beginning.text).append(whole.substr(whole.find('\n') + 1));
  return command;
}

std::string format_echo(std::string_view word) { return command(std::array<std::string_view, 2>{"PING", word}); }

}  // namespace sessions::store::redis
