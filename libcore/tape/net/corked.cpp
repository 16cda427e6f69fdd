#include <tape/net/corked.h>

namespace tape::net {

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

void Corked::write() {
  if (at_ == current_.size()) {
    current_.clear();
    at_ = 0;
    current_.swap(next_);
  }
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
    next_.clear();
    current_.clear();
    at_ = 0;
    // Whoever reads learns of it, too.
    transport_.close();
  }
  if (const auto then = std::exchange(then_, nullptr)) then();
  if (!error) sent_();
}

}  // namespace tape::net
