// A byte stream that takes what is written at once and sends it in large pieces: many small frames
// cost one call of the system.
#pragma once

#include <tape/net/transport.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tape::net {

/// An AsyncStream in Beast's terms. Whoever writes bounds what waits here: waiting().
class Corked {
 public:
  using executor_type = Executor;  // NOLINT(readability-identifier-naming): Asio asks for this name
  using Shared = std::shared_ptr<const std::string>;

  using Sent = std::function<void(const ErrorCode&)>;

  /// `owner` has this object as a part and is kept while bytes are on their way; `sent` is called
  /// when none wait any more: they are with the kernel, or lost by an error.
  Corked(Transport& transport, std::weak_ptr<void> owner, Sent sent)
      : transport_(transport), owner_(std::move(owner)), sent_(std::move(sent)) {}

  [[nodiscard]] executor_type get_executor() { return transport_.get_executor(); }
  [[nodiscard]] std::size_t waiting() const { return queued_ + (current_.size() - at_); }
  void close() { transport_.close(); }
  /// Once nothing waits.
  void when_sent(std::function<void()> then);
  /// Bytes that others may send, too; behind all that was written.
  void push(const Shared& bytes);

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    transport_.async_read_some(buffers, [this, done = std::forward<Handler>(handler)](
                                            const ErrorCode& error, std::size_t size) mutable {
      if (!held_) return done(error, size);
      auto kept = std::make_shared<std::decay_t<Handler>>(std::move(done));
      read_ = [kept, error, size] { (*kept)(error, size); };
    });
  }
  /// What is read is withheld from now on, even pings and the end; or not any more.
  void hold(bool on) {
    held_ = on;
    if (!on && read_) asio::post(get_executor(), std::exchange(read_, nullptr));
  }
  /// What waits here for something never happens.
  void forget() { read_ = then_ = nullptr; }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    const auto size = error_ ? 0 : take(buffers);
    asio::post(get_executor(), [done = std::forward<Handler>(handler), error = error_,
                                size]() mutable { done(error, size); });
  }

  /// Beast's hooks, found by argument.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, Corked& corked, Handler&& handler) {
    auto done = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    corked.when_sent(
        [role, &corked, done] { async_teardown(role, corked.transport_, std::move(*done)); });
  }
  friend void beast_close_socket(Corked& corked) { corked.close(); }

 private:
  template <class Buffers>
  std::size_t take(const Buffers& buffers) {
    std::string bytes;
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers);
         ++at) {
      const asio::const_buffer piece(*at);
      bytes.append(static_cast<const char*>(piece.data()), piece.size());
    }
    const auto size = bytes.size();
    push(std::make_shared<const std::string>(std::move(bytes)));
    return size;
  }

  void schedule();
  void gather();
  void write();
  void written(const ErrorCode& error, std::size_t size);

  Transport& transport_;
  const std::weak_ptr<void> owner_;
  const Sent sent_;
  std::function<void()> then_;  // once nothing waits
  std::vector<Shared> queue_;   // from next_ on; before it, nothing is held
  std::size_t next_ = 0;
  std::size_t queued_ = 0;  // bytes
  std::string current_;     // being written from at_ on
  std::size_t at_ = 0;
  std::function<void()> read_;  // withheld; has the owner
  bool held_ = false;
  bool busy_ = false;
  ErrorCode error_;
};

}  // namespace tape::net
