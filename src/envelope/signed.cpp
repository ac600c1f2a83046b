#include <base/base64url.hpp>
#include <envelope/signed.hpp>

namespace sessions::envelope {

Result<std::unique_ptr<Envelope>> Signed::make(std::span<const std::string_view> secrets) {
  Result<TimedSigner> signer = TimedSigner::make("itsdangerous.Signer", secrets);
  if (!signer) {
    return signer.error();
  }
  return std::unique_ptr<Envelope>(std::make_unique<Signed>(std::move(*signer)));
}

std::variant<Opened, Refusal> Signed::open(std::string_view value, std::int64_t now, std::int64_t lifetime) const {
  std::string token;
  if (!base64url_decode(value, Padding::required, token)) {
    return Refusal::malformed;
  }
  const auto verified = signer_.verify(token, now, lifetime);
  if (const Refusal* refusal = std::get_if<Refusal>(&verified)) {
    return *refusal;
  }
  const auto& [body, signed_at] = std::get<TimedSigner::Verified>(verified);
  token.resize(body.size());  // the body is the token's beginning
  return Opened{std::move(token), signed_at};
}

void Signed::seal(std::string& line, std::size_t begin, std::int64_t now) const {
  signer_.sign(line, now, begin);
  base64url_encode(line, begin, Padding::required);
}

}  // namespace sessions::envelope
