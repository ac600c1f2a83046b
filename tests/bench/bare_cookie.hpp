// What the signed cookie costs without a library: the same steps in a straight line, buffers and OpenSSL contexts kept.
//
// The work on bytes is done by what the library uses as well: base64url and the strict JSON scanner of src/. HMAC-SHA1
// starts from kept states of the inner and the outer pad, the fastest that OpenSSL offers without deprecated functions.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

// The value of a cookie in a Cookie header, empty when it is not there.
std::string_view find_cookie(std::string_view header, std::string_view name) noexcept;

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

// One thread at a time.
class BareCookie {
 public:
  BareCookie(std::string_view secret, std::string_view cookie_name);

  // The content, authentic and in time, but not looked at; valid until the next load.
  std::optional<std::string_view> load(std::string_view cookie_header);

  // Checks the whole content and finds the text of a value.
  std::optional<std::string_view> find(std::string_view content, std::string_view key);

  // The Set-Cookie line for the content with that value replaced; valid until the next commit.
  std::string_view commit(std::string_view content, std::string_view old_value, std::string_view new_value);

  // The content of the last commit; valid until the next.
  std::string_view committed() const noexcept { return {token_out_.data(), content_size_}; }

 private:
  using Code = std::array<char, 20>;

  Code hmac(std::string_view text);
  bool is_in_time(std::string_view time) const noexcept;

  std::string cookie_name_;
  std::string before_value_;
  DigestContext inner_;
  DigestContext outer_;
  DigestContext work_;
  std::array<char, 4096> token_in_{};
  std::array<std::string_view, 512> names_{};
  std::string token_out_;
  std::size_t content_size_ = 0;
  std::string line_;
};

}  // namespace bench
