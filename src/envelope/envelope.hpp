// What the value of a cookie is when the content travels in it: sealed text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sessions::envelope {

enum class Refusal { malformed, signature, expired, future };

// The text is authentic as far as the format can tell; whether it is JSON is not tested yet.
struct Opened {
  std::string text;
  std::int64_t written;  // as far as the format carries the time, else 0
};

// Share freely between threads. Both may throw std::bad_alloc.
class Envelope {
 public:
  Envelope() = default;
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;
  Envelope(Envelope&&) = delete;
  Envelope& operator=(Envelope&&) = delete;
  virtual ~Envelope() = default;

  virtual std::variant<Opened, Refusal> open(std::string_view value, std::int64_t now, std::int64_t lifetime) const = 0;

  // Turns the text, which is all of the line from `begin` on, into the value, which is made of cookie-octets
  // (RFC 6265bis 4.1.1).
  virtual void seal(std::string& line, std::size_t begin, std::int64_t now) const = 0;

  virtual bool carries_time() const noexcept = 0;
};

}  // namespace sessions::envelope
