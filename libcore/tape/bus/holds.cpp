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
  std::atomic<bool>* gone = nullptr;
  if (current_ != nullptr) gone = &waiting_.emplace_back(current_, since_).gone;
  current_ = &slab;
  since_ = changes;
  return gone;
}

void Holds::settle(std::uint64_t changes) {
  for (auto hold = waiting_.rbegin(); hold != waiting_.rend() && !hold->weighed; ++hold) {
    hold->weighed = true;
    hold->sure = hold->since == changes;
  }
  while (!waiting_.empty() && waiting_.front().weighed &&
         waiting_.front().gone.load(std::memory_order_acquire)) {
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
