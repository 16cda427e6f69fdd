// Memory that payloads are laid out in and leave from without a copy, once whoever sends them is
// done with it.
#pragma once

#include <tape/event/memory.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tape::bus {

/// Fixed memory with a count of those who use it: its owner, and every message on its way. The last
/// one deletes it, on whatever thread.
class Slab {
 public:
  [[nodiscard]] static Slab* make(std::size_t bytes) { return new Slab(bytes); }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  /// Aligned for words.
  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(words_.get()); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  void retain() { users_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  /// Nobody but the owner, who asks, uses it.
  [[nodiscard]] bool idle() const { return users_.load(std::memory_order_acquire) == 1; }

 private:
  explicit Slab(std::size_t bytes)
      : words_(std::make_unique_for_overwrite<std::uint64_t[]>(bytes / sizeof(std::uint64_t) + 1)),
        capacity_(bytes) {}
  ~Slab() = default;

  std::unique_ptr<std::uint64_t[]> words_;
  std::size_t capacity_;
  std::atomic<std::uint32_t> users_{1};
};

/// Payloads end to end in slabs: one that was lent is used again when all its messages have gone.
/// Bytes that were handed out stay where they are until turn(), whatever is added meanwhile.
class Slabs final : public event::Memory {
 public:
  /// Of slabs at least.
  explicit Slabs(std::size_t bytes) : bytes_(bytes) {}
  ~Slabs() override;
  Slabs(const Slabs&) = delete;
  Slabs& operator=(const Slabs&) = delete;

  /// Where `size` bytes may be written behind what is used.
  [[nodiscard]] std::uint8_t* bytes(std::size_t size);
  /// The same in words; what is used must end at a word then.
  [[nodiscard]] std::uint64_t* room(std::size_t words) override {
    return reinterpret_cast<std::uint64_t*>(bytes(words * sizeof(std::uint64_t)));
  }
  /// What was written there counts from now on.
  void use(std::size_t bytes) { used_ += bytes; }
  [[nodiscard]] std::size_t used() const { return used_; }
  /// Where what is used ends.
  [[nodiscard]] const std::uint8_t* end() {
    return current_ == nullptr ? nullptr : begin() + used_;
  }
  [[nodiscard]] std::uint8_t* begin() { return current_->data(); }
  /// To lend along with what stands in it; null while there is nothing.
  [[nodiscard]] Slab* slab() { return current_; }
  /// Begins anew, in memory that nobody uses.
  void clear();
  /// Nobody looks at what was handed out before.
  void turn() { kept_.clear(); }

 private:
  [[nodiscard]] Slab* take(std::size_t bytes);
  [[nodiscard]] bool kept(const Slab* slab) const;

  const std::size_t bytes_;
  std::vector<Slab*> ring_;  // all, in the order they are lent in
  std::size_t next_ = 0;     // to be used again
  std::vector<Slab*> kept_;  // what was handed out may stand there
  Slab* current_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace tape::bus
