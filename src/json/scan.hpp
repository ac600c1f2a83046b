// Is this text JSON, and where in it are the members of its outermost object?
//
// RFC 8259, strictly: UTF-8, no name twice in one object (compared after unescaping), no lone surrogate, no text around
// the value but white space, at most limits::json_depth arrays and objects inside each other. Nothing is copied, no
// tree is built. What this file has accepted is what the rest of the room calls valid.
#pragma once

#include <base/status.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace sessions::json {

// Why and where a text was refused. status is invalid, or limit when it is nested too deep.
struct Fault {
  Status status;
  std::size_t offset;
  const char* what;
};

Error to_error(const Fault& fault);

// What scanning needs to remember names: one place for each colon of the text is always enough.
std::size_t scratch_size(std::string_view text) noexcept;

// Checks a value of any type. On success `value`, when not null, receives the text without the white space around it.
std::optional<Fault> scan_value(std::string_view text, std::span<std::string_view> scratch,
                                std::string_view* value) noexcept;

// Called for each member of the outermost object in order: the name as it stands between its quotes, and the value's
// text.
using OnMember = std::function<void(std::string_view name, std::string_view value)>;

// Checks an object, whose members may be any values that scan_value() accepts. They are reported while scanning: when a
// fault is returned, forget what was reported. Allocates nothing; on_member must not throw. `escaped_names`, when not
// null, receives whether any name has an escape.
std::optional<Fault> scan_object(std::string_view text, std::span<std::string_view> scratch, const OnMember& on_member,
                                 bool* escaped_names = nullptr) noexcept;

}  // namespace sessions::json
