// The Cookie request header: which values does it offer for a name?
//
// RFC 6265bis 4.2 and 5.8, read the way servers must: pairs are separated by ";", the name ends at the first "=",
// blanks and tabs around name and value are dropped, names are compared as bytes, and double quotes mean nothing. What
// has no "=", or nothing before it, is skipped.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sessions::cookie {

// Writes the first values.size() values of cookies called `name` in the order of the header. Returns how many there are
// in all.
std::size_t find_values(std::string_view header, std::string_view name, std::span<std::string_view> values) noexcept;

}  // namespace sessions::cookie
