#include <algorithm>
#include <array>
#include <base/base64url.hpp>
#include <crypto/digest.hpp>
#include <crypto/secret.hpp>
#include <envelope/timed_signer.hpp>
#include <optional>

namespace sessions::envelope {

namespace {

constexpr std::size_t most_time_bytes = 8;
constexpr std::size_t signature_size = 27;

// Big-endian without leading zero bytes: the Unix epoch itself is the empty text.
std::optional<std::int64_t> decode_time(std::string_view text) noexcept {
  std::array<char, most_time_bytes> bytes{};
  const std::optional<std::size_t> size = base64url_decode(text, Padding::none, bytes);
  if (!size) {
    return std::nullopt;
  }
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < *size; ++i) {
    time = time << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return time > static_cast<std::uint64_t>(INT64_MAX) ? std::nullopt : std::optional(static_cast<std::int64_t>(time));
}

void append_time(std::string& out, std::int64_t time) {
  std::array<char, most_time_bytes> bytes{};
  std::size_t first = bytes.size();
  for (auto rest = static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0)); rest != 0; rest >>= 8U) {
    bytes[--first] = static_cast<char>(rest & 0xffU);
  }
  base64url_append(out, {bytes.data() + first, bytes.size() - first}, Padding::none);
}

}  // namespace

Result<TimedSigner> TimedSigner::make(std::string_view salt, std::span<const std::string_view> secrets) {
  auto sha1 = crypto::Digest::make(crypto::Algorithm::sha1);
  if (!sha1) {
    return sha1.error();
  }
  std::vector<std::unique_ptr<crypto::Hmac>> keys;
  for (const std::string_view secret : secrets) {
    crypto::SecretArray<crypto::sha1_size> derived;
    (*sha1)->compute({salt, "signer", secret}, derived.bytes.data());
    auto key = crypto::Hmac::make(crypto::Algorithm::sha1, derived.view());
    if (!key) {
      return key.error();
    }
    keys.push_back(std::move(*key));
  }
  return TimedSigner(std::move(keys));
}

std::variant<TimedSigner::Verified, Refusal> TimedSigner::verify(std::string_view token, std::int64_t now,
                                                                 std::int64_t lifetime) const {
  // The last dot. As a rule that is where it must be; another one behind it is none of base64url's characters.
  const bool is_in_place = token.size() > signature_size && token[token.size() - signature_size - 1] == '.';
  const std::size_t signature_dot = is_in_place ? token.size() - signature_size - 1 : token.rfind('.');
  if (signature_dot == std::string_view::npos) {
    return Refusal::malformed;
  }
  const std::string_view signed_part = token.substr(0, signature_dot);
  std::array<char, crypto::sha1_size> given{};
  if (base64url_decode(token.substr(signature_dot + 1), Padding::none, given) != given.size()) {
    return Refusal::signature;
  }
  const bool authentic = std::any_of(keys_.begin(), keys_.end(), [&](const std::unique_ptr<crypto::Hmac>& key) {
    std::array<char, crypto::sha1_size> expected;
    key->compute({signed_part}, expected.data());
    return crypto::equal({expected.data(), expected.size()}, {given.data(), given.size()});
  });
  if (!authentic) {
    return Refusal::signature;
  }
  const std::size_t time_dot = signed_part.rfind('.');
  if (time_dot == std::string_view::npos) {
    return Refusal::malformed;
  }
  const std::optional<std::int64_t> time = decode_time(signed_part.substr(time_dot + 1));
  if (!time) {
    return Refusal::malformed;
  }
  if (*time > now) {
    return Refusal::future;
  }
  if (now - *time > lifetime) {
    return Refusal::expired;
  }
  return Verified{signed_part.substr(0, time_dot), *time};
}

void TimedSigner::sign(std::string& body, std::int64_t now, std::size_t begin) const {
  body += '.';
  append_time(body, now);
  std::array<char, crypto::sha1_size> code;
  keys_.front()->compute({std::string_view(body).substr(begin)}, code.data());
  body += '.';
  base64url_append(body, {code.data(), code.size()}, Padding::none);
}

}  // namespace sessions::envelope
