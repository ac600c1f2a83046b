#include <openssl/evp.h>

#include <crypto/digest.hpp>
#include <crypto/error_queue.hpp>
#include <crypto/openssl.hpp>
#include <new>

namespace sessions::crypto {

void FreeDigest::operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }

void FreeDigest::operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }

DigestContext new_digest_context() noexcept { return DigestContext(EVP_MD_CTX_new()); }

Result<std::unique_ptr<Digest>> Digest::make(Algorithm algorithm) {
  prepare_openssl();
  const ErrorQueueMark mark;
  const char* name = algorithm == Algorithm::sha1 ? "SHA1" : "SHA256";
  EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  if (digest == nullptr) {
    return Error{Status::internal, std::string("OpenSSL does not offer ") + name + ": see its configuration"};
  }
  return std::make_unique<Digest>(digest);
}

void Digest::begin(EVP_MD_CTX* context) const {
  // With the algorithm at hand only memory can be missing.
  if (context == nullptr || EVP_DigestInit_ex2(context, digest_.get(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}

void Digest::compute(std::initializer_list<std::string_view> pieces, char* out) const {
  ErrorQueueMark mark;
  const DigestPool::Lease context = contexts_.take();
  begin(context.get());
  for (const std::string_view piece : pieces) {
    if (EVP_DigestUpdate(context.get(), piece.data(), piece.size()) != 1) {
      throw std::bad_alloc();
    }
  }
  if (EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out), nullptr) != 1) {
    throw std::bad_alloc();
  }
  mark.nothing_failed();
}

}  // namespace sessions::crypto
