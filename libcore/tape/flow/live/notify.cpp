#include <tape/flow/live/notify.h>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>

namespace tape::flow {
namespace {

/// The rest of a message's line: line ends in it would be commands of their own.
std::string line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

bool notify(const std::string& message) { return ::sd_notify(0, message.c_str()) > 0; }

}  // namespace

bool notify_ready(const std::string& status) { return notify("READY=1\nSTATUS=" + line(status)); }

bool notify_status(const std::string& status) { return notify("STATUS=" + line(status)); }

bool notify_watchdog() { return notify("WATCHDOG=1"); }

bool notify_reloading(Nanos monotonic) {
  return notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic / kMicrosecond));
}

bool notify_stopping(const std::string& why) { return notify("STOPPING=1\nSTATUS=" + line(why)); }

Nanos watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return 0;
  return static_cast<Nanos>(std::min<std::uint64_t>(microseconds, 86'400'000'000U)) * kMicrosecond;
}

bool Watchdog::due(Nanos now) {
  if (interval_ == 0 || now - fed_ < interval_ / 3 || arrived_ <= fed_) return false;
  fed_ = now;
  return true;
}

}  // namespace tape::flow
