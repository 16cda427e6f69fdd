// Batches between several threads that bring and one that takes: the bringers fill one batch while
// the taker works on another, and the two are swapped.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace tape {

/// `Batch` has empty() and clear(); its memory is used again and again.
template <typename Batch>
class Mailbox {
 public:
  /// Calls `fill(batch)` with the batch that is taken next; returns what it returns. Any thread.
  template <typename Fill>
  auto put(Fill fill) {
    const std::lock_guard lock(mutex_);
    const bool was_empty = batch_.empty();
    auto result = fill(batch_);
    if (was_empty && !batch_.empty()) filled_.notify_one();
    return result;
  }

  /// Clears `batch` and swaps it for what came together, waiting for something up to `timeout`.
  /// False when nothing came. One thread.
  bool take(Batch& batch, std::chrono::nanoseconds timeout) {
    batch.clear();
    std::unique_lock lock(mutex_);
    if (!filled_.wait_for(lock, timeout, [&] { return !batch_.empty(); })) return false;
    std::swap(batch, batch_);
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  Batch batch_;
};

}  // namespace tape
