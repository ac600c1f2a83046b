// Authorities and certificates of a test's own, in PEM.
#pragma once

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace sessions::testing {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* held) const noexcept {
    Free(held);
  }
};

struct Certificate {
  std::string certificate;
  std::string key;
};

class Authority {
 public:
  explicit Authority(std::string name = "authority")
      : name_(std::move(name)), key_(EVP_EC_gen("P-256")), certificate_(make({}, "CA:TRUE", 0, 3600, key_.get())) {}

  std::string pem() const { return pem_of(certificate_.get()); }

  // For "DNS:..." and "IP:...", separated by commas; valid from and to so many seconds from now.
  Certificate issue(const std::string& names, long from = -3600, long to = 3600) const {
    const Key key(EVP_EC_gen("P-256"));
    const X509Pointer made = make(names, "CA:FALSE", from, to, key.get());
    return {pem_of(made.get()), pem_of(key.get())};
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
  using X509Pointer = std::unique_ptr<X509, FreeWith<X509_free>>;
  using Memory = std::unique_ptr<BIO, FreeWith<BIO_free>>;

  static void require(bool done) {
    if (!done) {
      throw std::runtime_error("no certificate");
    }
  }

  static std::string text_of(BIO* bio) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    return {text, static_cast<std::size_t>(size)};
  }

  static std::string pem_of(X509* certificate) {
    const Memory bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(bio.get(), certificate) == 1);
    return text_of(bio.get());
  }

  static std::string pem_of(EVP_PKEY* key) {
    const Memory bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(bio.get());
  }

  static void extend(X509* certificate, int nid, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
  }

  X509Pointer make(const std::string& names, const char* constraints, long from, long to, EVP_PKEY* key) const {
    X509Pointer made(X509_new());
    X509* certificate = made.get();
    require(X509_set_version(certificate, 2) == 1);
    require(ASN1_INTEGER_set(X509_get_serialNumber(certificate), names.empty() ? 1 : 2) == 1);
    require(X509_gmtime_adj(X509_getm_notBefore(certificate), from) != nullptr);
    require(X509_gmtime_adj(X509_getm_notAfter(certificate), to) != nullptr);
    require(X509_set_pubkey(certificate, key) == 1);
    const auto* name = reinterpret_cast<const unsigned char*>(names.empty() ? name_.c_str() : "somebody");
    require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, name, -1, -1, 0) == 1);
    require(X509_set_issuer_name(certificate,
                                 X509_get_subject_name(names.empty() ? certificate : certificate_.get())) == 1);
    extend(certificate, NID_basic_constraints, constraints);
    if (!names.empty()) {
      extend(certificate, NID_subject_alt_name, names);
    }
    require(X509_sign(certificate, key_.get(), EVP_sha256()) > 0);
    return made;
  }

  std::string name_;
  Key key_;
  X509Pointer certificate_;
};

// The same key, encrypted.
inline std::string with_passphrase(const std::string& key) {
  const std::unique_ptr<BIO, FreeWith<BIO_free>> in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  const std::unique_ptr<BIO, FreeWith<BIO_free>> out(BIO_new(BIO_s_mem()));
  const std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>> read(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (PEM_write_bio_PKCS8PrivateKey(out.get(), read.get(), EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr) != 1) {
    throw std::runtime_error("no encrypted key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace sessions::testing
