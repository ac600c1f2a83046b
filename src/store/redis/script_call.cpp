#include <array>
#include <store/redis/command.hpp>
#include <store/redis/script_call.hpp>

namespace sessions::store::redis {

namespace {

// The bytes of words within a command.
std::string within_command(std::span<const std::string_view> words) {
  const std::string whole = command(words);
  return whole.substr(whole.find('\n') + 1);  // after their number
}

}  // namespace

std::string format_call(const Script& script, std::span<const std::string_view> keys,
                        std::span<const std::string_view> arguments) {
  const std::string key_count = std::to_string(keys.size());
  const std::array<std::string_view, 3> beginning = {"EVALSHA", script.digest, key_count};
  return command({beginning, keys, arguments});
}

std::string with_text(const Script& script, std::string_view call) {
  const std::string by_digest = within_command(std::array<std::string_view, 2>{"EVALSHA", script.digest});
  const std::string by_text = within_command(std::array<std::string_view, 2>{"EVAL", script.text});
  const std::size_t begin = call.find('\n') + 1;
  std::string with_text(call);
  if (call.substr(begin).starts_with(by_digest)) {
    with_text.replace(begin, by_digest.size(), by_text);
  }
  return with_text;
}

}  // namespace sessions::store::redis
