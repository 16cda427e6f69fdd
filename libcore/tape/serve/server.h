// The exchange, played from a tape to clients that know nothing of tapes.
#pragma once

#include <tape/base/clock.h>
#include <tape/flow/play/player.h>
#include <tape/serve/options.h>

#include <memory>
#include <stop_token>

namespace tape::serve {

/// One run, on the thread that calls run(). References outlive it.
class Server {
 public:
  /// Listens at once. Throws Error{usage} for what cannot be, Error{network} where listening fails.
  Server(Options&& options, log::EventSource& source, Clock& clock, std::stop_token stop,
         const Hooks& hooks);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  /// Until the tape is over and the last client has left (one came at least), or it is told to
  /// stop. Throws what the source throws.
  [[nodiscard]] Served run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::serve
