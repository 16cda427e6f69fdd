#include <tape/net/corked.h>

namespace tape::net {
namespace {

// Of a piece; more only where one frame is larger.
constexpr std::size_t kPiece = std::size_t{64} << 10U;

}  // namespace

void Corked::push(const Shared& bytes) {
  if (error_) return;
  queue_.push_back(bytes);
  queued_ += bytes->size();
  schedule();
}

void Corked::when_sent(std::function<void()> then) {
  if (!busy_) return then();
  then_ = std::move(then);
}

/// Behind everything that is ready now, so that what it writes goes along.
void Corked::schedule() {
  if (std::exchange(busy_, true)) return;
  asio::post(get_executor(), [this, owner = owner_.lock()] {
    if (owner) write();
  });
}

/// The next piece. Small frames are cheaper to copy than to list for the kernel.
void Corked::gather() {
  current_.clear();
  at_ = 0;
  while (next_ < queue_.size()) {
    auto& bytes = queue_[next_];
    if (!current_.empty() && current_.size() + bytes->size() > kPiece) break;
    current_.append(*bytes);
    queued_ -= bytes->size();
    bytes.reset();
    ++next_;
  }
  // A queue that is never empty moves up when half of it is gone.
  if (next_ < queue_.size() - next_) return;
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(next_));
  next_ = 0;
}

void Corked::write() {
  if (at_ == current_.size()) gather();
  transport_.async_write_some(
      asio::buffer(current_.data() + at_, current_.size() - at_),
      [this, owner = owner_.lock()](const ErrorCode& error, std::size_t size) {
        written(error, size);
      });
}

void Corked::written(const ErrorCode& error, std::size_t size) {
  at_ += size;
  if (!error && waiting() > 0) return write();
  busy_ = false;
  if (error) {
    error_ = error;
    queue_.clear();
    current_.clear();
    next_ = queued_ = at_ = 0;
    // Whoever reads learns of it, too.
    transport_.close();
  }
  if (const auto then = std::exchange(then_, nullptr)) then();
  sent_(error);
}

}  // namespace tape::net
