// The end that programs hand messages to: a PULL socket, one part a message.
#pragma once

#include <tape/base/time.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tape::bus {

/// Not thread-safe. Throws Error: {usage} a bad endpoint, {network}.
class Intake {
 public:
  /// Binds; an ipc socket gets mode 0600. Messages larger than `most_bytes` are refused by closing
  /// the connection of their sender.
  Intake(const std::string& endpoint, std::size_t most_bytes);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// The next message, its parts joined by nothing; valid until the next call. Nothing when none
  /// came within `timeout`.
  [[nodiscard]] std::optional<std::string_view> next(Nanos timeout);
  /// As bound.
  [[nodiscard]] const std::string& endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::bus
