#include "bare_cookie.hpp"

#include <openssl/crypto.h>

#include <base/base64url.hpp>
#include <ctime>
#include <json/scan.hpp>

namespace bench {

namespace {

using sessions::base64url_append;
using sessions::base64url_decode;
using sessions::Padding;

constexpr std::int64_t lifetime = 1'209'600;
constexpr std::string_view after_value = "; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax";

DigestContext pad_state(const EVP_MD* sha1, std::string_view key, char filler) {
  std::array<char, 64> pad{};
  pad.fill(filler);
  for (std::size_t i = 0; i < key.size(); ++i) {
    pad[i] = static_cast<char>(pad[i] ^ key[i]);
  }
  DigestContext state(EVP_MD_CTX_new());
  EVP_DigestInit_ex2(state.get(), sha1, nullptr);
  EVP_DigestUpdate(state.get(), pad.data(), pad.size());
  return state;
}

unsigned char* bytes(char* text) noexcept { return reinterpret_cast<unsigned char*>(text); }

}  // namespace

std::string_view find_cookie(std::string_view header, std::string_view name) noexcept {
  while (!header.empty()) {
    const std::string_view pair = header.substr(0, header.find(';'));
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
      return pair.substr(name.size() + 1);
    }
    header.remove_prefix(pair.size() == header.size() ? pair.size() : pair.size() + 1);
    while (header.starts_with(' ')) {
      header.remove_prefix(1);
    }
  }
  return {};
}

BareCookie::BareCookie(std::string_view secret, std::string_view cookie_name)
    : cookie_name_(cookie_name), before_value_(cookie_name_ + '='), work_(EVP_MD_CTX_new()) {
  EVP_MD* sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  const std::string salted = "itsdangerous.Signersigner" + std::string(secret);
  Code key{};
  EVP_Digest(salted.data(), salted.size(), bytes(key.data()), nullptr, sha1, nullptr);
  inner_ = pad_state(sha1, {key.data(), key.size()}, 0x36);
  outer_ = pad_state(sha1, {key.data(), key.size()}, 0x5c);
  EVP_MD_free(sha1);
}

BareCookie::Code BareCookie::hmac(std::string_view text) {
  Code code{};
  EVP_MD_CTX_copy_ex(work_.get(), inner_.get());
  EVP_DigestUpdate(work_.get(), text.data(), text.size());
  EVP_DigestFinal_ex(work_.get(), bytes(code.data()), nullptr);
  EVP_MD_CTX_copy_ex(work_.get(), outer_.get());
  EVP_DigestUpdate(work_.get(), code.data(), code.size());
  EVP_DigestFinal_ex(work_.get(), bytes(code.data()), nullptr);
  return code;
}

bool BareCookie::is_in_time(std::string_view time) const noexcept {
  std::array<char, 8> decoded{};
  const auto size = base64url_decode(time, Padding::none, decoded);
  if (!size) {
    return false;
  }
  std::int64_t written = 0;
  for (std::size_t i = 0; i < *size; ++i) {
    written = written << 8 | static_cast<unsigned char>(decoded[i]);
  }
  const std::int64_t age = std::time(nullptr) - written;
  return age >= 0 && age <= lifetime;
}

std::optional<std::string_view> BareCookie::load(std::string_view cookie_header) {
  const auto size = base64url_decode(find_cookie(cookie_header, cookie_name_), Padding::required, token_in_);
  const std::string_view token(token_in_.data(), size.value_or(0));
  const std::size_t signature_dot = token.rfind('.');
  if (signature_dot == std::string_view::npos) {
    return std::nullopt;
  }
  Code given{};
  const std::string_view signed_part = token.substr(0, signature_dot);
  if (base64url_decode(token.substr(signature_dot + 1), Padding::none, given) != given.size() ||
      CRYPTO_memcmp(hmac(signed_part).data(), given.data(), given.size()) != 0) {
    return std::nullopt;
  }
  const std::size_t time_dot = signed_part.rfind('.');
  if (time_dot == std::string_view::npos || !is_in_time(signed_part.substr(time_dot + 1))) {
    return std::nullopt;
  }
  return signed_part.substr(0, time_dot);
}

std::optional<std::string_view> BareCookie::find(std::string_view content, std::string_view key) {
  std::optional<std::string_view> found;
  const auto fault = sessions::json::scan_object(content, names_, [&](std::string_view name, std::string_view value) {
    if (name == key) {
      found = value;
    }
  });
  return fault ? std::nullopt : found;
}

std::string_view BareCookie::commit(std::string_view content, std::string_view old_value, std::string_view new_value) {
  const char* rest = old_value.data() + old_value.size();
  token_out_.assign(content.data(), old_value.data());
  token_out_ += new_value;
  token_out_.append(rest, content.data() + content.size());
  content_size_ = token_out_.size();

  const auto now = static_cast<std::uint32_t>(std::time(nullptr));
  const std::array<char, 4> time = {static_cast<char>(now >> 24), static_cast<char>(now >> 16 & 0xff),
                                    static_cast<char>(now >> 8 & 0xff), static_cast<char>(now & 0xff)};
  token_out_ += '.';
  base64url_append(token_out_, {time.data(), time.size()}, Padding::none);
  const Code code = hmac(token_out_);
  token_out_ += '.';
  base64url_append(token_out_, {code.data(), code.size()}, Padding::none);

  line_ = before_value_;
  base64url_append(line_, token_out_, Padding::required);
  line_ += after_value;
  return line_;
}

}  // namespace bench
