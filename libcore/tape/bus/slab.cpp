#include <tape/bus/slab.h>

#include <algorithm>
#include <cstring>

namespace tape::bus {

Slabs::~Slabs() {
  for (auto* slab : ring_) slab->release();
}

bool Slabs::kept(const Slab* slab) const {
  return std::find(kept_.begin(), kept_.end(), slab) != kept_.end();
}

/// Messages go in order, so the slab that was lent first is the first one to come back.
Slab* Slabs::take(std::size_t bytes) {
  if (!ring_.empty()) {
    next_ %= ring_.size();
    auto*& oldest = ring_[next_];
    if (oldest != current_ && oldest->idle() && !kept(oldest)) {
      if (oldest->capacity() < bytes || oldest->capacity() > 16 * std::max(bytes, bytes_)) {
        auto* const fitting = Slab::make(std::max(bytes, bytes_));
        oldest->release();
        oldest = fitting;
      }
      return ring_[next_++];
    }
  }
  auto* const made = Slab::make(std::max(bytes, bytes_));
  ring_.insert(ring_.begin() + static_cast<std::ptrdiff_t>(next_), made);
  ++next_;
  return made;
}

std::uint8_t* Slabs::bytes(std::size_t size) {
  if (current_ != nullptr && size <= current_->capacity() - used_) return begin() + used_;
  if (current_ == nullptr) {
    current_ = take(size);
    return begin();
  }
  // What is used moves to larger memory; who looks at the old one may go on.
  auto* const old = current_;
  kept_.push_back(old);
  current_ = take(std::max(2 * old->capacity(), used_ + size));
  std::memcpy(begin(), old->data(), used_);
  return begin() + used_;
}

void Slabs::clear() {
  used_ = 0;
  if (current_ == nullptr) return;
  kept_.push_back(current_);
  current_ = nullptr;
}

}  // namespace tape::bus
