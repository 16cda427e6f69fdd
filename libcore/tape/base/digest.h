// Digests: SHA-256 for the chain, XXH64 for the bytes of frames.
#pragma once

#include <tape/base/bytes.h>

#include <array>
#include <memory>

namespace tape {

using Sha256Sum = std::array<std::uint8_t, 32>;

/// Streaming SHA-256. finish() gives the sum and starts anew.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(Bytes bytes);
  [[nodiscard]] Sha256Sum finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] Sha256Sum sha256(Bytes bytes);

/// Streaming XXH64 with seed 0. reset() starts anew.
class Xxh64 {
 public:
  Xxh64();
  ~Xxh64();
  Xxh64(const Xxh64&) = delete;
  Xxh64& operator=(const Xxh64&) = delete;
  void reset();
  void update(Bytes bytes);
  [[nodiscard]] std::uint64_t value() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape
