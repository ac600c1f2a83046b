#include <openssl/evp.h>

#include <crypto/digest.hpp>
#include <crypto/error_queue.hpp>
#include <new>

namespace sessions::crypto {

void free_digest_context(EVP_MD_CTX* context) { EVP_MD_CTX_free(context); }

void free_digest(EVP_MD* digest) { EVP_MD_free(digest); }

Result<std::unique_ptr<Digest>> Digest::make(Algorithm algorithm) {
  const ErrorQueueMark mark;
  const char* name = algorithm == Algorithm::sha1 ? "SHA1" : "SHA256";
  EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  if (digest == nullptr) {
    return Error{Status::internal, std::string("OpenSSL does not offer ") + name + ": see its configuration"};
  }
  return std::make_unique<Digest>(digest);
}

DigestPool::Owned Digest::begin() const {
  DigestPool::Owned context = idle_.take();
  const EVP_MD* algorithm = nullptr;  // the one that a used context has
  if (!context) {
    context.reset(EVP_MD_CTX_new());
    algorithm = digest_.get();
  }
  // With the algorithm at hand only memory can be missing.
  if (!context || EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1) {
    throw std::bad_alloc();
  }
  return context;
}

void Digest::compute(std::initializer_list<std::string_view> pieces, char* out) const {
  ErrorQueueMark mark;
  DigestPool::Owned context = begin();
  for (const std::string_view piece : pieces) {
    if (EVP_DigestUpdate(context.get(), piece.data(), piece.size()) != 1) {
      throw std::bad_alloc();
    }
  }
  if (EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out), nullptr) != 1) {
    throw std::bad_alloc();
  }
  mark.nothing_failed();
  idle_.give(std::move(context));
}

}  // namespace sessions::crypto
