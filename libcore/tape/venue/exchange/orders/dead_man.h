// Switches that cancel orders unless their owner says in time that it is alive.
#pragma once

#include <tape/base/time.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// A switch is a text of the venue's choice. Time is the clients' own, at whatever speed the tape
/// is played: it is their life that is watched.
class DeadMan {
 public:
  /// Again: from now on.
  void arm(std::string name, Nanos until);
  void disarm(std::string_view name);
  [[nodiscard]] bool armed(std::string_view name) const;
  /// Those whose time is over: they fire once.
  [[nodiscard]] std::vector<std::string> fire(Nanos now);

 private:
  std::map<std::string, Nanos, std::less<>> until_;
};

}  // namespace tape::venue
