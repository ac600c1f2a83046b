#include <algorithm>
#include <base/limits.hpp>
#include <base/utf8.hpp>
#include <cstdint>
#include <cstring>
#include <json/characters.hpp>
#include <json/scan.hpp>

namespace sessions::json {

namespace {

// Up to so many members, each name is compared with those before it; with more, all are sorted when the object closes.
constexpr std::size_t few_names = 16;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// The bytes of a name after unescaping, one by one.
class NameBytes {
 public:
  explicit NameBytes(std::string_view name) noexcept : at_(name.data()), end_(name.data() + name.size()) {}

  // -1 after the last.
  int next() noexcept {
    if (given_ == ready_) {
      if (at_ == end_) {
        return -1;
      }
      if (*at_ != '\\') {
        return static_cast<unsigned char>(*at_++);
      }
      ready_ = encode_utf8(decode_escape(at_), bytes_);
      given_ = 0;
    }
    return static_cast<unsigned char>(bytes_[given_++]);
  }

 private:
  const char* at_;
  const char* end_;
  char bytes_[4] = {};
  std::size_t ready_ = 0;
  std::size_t given_ = 0;
};

int compare_unescaped(std::string_view a, std::string_view b) noexcept {
  NameBytes left(a);
  NameBytes right(b);
  for (;;) {
    const int l = left.next();
    const int r = right.next();
    if (l != r || l < 0) {
      return l - r;
    }
  }
}

// Recursive descent. Every step takes the place where it begins and returns the place behind it, or null when the text
// is refused; fault_ then says why.
class Scanner {
 public:
  Scanner(std::string_view text, std::span<std::string_view> scratch) noexcept
      : begin_(text.data()), end_(text.data() + text.size()), scratch_(scratch) {}

  // With on_member the value must be an object, in which values may be as deep as any other.
  std::optional<Fault> scan(const OnMember* on_member, std::string_view* result) noexcept {
    const char* start = skip_space(begin_);
    const char* stop = nullptr;
    if (on_member == nullptr) {
      stop = value(start, 0);
    } else if (start != end_ && *start == '{') {
      stop = object(start + 1, 0, on_member);
    } else {
      refuse(start, "an object must stand here");
    }
    if (stop == nullptr) {
      return fault_;
    }
    if (const char* rest = skip_space(stop); rest != end_) {
      refuse(rest, "there is text behind the value");
      return fault_;
    }
    if (result != nullptr) {
      *result = between(start, stop);
    }
    return std::nullopt;
  }

  bool has_escaped_names() const noexcept { return escaped_names_; }

 private:
  static std::string_view between(const char* start, const char* stop) noexcept {
    return {start, static_cast<std::size_t>(stop - start)};
  }

  std::nullptr_t refuse(const char* at, const char* what, Status status = Status::invalid) noexcept {
    const auto offset = static_cast<std::size_t>(at - begin_);
    fault_ = at == end_ ? Fault{Status::invalid, offset, "the text ends too early"} : Fault{status, offset, what};
    return nullptr;
  }

  const char* skip_space(const char* at) const noexcept {
    while (at != end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
      ++at;
    }
    return at;
  }

  const char* skip_digits(const char* at) const noexcept {
    while (at != end_ && is_digit(*at)) {
      ++at;
    }
    return at;
  }

  const char* value(const char* at, std::size_t depth) noexcept {
    if (at == end_) {
      return refuse(at, nullptr);
    }
    bool escaped = false;
    switch (*at) {
      case '"':
        return string(at + 1, escaped);
      case '{':
        return depth == limits::json_depth ? too_deep(at) : object(at + 1, depth + 1, nullptr);
      case '[':
        return depth == limits::json_depth ? too_deep(at) : array(at + 1, depth + 1);
      case 't':
        return literal(at, "true");
      case 'f':
        return literal(at, "false");
      case 'n':
        return literal(at, "null");
      default:
        return number(at);
    }
  }

  std::nullptr_t too_deep(const char* at) noexcept {
    static_assert(limits::json_depth == 64);
    return refuse(at, "more than 64 arrays and objects are inside each other", Status::limit);
  }

  const char* literal(const char* at, std::string_view word) noexcept {
    if (!between(at, end_).starts_with(word)) {
      return refuse(at, "a value must stand here");
    }
    return at + word.size();
  }

  const char* number(const char* at) noexcept {
    if (*at != '-' && !is_digit(*at)) {
      return refuse(at, "a value must stand here");
    }
    at += *at == '-' ? 1 : 0;
    at = at != end_ && *at == '0' ? at + 1 : digits(at);
    if (at != nullptr && at != end_ && *at == '.') {
      at = digits(at + 1);
    }
    if (at != nullptr && at != end_ && (*at == 'e' || *at == 'E')) {
      ++at;
      at = digits(at != end_ && (*at == '+' || *at == '-') ? at + 1 : at);
    }
    return at;
  }

  // At least one.
  const char* digits(const char* at) noexcept {
    const char* rest = skip_digits(at);
    return rest == at ? refuse(at, "a digit must stand here") : rest;
  }

  // From behind the quote. `escaped` becomes true when there is an escape.
  const char* string(const char* at, bool& escaped) noexcept {
    while (at != nullptr) {
      at = skip_plain(at, end_);
      if (at == end_) {
        return refuse(at, nullptr);
      }
      const auto c = static_cast<unsigned char>(*at);
      if (c == '"') {
        return at + 1;
      }
      if (c == '\\') {
        escaped = true;
        at = escape(at);
      } else if (c >= 0x80) {
        at = sequences(at);
      } else if (c == 0x7f) {
        ++at;
      } else {
        return refuse(at, "a control character must be escaped");
      }
    }
    return nullptr;
  }

  // A run of bytes beyond ASCII: sequences never reach over its ends.
  const char* sequences(const char* at) noexcept {
    const char* stop = std::find_if(at, end_, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    const std::string_view run = between(at, stop);
    const std::size_t good = utf8_prefix(run);
    return good == run.size() ? stop : refuse(at + good, "this is not UTF-8");
  }

  const char* escape(const char* at) noexcept {
    const char kind = end_ - at > 1 ? at[1] : '\0';
    if (kind != 'u') {
      const bool known = kind != '\0' && std::strchr("\"\\/bfnrt", kind) != nullptr;
      return known ? at + 2 : refuse(at, "there is no such escape");
    }
    if (!is_unit(at)) {
      return refuse(at, "four hex digits must follow \\u");
    }
    const char32_t unit = hex4(at + 2);
    at += 6;
    if (unit < 0xd800 || unit > 0xdfff) {
      return at;
    }
    const bool paired = unit < 0xdc00 && is_unit(at) && hex4(at + 2) >= 0xdc00 && hex4(at + 2) <= 0xdfff;
    return paired ? at + 6 : refuse(at - 6, "half of a surrogate pair stands alone");
  }

  bool is_unit(const char* at) const noexcept {
    return end_ - at >= 6 && at[0] == '\\' && at[1] == 'u' && std::all_of(at + 2, at + 6, is_hex);
  }

  const char* array(const char* at, std::size_t depth) noexcept {
    at = skip_space(at);
    if (at != end_ && *at == ']') {
      return at + 1;
    }
    for (;;) {
      at = value(at, depth);
      if (at == nullptr) {
        return nullptr;
      }
      at = skip_space(at);
      if (at != end_ && *at == ']') {
        return at + 1;
      }
      if (at == end_ || *at != ',') {
        return refuse(at, "a comma or the end of the array must stand here");
      }
      at = skip_space(at + 1);
    }
  }

  const char* object(const char* at, std::size_t depth, const OnMember* on_member) noexcept {
    const std::size_t first = used_;
    at = skip_space(at);
    if (at != end_ && *at == '}') {
      return at + 1;
    }
    for (;;) {
      std::string_view name;
      const char* start = member_name(at, first, name);
      const char* stop = start == nullptr ? nullptr : value(start, depth);
      if (stop == nullptr) {
        return nullptr;
      }
      if (on_member != nullptr) {
        (*on_member)(name, between(start, stop));
      }
      at = skip_space(stop);
      if (at != end_ && *at == '}') {
        break;
      }
      if (at == end_ || *at != ',') {
        return refuse(at, "a comma or the end of the object must stand here");
      }
      at = skip_space(at + 1);
    }
    if (!all_distinct(first)) {
      return nullptr;
    }
    used_ = first;
    return at + 1;
  }

  // A name, the colon and the space around it. The object's names begin at `first`.
  const char* member_name(const char* at, std::size_t first, std::string_view& name) noexcept {
    if (at == end_ || *at != '"') {
      return refuse(at, "a name in double quotes must stand here");
    }
    const char* stop = string(at + 1, escaped_names_);
    if (stop == nullptr) {
      return nullptr;
    }
    name = between(at + 1, stop - 1);
    at = skip_space(stop);
    if (at == end_ || *at != ':') {
      return refuse(at, "a colon must stand here");
    }
    return remember(name, first) ? skip_space(at + 1) : nullptr;
  }

  bool same(std::string_view a, std::string_view b) const noexcept {
    return escaped_names_ ? compare_unescaped(a, b) == 0 : a == b;
  }

  bool remember(std::string_view name, std::size_t first) noexcept {
    if (used_ == scratch_.size()) {
      refuse(name.data() - 1, "the scratch has no room for this name", Status::internal);
      return false;
    }
    if (used_ - first < few_names) {
      for (std::size_t i = first; i < used_; ++i) {
        if (same(scratch_[i], name)) {
          return refuse_twice(name.data());
        }
      }
    }
    scratch_[used_++] = name;
    return true;
  }

  bool all_distinct(std::size_t first) noexcept {
    if (used_ - first <= few_names) {
      return true;
    }
    const auto names = scratch_.subspan(first, used_ - first);
    std::sort(names.begin(), names.end(), [this](std::string_view a, std::string_view b) {
      if (escaped_names_) {
        return compare_unescaped(a, b) < 0;
      }
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    const auto twice = std::adjacent_find(names.begin(), names.end(),
                                          [this](std::string_view a, std::string_view b) { return same(a, b); });
    return twice == names.end() || refuse_twice(std::max(twice[0].data(), twice[1].data()));
  }

  bool refuse_twice(const char* name) noexcept {
    refuse(name - 1, "a name appears twice in one object");
    return false;
  }

  const char* begin_;
  const char* end_;
  std::span<std::string_view> scratch_;  // the names of all open objects, as they stand in the text
  std::size_t used_ = 0;
  bool escaped_names_ = false;  // some name had an escape: from now on names are compared the slow way
  Fault fault_{};
};

}  // namespace

Error to_error(const Fault& fault) {
  return {fault.status, "the JSON text is refused at byte " + std::to_string(fault.offset) + ": " + fault.what};
}

// Counts the colons, sixteen bytes at a time, each in a lane of its own.
std::size_t scratch_size(std::string_view text) noexcept {
  using Lanes [[gnu::vector_size(16)]] = signed char;
  constexpr std::size_t lane_holds = 127;
  std::size_t colons = 0;
  std::size_t at = 0;
  while (text.size() - at >= sizeof(Lanes)) {
    Lanes counts{};
    for (std::size_t i = 0; i < lane_holds && text.size() - at >= sizeof(Lanes); ++i, at += sizeof(Lanes)) {
      Lanes bytes;
      std::memcpy(&bytes, text.data() + at, sizeof bytes);
      counts -= bytes == ':';  // true is -1
    }
    for (std::size_t lane = 0; lane < sizeof(Lanes); ++lane) {
      colons += static_cast<std::size_t>(counts[lane]);
    }
  }
  return colons + static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), ':'));
}

std::optional<Fault> scan_value(std::string_view text, std::span<std::string_view> scratch,
                                std::string_view* value) noexcept {
  return Scanner(text, scratch).scan(nullptr, value);
}

std::optional<Fault> scan_object(std::string_view text, std::span<std::string_view> scratch, const OnMember& on_member,
                                 bool* escaped_names) noexcept {
  Scanner scanner(text, scratch);
  const std::optional<Fault> fault = scanner.scan(&on_member, nullptr);
  if (escaped_names != nullptr) {
    *escaped_names = scanner.has_escaped_names();
  }
  return fault;
}

}  // namespace sessions::json
