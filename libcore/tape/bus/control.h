// The end that answers an operator: a REP socket, one text asked, one text answered.
#pragma once

#include <tape/base/time.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tape::bus {

/// Not thread-safe. Throws Error: {usage} a bad endpoint, {network}.
class Control {
 public:
  /// Binds, to loopback or ipc only; an ipc socket gets mode 0600.
  explicit Control(const std::string& endpoint);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Waits for a question for at most `timeout`, and answers all that are there with what `answer`
  /// makes of them.
  void serve(Nanos timeout, const std::function<std::string(std::string_view)>& answer);
  /// As bound.
  [[nodiscard]] const std::string& endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::bus
