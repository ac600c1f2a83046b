#include <store/redis/command.hpp>
#include <store/redis/script_call.hpp>

namespace sessions::store::redis {

std::string format_call(const Script& script, std::span<const std::string_view> keys,
                        std::span<const std::string_view> arguments) {
  const std::string key_count = std::to_string(keys.size());
  const std::string_view key_count_word = key_count;
  return command({2, script.evalsha}, {{&key_count_word, 1}, keys, arguments});
}

std::string with_text(const Script& script, std::string_view call) {
  const std::size_t begin = call.find('\n') + 1;  // after the number of words
  if (!call.substr(begin).starts_with(script.evalsha)) {
    return std::string(call);  // it has the text
  }
  const std::string_view rest = call.substr(begin + script.evalsha.size());
  const std::string size = std::to_string(script.text.size());
  std::string with_text;
  with_text.reserve(call.size() + script.text.size());
  with_text.append(call.substr(0, begin)).append("$4\r\nEVAL\r\n$").append(size).append("\r\n");
  with_text.append(script.text).append("\r\n").append(rest);
  return with_text;
}

}  // namespace sessions::store::redis
