// ZeroMQ contexts and sockets with one owner each; handles are opaque here, so that zmq.h stays in
// this folder's .cpp.
#pragma once

#include <tape/bus/endpoint.h>

#include <string>

namespace tape::bus {

class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  [[nodiscard]] void* handle() const { return handle_; }
  /// Waits until closed sockets have sent what they linger over.
  void terminate();

 private:
  void* handle_;
};

class Socket {
 public:
  /// `type` is one of ZMQ_PUB and so on.
  Socket(const Context& context, int type);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] void* handle() const { return handle_; }

  void set(int option, int value);
  void set(int option, const std::string& value);
  /// Binds (an ipc socket with mode 0600) or connects; returns the endpoint as bound.
  [[nodiscard]] std::string attach(const std::string& endpoint, Attach attach,
                                   Safety safety = Safety::plain);
  /// Lets the socket notice what its peers did.
  void process() const;
  /// Also removes the file of a bound ipc socket.
  void close();

 private:
  void* handle_;
  std::string path_;  // of the socket file that was bound
};

/// Error{network}: what, and zmq's text for errno.
[[noreturn]] void throw_zmq(const std::string& what);

}  // namespace tape::bus
