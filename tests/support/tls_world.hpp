// Clients and servers of TLS, and an authority that the clients trust.
#pragma once

#include <array>
#include <crypto/tls.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "certificates.hpp"
#include "temporary_directory.hpp"
#include "tls_server.hpp"

namespace sessions::testing {

inline constexpr const char* names = "DNS:redis.test, DNS:*.wild.test, IP:127.0.0.1, IP:::1";

// The authority that the client trusts, and files for it.
class TlsWorld {
 public:
  TlsWorld() : ca_file_(file("ca.pem", authority.pem())) {}

  std::string file(const std::string& name, const std::string& text) const {
    write_file(directory_.file(name), text);
    return directory_.file(name);
  }

  std::string missing() const { return directory_.file("missing.pem"); }
  std::string directory() const { return directory_.file("."); }

  crypto::TlsFiles trusting() const { return {ca_file_, {}, {}}; }

  crypto::TlsFiles identified(const Certificate& own) const {
    return {ca_file_, file("client.pem", own.certificate), file("client.key", own.key)};
  }

  std::shared_ptr<crypto::TlsContext> context() const { return context(trusting()); }

  static std::shared_ptr<crypto::TlsContext> context(const crypto::TlsFiles& files) {
    auto opened = crypto::TlsContext::open(files);
    REQUIRE(opened);
    return *opened;
  }

  const Authority authority;

 private:
  TemporaryDirectory directory_;
  std::string ca_file_;
};

inline TlsConnection connect(TlsServer& server, const std::shared_ptr<crypto::TlsContext>& context,
                             const std::string& name = "redis.test") {
  auto channel = crypto::TlsChannel::open(context, name);
  REQUIRE(channel);
  return {server, std::move(*channel)};
}

// The message of the error that this must be.
inline std::string refused(const Result<void>& result, Status status = Status::unavailable) {
  REQUIRE_FALSE(result);
  CHECK(result.error().status == status);
  return result.error().message;
}

inline std::string failing(TlsConnection connection) {
  const Result<void> done = connection.exchange();
  CHECK_FALSE(connection.channel->is_open());
  CHECK(connection.said.empty());
  return refused(done);
}

inline std::string refused_files(const crypto::TlsFiles& files) {
  const auto opened = crypto::TlsContext::open(files);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().status == Status::invalid);
  CHECK(opened.error().message.find(".pem") == std::string::npos);
  return opened.error().message;
}

inline bool has(const std::string& text, std::string_view part) {
  INFO(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

inline constexpr std::array<int, 2> versions{TLS1_2_VERSION, TLS1_3_VERSION};

}  // namespace sessions::testing
