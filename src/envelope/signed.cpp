#include <array>
#include <base/base64url.hpp>
#include <base/limits.hpp>
#include <envelope/signed.hpp>
#include <vector>

namespace sessions::envelope {

Result<std::unique_ptr<Envelope>> Signed::make(std::span<const std::string_view> secrets) {
  Result<TimedSigner> signer = TimedSigner::make("itsdangerous.Signer", secrets);
  if (!signer) {
    return signer.error();
  }
  return std::unique_ptr<Envelope>(std::make_unique<Signed>(std::move(*signer)));
}

std::variant<Opened, Refusal> Signed::open(std::string_view value, std::int64_t now, std::int64_t lifetime) const {
  // Whatever a browser sends is decoded on the stack: what is forged costs no memory.
  std::array<char, limits::cookie_line_bytes> few;
  std::vector<char> many(value.size() > few.size() ? value.size() : 0);
  const std::span<char> token = many.empty() ? std::span<char>(few) : std::span<char>(many);
  const auto size = base64url_decode(value, Padding::required, token);
  if (!size) {
    return Refusal::malformed;
  }
  const auto verified = signer_.verify({token.data(), *size}, now, lifetime);
  if (const Refusal* refusal = std::get_if<Refusal>(&verified)) {
    return *refusal;
  }
  const auto& [body, signed_at] = std::get<TimedSigner::Verified>(verified);
  return Opened{std::string(body), signed_at};
}

void Signed::seal(std::string& line, std::size_t begin, std::int64_t now) const {
  signer_.sign(line, now, begin);
  base64url_encode(line, begin, Padding::required);
}

}  // namespace sessions::envelope
