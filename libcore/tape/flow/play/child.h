// A consumer that is started with a run: a command, its environment, its end.
#pragma once

#include <tape/base/time.h>

#include <optional>
#include <string>

namespace tape::flow {

/// A shell command in a process of its own. The destructor ends it (SIGTERM, then SIGKILL) if it
/// still runs.
class Child {
 public:
  /// Starts `command` by /bin/sh with TAPE_ENDPOINT set to `endpoint`. Throws Error{io}.
  Child(const std::string& command, const std::string& endpoint);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Exit status once it has ended, 128 + signal number where a signal ended it; nothing while it
  /// runs.
  [[nodiscard]] std::optional<int> status();
  /// Waits for its end for at most `timeout`.
  [[nodiscard]] std::optional<int> wait(Nanos timeout);

 private:
  int pid_ = -1;
  std::optional<int> status_;
};

/// A new folder that only we can enter, removed with the socket in it when its owner goes.
class SocketFolder {
 public:
  SocketFolder();
  ~SocketFolder();
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;
  /// "ipc://PATH" in it.
  [[nodiscard]] std::string endpoint() const;

 private:
  std::string path_;
};

}  // namespace tape::flow
