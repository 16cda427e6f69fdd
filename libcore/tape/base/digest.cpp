#include <tape/base/digest.h>
#include <tape/base/error.h>

#include <openssl/evp.h>

// Without a call into the library: the player hashes each event twice, in a few ns.
#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's own
#include <xxhash.h>

namespace tape {

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* algorithm = EVP_sha256();
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  if (impl_->context == nullptr ||
      EVP_DigestInit_ex(impl_->context, impl_->algorithm, nullptr) != 1) {
    throw Error(Fault::internal, "SHA-256 is not available in libcrypto");
  }
}

Sha256::~Sha256() { EVP_MD_CTX_free(impl_->context); }

void Sha256::update(Bytes bytes) {
  (void)EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size());
}

Sha256Sum Sha256::finish() {
  Sha256Sum sum{};
  (void)EVP_DigestFinal_ex(impl_->context, sum.data(), nullptr);
  (void)EVP_DigestInit_ex(impl_->context, impl_->algorithm, nullptr);
  return sum;
}

Sha256Sum sha256(Bytes bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

struct Xxh64::Impl {
  XXH64_state_t state;
};

Xxh64::Xxh64() : impl_(std::make_unique<Impl>()) { reset(); }

Xxh64::~Xxh64() = default;

void Xxh64::reset() { (void)XXH64_reset(&impl_->state, 0); }

void Xxh64::update(Bytes bytes) { (void)XXH64_update(&impl_->state, bytes.data(), bytes.size()); }

std::uint64_t Xxh64::value() const { return XXH64_digest(&impl_->state); }

}  // namespace tape
