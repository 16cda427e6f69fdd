// A text message as a WebSocket server puts it on the wire, made once for all who get it.
#pragma once

#include <tape/net/asio.h>

#include <memory>
#include <string>
#include <string_view>

namespace tape::net {

/// Frames of a server are neither masked nor, here, compressed: they are the same for everybody.
class Framer {
 public:
  explicit Framer(const Executor& executor);
  ~Framer();
  Framer(const Framer&) = delete;
  Framer& operator=(const Framer&) = delete;

  /// Header and text, one frame.
  [[nodiscard]] std::shared_ptr<const std::string> text(std::string_view message);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tape::net
