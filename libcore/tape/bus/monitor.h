// What a socket tells of its connections: made, let in by the handshake, lost.
#pragma once

#include <tape/bus/socket.h>

#include <cstdint>
#include <optional>

namespace tape::bus {

/// To be read often: libzmq's thread waits once about a thousand changes are unread.
class Monitor {
 public:
  /// Before the socket binds or connects, and the only one of its context. The socket outlives it,
  /// or is closed after close().
  Monitor(const Context& context, const Socket& socket);
  ~Monitor() { close(); }
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  struct Change {
    enum class Kind : std::uint8_t { made, admitted, refused, lost };
    Kind kind = Kind::made;
    int fd = -1;            // of made and lost
    bool admitted = false;  // of lost: it had been
  };
  /// The next change since the last call; nothing when there is none now.
  [[nodiscard]] std::optional<Change> next();
  /// Connections that are through the handshake, by the changes that were read.
  [[nodiscard]] unsigned admitted() const { return admitted_; }

  /// Stops watching; before the socket is closed. libzmq's thread would wait for ever to tell of a
  /// lost connection to a monitor that nobody reads.
  void close();

 private:
  [[nodiscard]] Change change(std::uint16_t event, int value);

  const Socket& socket_;
  Socket monitor_;
  unsigned admitted_ = 0;
  bool refused_ = false;  // the next one lost never got through the handshake
};

}  // namespace tape::bus
