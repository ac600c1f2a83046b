#include <algorithm>
#include <iterator>
#include <store/redis/server_error.hpp>
#include <string>

namespace sessions::store::redis {

namespace {

struct Meaning {
  std::string_view code;
  Status status;
  const char* message;
};

constexpr const char* no_cluster =
    "the Redis server is a node of a Cluster, which libsessions does not know: give it a server that is none";

constexpr Meaning meanings[] = {
    {"NOAUTH", Status::unavailable, "the Redis server asks for a password: give it one"},
    {"WRONGPASS", Status::unavailable, "the Redis server refuses the user or the password: correct them"},
    {"NOPERM", Status::unavailable,
     "the Redis server, or its access rules, forbids what sessions need: see <sessions/backend.h>"},
    {"OOM", Status::full, "the Redis server has no memory left: raise its maxmemory"},
    {"READONLY", Status::read_only, "the Redis server is a replica, which takes no writes: connect to its master"},
    {"MISCONF", Status::unavailable, "the Redis server refuses writes because it cannot save to its disk: see its log"},
    {"NOREPLICAS", Status::unavailable, "the Redis server refuses writes because it has too few replicas"},
    {"LOADING", Status::unavailable, "the Redis server is still loading its data: try again"},
    {"MASTERDOWN", Status::unavailable, "the Redis server is a replica that has lost its master: try again"},
    {"CLUSTERDOWN", Status::unavailable, "the Redis cluster is down: see its log"},
    {"TRYAGAIN", Status::unavailable, "the Redis cluster is moving this session: try again"},
    {"MOVED", Status::unavailable, no_cluster},
    {"ASK", Status::unavailable, no_cluster},
    {"CROSSSLOT", Status::unavailable, no_cluster},
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
  if (word == "ERR" && is_forbidden(reply)) {
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

// These have no code of their own, but words of Redis, of older ones, or of Valkey.
bool is_forbidden(std::string_view reply) noexcept {
  constexpr std::string_view words[] = {"The user executing the script can't", "ACL failure in script",
                                        "Unknown Redis command called from", "Unknown command called from"};
  return std::any_of(std::begin(words), std::end(words),
                     [reply](std::string_view each) { return reply.find(each) != std::string_view::npos; });
}

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
