// The server's side of TLS in memory, and what stands for the network between it and a channel.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <crypto/tls.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "certificates.hpp"

namespace sessions::testing {

class TlsServer {
 public:
  explicit TlsServer(const Certificate& own) : context_(SSL_CTX_new(TLS_server_method())) {
    const std::unique_ptr<BIO, FreeWith<BIO_free>> certificate(memory(own.certificate));
    const std::unique_ptr<BIO, FreeWith<BIO_free>> key(memory(own.key));
    const std::unique_ptr<X509, FreeWith<X509_free>> x509(
        PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>> pkey(
        PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    REQUIRE(SSL_CTX_use_certificate(context_.get(), x509.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), pkey.get()) == 1);
    REQUIRE(SSL_CTX_set_session_id_context(context_.get(), reinterpret_cast<const unsigned char*>("t"), 1) == 1);
  }

  SSL_CTX* context() const { return context_.get(); }
  SSL* ssl() const { return ssl_.get(); }

  void speak_only(int version) {
    SSL_CTX_set_min_proto_version(context(), version);
    SSL_CTX_set_max_proto_version(context(), version);
    SSL_CTX_set_security_level(context(), version < TLS1_2_VERSION ? 0 : 1);
  }

  void want_certificates_of(const Authority& authority) {
    const std::string text = authority.pem();
    const std::unique_ptr<BIO, FreeWith<BIO_free>> pem(memory(text));
    const std::unique_ptr<X509, FreeWith<X509_free>> x509(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(context()), x509.get()) == 1);
    SSL_CTX_set_verify(context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }

  // Forgets the connection that there was.
  void accept() {
    if (ssl_) {
      SSL_set_shutdown(ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    ssl_.reset(SSL_new(context()));
    incoming_ = BIO_new(BIO_s_mem());
    outgoing_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(incoming_, -1);
    SSL_set_bio(ssl(), incoming_, outgoing_);
    SSL_set_accept_state(ssl());
    heard_.clear();
  }

  // What the server has to send after having received this. Errors show in what it sends.
  std::string go_on(std::string_view received) {
    BIO_write(incoming_, received.data(), static_cast<int>(received.size()));
    std::array<char, 4096> room;
    std::size_t size = 0;
    SSL_do_handshake(ssl());
    while (SSL_is_init_finished(ssl()) == 1 && SSL_read_ex(ssl(), room.data(), room.size(), &size) == 1) {
      heard_.append(room.data(), size);
    }
    ERR_clear_error();
    return sent();
  }

  std::string say(std::string_view text) {
    std::size_t written = 0;
    REQUIRE(SSL_write_ex(ssl(), text.data(), text.size(), &written) == 1);
    return sent();
  }

  std::string say_farewell() {
    SSL_shutdown(ssl());
    return sent();
  }

  const std::string& heard() const { return heard_; }
  bool was_resumed() const { return SSL_session_reused(ssl()) == 1; }

 private:
  static BIO* memory(const std::string& text) { return BIO_new_mem_buf(text.data(), static_cast<int>(text.size())); }

  std::string sent() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(outgoing_, &bytes);
    std::string all(bytes, static_cast<std::size_t>(size));
    BIO_reset(outgoing_);
    return all;
  }

  std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, FreeWith<SSL_free>> ssl_;
  BIO* incoming_ = nullptr;  // both belong to ssl_
  BIO* outgoing_ = nullptr;
  std::string heard_;
};

// Both ends of a connection. Bytes go to and fro in pieces until nobody has anything to send.
struct TlsConnection {
  TlsConnection(TlsServer& accepting, std::unique_ptr<crypto::TlsChannel> opened)
      : server(accepting), channel(std::move(opened)) {
    server.accept();
  }

  Result<void> feed(std::string_view bytes) {
    Result<void> done;
    for (; done && !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      done = channel->go_on(bytes.substr(0, piece), to_server, said);
    }
    return done;
  }

  // The first error of the channel, at which it stops.
  Result<void> exchange(std::string from_server = {}) {
    Result<void> done = from_server.empty() ? channel->go_on({}, to_server, said) : feed(from_server);
    while (!to_server.empty()) {
      const std::string received = server.go_on(std::exchange(to_server, {}));
      if (!done) {
        break;
      }
      done = feed(received);
    }
    return done;
  }

  TlsServer& server;
  std::unique_ptr<crypto::TlsChannel> channel;
  std::string to_server;
  std::string said;  // by the server
  std::size_t piece = 16384;
};

}  // namespace sessions::testing
