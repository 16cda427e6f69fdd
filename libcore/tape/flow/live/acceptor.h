// Takes what the desk's own programs hand in, on a thread of its own, into the inbox.
#pragma once

#include <tape/base/clock.h>
#include <tape/bus/intake.h>
#include <tape/flow/live/arrivals.h>

#include <string>
#include <thread>

namespace tape::flow {

class Acceptor {
 public:
  /// Binds and starts. The inbox and the clock outlive it. Throws as bus::Intake.
  Acceptor(const std::string& endpoint, Inbox& inbox, const Clock& clock);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  [[nodiscard]] const std::string& endpoint() const { return socket_.endpoint(); }

 private:
  void run(const std::stop_token& stop);

  bus::Intake socket_;
  Inbox& inbox_;
  const Clock& clock_;
  std::jthread thread_;
};

}  // namespace tape::flow
