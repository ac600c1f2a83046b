#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <crypto/error_queue.hpp>
#include <crypto/tls.hpp>
#include <crypto/tls_error.hpp>
#include <crypto/tls_fork.hpp>
#include <new>
#include <utility>

namespace sessions::crypto {

namespace {

// Of text in a record, at most. No more is in the BIOs at a time, which keep the room that they once needed.
constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;

Error no_name() { return {Status::invalid, "the server's name for TLS is neither a host name nor an IP address"}; }

Error failed_before() { return {Status::unavailable, "the TLS connection has ended before"}; }

// OpenSSL takes a leading dot for any subdomain, an empty name for any name, and stops at a NUL.
bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= TLSEXT_MAXLEN_host_name && name.front() != '.' &&
         name.find('\0') == std::string::npos;
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// The dot that makes a host name absolute is in no certificate, and must not be sent (RFC 6066, 3).
std::string without_root(std::string name) {
  if (name.size() > 1 && name.back() == '.') {
    name.pop_back();
  }
  return name;
}

// What is a name fails for want of memory alone.
void require_name(SSL* ssl, const std::string& name) {
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool done = is_address(name)
                        ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1
                        : SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  if (!done) {
    throw std::bad_alloc();
  }
}

}  // namespace

void TlsChannel::Free::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

TlsChannel::TlsChannel(std::shared_ptr<TlsContext> context, std::string server_name)
    : context_(std::move(context)),
      server_name_(without_root(std::move(server_name))),
      ssl_(SSL_new(context_->context_.get())) {
  incoming_ = BIO_new(BIO_s_mem());
  outgoing_ = BIO_new(BIO_s_mem());
  if (!ssl_ || incoming_ == nullptr || outgoing_ == nullptr || SSL_set_app_data(ssl_.get(), &server_name_) != 1) {
    BIO_free(incoming_);
    BIO_free(outgoing_);
    throw std::bad_alloc();
  }
  BIO_set_mem_eof_return(incoming_, -1);  // nothing there means: not yet
  SSL_set_bio(ssl_.get(), incoming_, outgoing_);
  SSL_set_connect_state(ssl_.get());
}

Result<std::unique_ptr<TlsChannel>> TlsChannel::open(std::shared_ptr<TlsContext> context, std::string server_name) {
  std::unique_ptr<TlsChannel> channel;  // which ends, when it comes to nothing, after the lock
  const HandshakeLock lock;
  const ErrorsSetAside host_errors;
  channel = std::make_unique<TlsChannel>(std::move(context), std::move(server_name));
  if (!is_name(channel->server_name_)) {
    return no_name();
  }
  require_name(channel->ssl_.get(), channel->server_name_);
  channel->context_->offer_session(channel->ssl_.get(), channel->server_name_);
  return channel;
}

TlsChannel::~TlsChannel() {
  const HandshakeLock lock;
  ssl_.reset();
}

// Whether the last call ended for want of bytes. SSL_want_read() alone stays true after many an error.
bool TlsChannel::is_waiting() const noexcept { return SSL_want_read(ssl_.get()) && BIO_should_read(incoming_) != 0; }

Result<void> TlsChannel::advance(std::string& said) {
  SSL* ssl = ssl_.get();
  BIO_clear_retry_flags(incoming_);
  if (!is_open_) {
    if (SSL_do_handshake(ssl) != 1) {
      return is_waiting() ? Result<void>() : tls_failure(ssl);
    }
    is_open_ = true;
  }
  std::array<char, record_bytes> room;
  std::size_t size = 0;
  while (SSL_read_ex(ssl, room.data(), room.size(), &size) == 1) {
    said.append(room.data(), size);
    if (BIO_ctrl_pending(incoming_) == 0 && SSL_has_pending(ssl) == 0) {
      return {};
    }
  }
  return is_waiting() ? Result<void>() : tls_failure(ssl);
}

Result<void> TlsChannel::encrypt(std::string_view text, std::string& to_send) {
  BIO_clear_retry_flags(incoming_);
  while (!text.empty()) {
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), text.data(), std::min(text.size(), record_bytes), &written) != 1) {
      if (!is_waiting()) {
        return tls_failure(ssl_.get());
      }
      held_ += text;  // the handshake goes on, or a part of a ticket has come
      return {};
    }
    text.remove_prefix(written);
    take_outgoing(to_send);
  }
  return {};
}

void TlsChannel::take_outgoing(std::string& to_send) {
  const std::size_t before = to_send.size();
  const std::size_t size = BIO_ctrl_pending(outgoing_);
  to_send.resize(before + size);
  if (size != 0) {
    BIO_read(outgoing_, to_send.data() + before, static_cast<int>(size));
  }
}

Result<void> TlsChannel::go_on(std::string_view received, std::string& to_send, std::string& said) {
  if (has_failed_) {
    return failed_before();
  }
  const HandshakeLock lock;  // also when it is open: tickets may come
  ErrorsSetAside host_errors;
  has_failed_ = true;  // if anything throws
  const bool was_open = is_open_;
  Result<void> done;
  do {
    const std::string_view piece = received.substr(0, record_bytes);
    received.remove_prefix(piece.size());
    if (!piece.empty() &&
        BIO_write(incoming_, piece.data(), static_cast<int>(piece.size())) != static_cast<int>(piece.size())) {
      throw std::bad_alloc();
    }
    done = advance(said);
  } while (done && !received.empty());
  take_outgoing(to_send);  // also the alert that says why it ends
  if (done && is_open_ && !held_.empty()) {
    done = encrypt(std::exchange(held_, {}), to_send);
  }
  if (!done && !is_open_) {
    context_->set_session(nullptr);  // in case it is what the server minds
  }
  if (done && was_open) {
    host_errors.nothing_failed();
  }
  has_failed_ = !done;
  return done;
}

Result<void> TlsChannel::write(std::string_view text, std::string& to_send) {
  if (has_failed_) {
    return failed_before();
  }
  ErrorsSetAside host_errors;
  has_failed_ = true;  // if anything throws
  const std::size_t before = to_send.size();
  try {
    Result<void> done = encrypt(text, to_send);
    if (done) {
      host_errors.nothing_failed();
      has_failed_ = false;
    } else {
      to_send.resize(before);
    }
    return done;
  } catch (const std::bad_alloc&) {
    to_send.resize(before);
    throw;
  }
}

void TlsChannel::close(std::string& to_send) noexcept {
  if (std::exchange(has_failed_, true)) {
    return;
  }
  try {
    const ErrorsSetAside host_errors;
    SSL_shutdown(ssl_.get());
    take_outgoing(to_send);
  } catch (const std::bad_alloc&) {
    return;  // then the server sees the connection end
  }
}

}  // namespace sessions::crypto
