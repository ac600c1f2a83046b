// The sessions that are measured.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

// Every payload has these two keys: an integer that a double cannot hold, and a counter of seven digits.
inline constexpr std::string_view read_key = "user_id";
inline constexpr std::string_view changed_key = "visits";

struct Payload {
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;  // keys and JSON text, as Python's json module writes it

  std::string json() const;
};

Payload small_payload();  // about 350 bytes
Payload large_payload();  // about 2.5 KiB

// As small as keys can be, so that 300 of them fit into a cookie.
Payload payload_of_keys(std::size_t count);

// "350B", "2.5KiB" or a number of keys with "keys" behind it. Throws std::invalid_argument.
Payload payload_named(std::string_view name);

}  // namespace bench
