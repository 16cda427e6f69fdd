// Where a message is laid out, for who decides where it is to stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tape::event {

class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  virtual ~Memory() = default;
  /// So many words to write to, not initialised; until the next call.
  [[nodiscard]] virtual std::uint64_t* room(std::size_t words) = 0;
};

/// Its own, the same each time.
class OwnMemory final : public Memory {
 public:
  [[nodiscard]] std::uint64_t* room(std::size_t words) override {
    if (words_.size() < words) words_.resize(words);
    return words_.data();
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace tape::event
