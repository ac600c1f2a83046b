// The members of a text that is a JSON object, found without taking memory as long as they are few.
#pragma once

#include <array>
#include <cstddef>
#include <json/scan.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sessions::session {

// As it stands in the text: the name between its quotes.
struct Member {
  std::string_view name;
  std::string_view json;
};

// What scanning a text needs beside the stack, which is nothing for most. Throws std::bad_alloc.
std::vector<std::string_view> scratch_for(std::string_view text);

// Lives on the stack: it is large, so that what it finds need not be.
class Members {
 public:
  // `scratch` is what scratch_for() gave for the text; both are referred to.
  Members(std::string_view text, std::span<std::string_view> scratch) noexcept;

  // Why the text is no JSON object; then there are no members.
  const std::optional<json::Fault>& fault() const noexcept { return fault_; }

  std::size_t count() const noexcept { return count_; }

  // Throws std::bad_alloc.
  std::span<const Member> all();

  // Whether any name has an escape.
  bool has_escapes() const noexcept { return has_escapes_; }

 private:
  static constexpr std::size_t on_stack = 320;  // about as many as fit into a cookie

  void scan(std::span<Member> room) noexcept;

  std::string_view text_;
  std::span<std::string_view> scratch_;
  std::optional<json::Fault> fault_;
  std::size_t count_ = 0;
  bool has_escapes_ = false;
  std::span<Member> room_;
  std::vector<Member> many_;
  alignas(
      Member) std::array<std::byte, on_stack * sizeof(Member)> few_;  // costs nothing as long as nobody writes to it
};

}  // namespace sessions::session
