// JSON as Python's json.dumps writes it: ", " and ": ", everything outside 0x20..0x7e escaped, number text kept.
#pragma once

#include <string>
#include <string_view>

namespace sessions::json {

// Appends a valid value without white space around it, rewritten.
void append_python(std::string& out, std::string_view valid);

// Appends UTF-8 text as a string with its quotes.
void append_python_string(std::string& out, std::string_view utf8);

}  // namespace sessions::json
