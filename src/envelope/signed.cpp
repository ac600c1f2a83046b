#include <base/base64url.hpp>
#include <envelope/signed.hpp>

namespace sessions::envelope {

namespace {

constexpr std::size_t tail_size = 48;  // what signing adds: two dots, the time and the signature

}  // namespace

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

std::string Signed::seal(std::string_view text, std::int64_t now) const {
  std::string token;
  token.reserve(text.size() + tail_size);
  token = text;
  signer_.sign(token, now);
  std::string value;
  base64url_append(value, token, Padding::required);
  return value;
}

}  // namespace sessions::envelope
