// zstd's decompressing side: a whole chunk at once, or block by block.
#pragma once

#include <tape/base/bytes.h>

#include <capnp/common.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace tape::log {

/// Decompressed bytes, aligned for Cap'n Proto; recycled. Uninitialised beyond `size`.
struct Plain {
  std::unique_ptr<capnp::word[]> words;
  std::size_t capacity = 0;  // bytes
  std::size_t size = 0;      // bytes

  /// Room for `bytes` in all; keeps what is in it.
  void reserve(std::size_t bytes);
  [[nodiscard]] std::uint8_t* data() const { return reinterpret_cast<std::uint8_t*>(words.get()); }
  /// Whole words only.
  [[nodiscard]] std::span<const capnp::word> view() const {
    return {words.get(), size / sizeof(capnp::word)};
  }
};

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Decompresses one whole frame and checks its checksum. `hint` is its plain size if known, else
  /// 0; `bound` cannot be passed. Says what is wrong, or nothing.
  [[nodiscard]] std::optional<std::string> whole(Bytes frame, std::size_t hint, std::size_t bound,
                                                 Plain& out);

  /// Begins a frame that comes in whole blocks.
  void begin();
  /// Appends what the next bytes of the frame hold. Says what is wrong, or nothing.
  [[nodiscard]] std::optional<std::string> feed(Bytes stored, Plain& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::log
