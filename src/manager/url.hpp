// Backend URLs: "scheme:rest?name=value&name=value".
#pragma once

#include <base/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sessions::manager {

struct Url {
  std::string_view scheme;  // in lower case
  std::string_view rest;    // between the colon and the question mark; may hold credentials
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
};

// The views point into the text. No message holds anything of it but the scheme and names of parameters.
Result<Url> parse_url(std::string_view text);

// A parameter's value as a number. `url` is where it stands.
Result<std::int64_t> to_number(const Url& url, std::string_view name, std::string_view value, std::int64_t least,
                               std::int64_t most);

// A part of the URL, such as "path", with %XX decoded.
Result<std::string> decode(const Url& url, std::string_view what, std::string_view text);

// What stands between the colon and the question mark as the absolute path of a file, with %XX decoded.
Result<std::string> decode_path(const Url& url);

Error unknown_parameter(const Url& url, std::string_view name);

}  // namespace sessions::manager
