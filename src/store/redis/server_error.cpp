#include <algorithm>
#include <store/redis/server_error.hpp>
#include <string>

namespace sessions::store::redis {

namespace {

struct Meaning {
  std::string_view code;
  Status status;
  const char* message;
};

constexpr Meaning meanings[] = {
    {"NOAUTH", Status::unavailable, "the Redis server asks for a password: give it one"},
    {"WRONGPASS", Status::unavailable, "the Redis server refuses the user or the password: correct them"},
    {"NOPERM", Status::unavailable,
     "the Redis user may not do what sessions need: see <sessions/backend.h> for its access rules"},
    {"OOM", Status::full, "the Redis server has no memory left: raise its maxmemory"},
    {"READONLY", Status::read_only, "the Redis server is a replica, which takes no writes: connect to its master"},
    {"MISCONF", Status::unavailable, "the Redis server refuses writes because it cannot save to its disk: see its log"},
    {"NOREPLICAS", Status::unavailable, "the Redis server refuses writes because it has too few replicas"},
    {"LOADING", Status::unavailable, "the Redis server is still loading its data: try again"},
    {"MASTERDOWN", Status::unavailable, "the Redis server is a replica that has lost its master: try again"},
    {"CLUSTERDOWN", Status::unavailable, "the Redis cluster is down: see its log"},
    {"TRYAGAIN", Status::unavailable, "the Redis cluster is moving this session: try again"},
    {"BUSY", Status::busy, "the Redis server is held up by somebody's script: try again"},
    {"WRONGTYPE", Status::corrupt,
     "the Redis server has something else under a session's key: give the sessions a prefix of their own"},
};

bool is_code_character(char c) noexcept { return (c >= 'A' && c <= 'Z') || c == '_'; }

std::string_view first_word(std::string_view text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_code_character);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  const bool is_word = end == text.end() || *end == ' ' || *end == ':';
  return is_word && word.size() <= 32 ? word : std::string_view();
}

// Before Redis 7 an error inside of a script follows "ERR Error running script (...): @user_script: 1: -", the last
// part once or more, with a dash or without.
std::string_view code_of(std::string_view reply) noexcept {
  const std::string_view word = first_word(reply);
  // What a user may not do inside of a script has no code of its own, but words of Redis, or of Valkey.
  const auto says = [reply](std::string_view words) { return reply.find(words) != std::string_view::npos; };
  if (word == "ERR" && (says("The user executing the script can't") || says("ACL failure in script"))) {
    return "NOPERM";
  }
  constexpr std::string_view place = "@user_script:";
  const std::size_t found = reply.rfind(place);
  if (word != "ERR" || found == std::string_view::npos) {
    return word;
  }
  const std::string_view rest = reply.substr(found + place.size());
  const std::size_t begin = rest.find_first_not_of(" 0123456789:-");
  const std::string_view inner = begin == std::string_view::npos ? std::string_view() : first_word(rest.substr(begin));
  return inner.size() > 1 ? inner : word;
}

}  // namespace

Error server_error(std::string_view reply) {
  const std::string_view code = code_of(reply);
  for (const Meaning& meaning : meanings) {
    if (meaning.code == code) {
      return {meaning.status, meaning.message};
    }
  }
  return {Status::internal, "the Redis server refused a command" + (code.empty() ? "" : " with " + std::string(code))};
}

}  // namespace sessions::store::redis
