#include <tape/bus/holds.h>

namespace tape::bus {

Holds::~Holds() {
  for (auto& hold : waiting_) hold.slab->release();
  for (auto* slab : lost_) slab->release();
  if (current_ != nullptr) current_->release();
}

std::atomic<bool>* Holds::use(Slab& slab, std::uint64_t changes) {
  if (&slab == current_) return nullptr;
  slab.retain();
  auto* const last = current_;
  current_ = &slab;
  before_ = since_;
  since_ = changes;
  if (last == nullptr) return nullptr;
  return &waiting_.emplace_back(last).gone;
}

void Holds::marked(std::uint64_t changes) {
  waiting_.back().sure = changes == before_;
  settle();
}

void Holds::settle() {
  while (!waiting_.empty() && waiting_.front().gone.load(std::memory_order_acquire)) {
    const auto& hold = waiting_.front();
    if (hold.sure) {
      hold.slab->release();
    } else {
      lost_.push_back(hold.slab);
    }
    waiting_.pop_front();
  }
}

}  // namespace tape::bus
