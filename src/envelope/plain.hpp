// starlette-sessions' CookieSessionBackend: padded URL-safe base64 of the JSON text. Anyone can forge it.
#pragma once

#include <envelope/envelope.hpp>

namespace sessions::envelope {

class Plain final : public Envelope {
 public:
  std::variant<Opened, Refusal> open(std::string_view value, std::int64_t now, std::int64_t lifetime) const override;
  void seal(std::string& line, std::size_t begin, std::int64_t now) const override;
  bool carries_time() const noexcept override { return false; }
};

}  // namespace sessions::envelope
