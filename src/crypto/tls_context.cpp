#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include <cerrno>
#include <crypto/error_queue.hpp>
#include <crypto/openssl.hpp>
#include <crypto/tls.hpp>
#include <crypto/tls_error.hpp>
#include <crypto/tls_fork.hpp>
#include <cstdio>
#include <mutex>
#include <new>
#include <system_error>

namespace sessions::crypto {

namespace {

// What a file is to us, and what it has to hold.
struct Role {
  const char* name;
  const char* content;
};

constexpr Role ca{"the ca file", "certificate"};
constexpr Role certificate{"the client certificate", "certificate"};
constexpr Role key{"the key of the client certificate", "key"};

Error invalid(const Role& role, const std::string& why) { return {Status::invalid, std::string(role.name) + why}; }

// OpenSSL reports what a file lacks, but not what the system says about it.
Result<void> check_readable(const Role& role, const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (file && (std::fgetc(file.get()) != EOF || std::feof(file.get()) != 0)) {
    return {};
  }
  if (errno == ENOMEM) {
    throw std::bad_alloc();
  }
  return invalid(role, " cannot be read: " + std::error_code(errno, std::generic_category()).message());
}

// ERR_R_PEM_LIB and the like.
bool names_library(unsigned long error) {
  constexpr int libraries = 256;
  return !ERR_SYSTEM_ERROR(error) && (ERR_GET_REASON(error) ^ ERR_RFLAG_COMMON) < libraries;
}

Error unusable(const Role& role) {
  const unsigned long cause = take_cause();
  if (names_library(cause)) {
    throw std::bad_alloc();  // that library would have said what is wrong with the file
  }
  const int library = ERR_GET_LIB(cause);
  const bool is_other = library == ERR_LIB_PEM || library == ERR_LIB_OSSL_DECODER ||
                        (library == ERR_LIB_X509 && ERR_GET_REASON(cause) == X509_R_NO_CERTIFICATE_OR_CRL_FOUND);
  return invalid(role, (is_other ? std::string(" is no ") + role.content + " in PEM form: " : " cannot be used: ") +
                           reason_of(cause));
}

// OpenSSL's own would ask on the terminal.
int refuse_passphrase(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

Result<void> use_key(SSL_CTX* context, const std::string& key_file) {
  bool has_passphrase = false;
  SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &has_passphrase);
  const bool done = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (done) {
    return {};
  }
  return has_passphrase ? invalid(key, " has a passphrase: keep it in a file without one") : unusable(key);
}

Result<void> trust(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
      throw std::bad_alloc();  // when there are none it does not mind
    }
    return {};
  }
  if (Result<void> readable = check_readable(ca, ca_file); !readable) {
    return readable;
  }
  return SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1 ? Result<void>() : unusable(ca);
}

// The key comes first: it would be measured against a certificate that was there.
Result<void> identify(SSL_CTX* context, const TlsFiles& files) {
  Result<void> readable = check_readable(certificate, files.certificate_file);
  if (readable) {
    readable = check_readable(key, files.key_file);
  }
  if (!readable) {
    return readable;
  }
  if (Result<void> used = use_key(context, files.key_file); !used) {
    return used;
  }
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_file.c_str()) != 1) {
    return unusable(certificate);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    static_cast<void>(take_cause());  // unless it was memory
    return invalid(key, " belongs to another certificate");
  }
  return {};
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

void TlsContext::Free::operator()(ssl_session_st* session) const noexcept { SSL_SESSION_free(session); }

Result<std::shared_ptr<TlsContext>> TlsContext::open(const TlsFiles& files) {
  prepare_openssl();
  std::shared_ptr<TlsContext> opened;  // which ends, when it comes to nothing, after the lock
  const HandshakeLock lock;
  const ErrorsSetAside host_errors;
  opened = std::make_shared<TlsContext>();
  opened->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = opened->context_.get();
  // The configuration of the system may ask for more.
  if (context == nullptr || (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION &&
                             SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)) {
    return Error{Status::internal, "OpenSSL does not offer TLS, see its configuration: " + reason_of(take_cause())};
  }
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &TlsContext::take_session);
  if (SSL_CTX_set_app_data(context, opened.get()) != 1) {
    throw std::bad_alloc();
  }
  Result<void> done = trust(context, files.ca_file);
  if (done && !files.certificate_file.empty()) {
    done = identify(context, files);
  }
  return done ? Result(std::move(opened)) : std::move(done.error());
}

TlsContext::~TlsContext() {
  const HandshakeLock lock;
  resumable_.reset();
  context_.reset();
}

// OpenSSL calls this with each ticket, which with TLS 1.3 comes after the handshake, at any time. It keeps its own.
int TlsContext::take_session(ssl_st* ssl, ssl_session_st* session) noexcept {
  auto* self = static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  try {
    auto resumable = std::make_unique<Resumable>();
    resumable->server_name = *static_cast<const std::string*>(SSL_get_app_data(ssl));
    resumable->session.reset(SSL_SESSION_dup(session));
    if (resumable->session) {
      self->set_session(std::move(resumable));
    }
  } catch (const std::bad_alloc&) {
    return 0;  // without it the next handshake takes longer
  }
  return 0;
}

void TlsContext::set_session(std::unique_ptr<Resumable> resumable) noexcept {
  const std::lock_guard lock(lock_);
  resumable_.swap(resumable);
}

void TlsContext::offer_session(ssl_st* ssl, const std::string& server_name) {
  std::unique_ptr<ssl_session_st, Free> copy;
  {
    const std::lock_guard lock(lock_);
    if (resumable_ && resumable_->server_name == server_name) {
      copy.reset(SSL_SESSION_dup(resumable_->session.get()));
    }
  }
  if (copy) {
    SSL_set_session(ssl, copy.get());  // if it fails, the handshake takes longer
  }
}

}  // namespace sessions::crypto
