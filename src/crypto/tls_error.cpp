#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <crypto/tls_error.hpp>
#include <new>

namespace sessions::crypto {

namespace {

const char* advice_on_certificate(long verified) {
  switch (verified) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "; renew it, or look at this machine's clock";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "; use a name that it has, as the host or as server_name";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // by an authority of the same name
      return "; name the file of its authority as ca_file";
    default:
      return "";
  }
}

bool was_asked_for_certificate(SSL* ssl, int alert) {
  return alert == SSL_AD_CERTIFICATE_REQUIRED ||
         (alert == SSL_AD_HANDSHAKE_FAILURE && SSL_get_certificate(ssl) == nullptr &&
          SSL_get0_certificate_types(ssl, nullptr) != 0);
}

std::string meaning_of_alert(SSL* ssl, int alert) {
  if (was_asked_for_certificate(ssl, alert)) {
    return "the server wants a client certificate; name one as certificate_file and key_file";
  }
  const std::string text = SSL_alert_desc_string_long(alert);
  switch (alert) {
    case SSL_AD_PROTOCOL_VERSION:
      return "the server does not speak TLS 1.2 or 1.3";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
      return "the server does not accept the client certificate: " + text;
    default:
      return "the server ends TLS with an alert: " + text;
  }
}

std::string meaning_of(SSL* ssl, unsigned long cause) {
  const int reason = ERR_GET_REASON(cause);
  if (ERR_GET_LIB(cause) == ERR_LIB_SSL) {
    if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255) {
      return meaning_of_alert(ssl, reason - SSL_AD_REASON_OFFSET);
    }
    if (reason == SSL_R_WRONG_VERSION_NUMBER && SSL_is_init_finished(ssl) == 0) {
      return "the server does not speak TLS; use its port for TLS, or none of TLS";
    }
    if (reason == SSL_R_UNSUPPORTED_PROTOCOL) {
      return "the server does not speak TLS 1.2 or 1.3";
    }
  }
  return "TLS with the server has failed: " + reason_of(cause);
}

}  // namespace

// OpenSSL adds an error at each level that it passes.
unsigned long take_cause() {
  const unsigned long cause = ERR_peek_error();
  bool was_memory = cause == 0 || (ERR_SYSTEM_ERROR(cause) && ERR_GET_REASON(cause) == ENOMEM);
  while (const unsigned long error = ERR_get_error()) {
    was_memory = was_memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  }
  if (was_memory) {
    throw std::bad_alloc();
  }
  return cause;
}

std::string reason_of(unsigned long cause) {
  const char* text = ERR_reason_error_string(cause);
  return text == nullptr ? "OpenSSL gives no reason" : text;
}

Error tls_failure(ssl_st* ssl) {
  if (ERR_peek_error() == 0 && (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0) {
    return {Status::unavailable, "the server has closed the connection"};
  }
  const unsigned long cause = take_cause();
  const long verified = SSL_get_verify_result(ssl);
  if (verified == X509_V_ERR_OUT_OF_MEM) {
    throw std::bad_alloc();
  }
  if (verified != X509_V_OK) {
    return {Status::unavailable, std::string("the server's certificate is not accepted: ") +
                                     X509_verify_cert_error_string(verified) + advice_on_certificate(verified)};
  }
  return {Status::unavailable, meaning_of(ssl, cause)};
}

}  // namespace sessions::crypto
