// starlette-sessions' SignedCookieSessionBackend: padded URL-safe base64 of the JSON text signed by TimedSigner, so
// that time and signature are inside. Starlette's own cookie encodes first and signs then: it is another format.
#pragma once

#include <base/result.hpp>
#include <envelope/envelope.hpp>
#include <envelope/timed_signer.hpp>
#include <memory>
#include <span>

namespace sessions::envelope {

class Signed final : public Envelope {
 public:
  static Result<std::unique_ptr<Envelope>> make(std::span<const std::string_view> secrets);

  explicit Signed(TimedSigner signer) : signer_(std::move(signer)) {}

  std::variant<Opened, Refusal> open(std::string_view value, std::int64_t now, std::int64_t lifetime) const override;
  void seal(std::string& line, std::size_t begin, std::int64_t now) const override;
  bool carries_time() const noexcept override { return true; }

 private:
  TimedSigner signer_;
};

}  // namespace sessions::envelope
