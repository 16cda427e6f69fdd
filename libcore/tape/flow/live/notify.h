// What a recorder tells the service manager: that it is ready, what it does, that it still lives.
#pragma once

#include <tape/base/time.h>

#include <string>

namespace tape::flow {

/// Messages to $NOTIFY_SOCKET (systemd, Type=notify). Without one each does nothing and returns
/// false; one that cannot be sent is not worth a failure.
bool notify_ready(const std::string& status);
/// One line for `systemctl status`.
bool notify_status(const std::string& status);
bool notify_watchdog();
/// SIGHUP came; followed by notify_ready. `monotonic` is CLOCK_MONOTONIC now.
bool notify_reloading(Nanos monotonic);
bool notify_stopping(const std::string& why);

/// WatchdogSec= of the unit when it means this process; 0 = none.
[[nodiscard]] Nanos watchdog_interval();

/// Decides when the service manager's watchdog is fed: three times an interval, and only while
/// something arrives. Call arrived() for frames, answers and for connections that were refused: all
/// show that the recorder works, and a venue that is down is no reason to restart it. Monotonic.
class Watchdog {
 public:
  /// `interval` 0: never due.
  Watchdog(Nanos interval, Nanos now) : interval_(interval), fed_(now), arrived_(now) {}

  void arrived(Nanos now) { arrived_ = now; }
  /// True: call notify_watchdog() now.
  [[nodiscard]] bool due(Nanos now);

 private:
  Nanos interval_;
  Nanos fed_;
  Nanos arrived_;
};

}  // namespace tape::flow
