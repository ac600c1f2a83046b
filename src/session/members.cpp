#include <session/members.hpp>
#include <type_traits>

namespace sessions::session {

namespace {

constexpr std::size_t names_on_stack = 320;  // about as many as fit into a cookie

// Room that costs nothing as long as nobody writes to it.
template <class T, std::size_t Size>
std::span<T> room_in(std::array<std::byte, Size>& bytes) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<T*>(bytes.data()), Size / sizeof(T)};
}

}  // namespace

std::vector<std::string_view> scratch_for(std::string_view text) {
  constexpr std::size_t member_size = 4;  // at least: `"":{`
  const std::size_t names = text.size() <= member_size * names_on_stack ? 0 : json::scratch_size(text);
  return std::vector<std::string_view>(names <= names_on_stack ? 0 : names);
}

Members::Members(std::string_view text, std::span<std::string_view> scratch) noexcept : text_(text), scratch_(scratch) {
  scan(room_in<Member>(few_));
}

void Members::scan(std::span<Member> room) noexcept {
  alignas(std::string_view) std::array<std::byte, names_on_stack * sizeof(std::string_view)> names;
  room_ = room;
  count_ = 0;
  fault_ = json::scan_object(
      text_, scratch_.empty() ? room_in<std::string_view>(names) : scratch_,
      [this](std::string_view name, std::string_view json) {
        if (count_ < room_.size()) {
          room_[count_] = {name, json};
        }
        ++count_;
      },
      &has_escapes_);
  if (fault_) {
    count_ = 0;
  }
}

std::span<const Member> Members::all() {
  if (count_ > room_.size()) {
    many_.resize(count_);
    scan(many_);
  }
  return room_.first(count_);
}

}  // namespace sessions::session
