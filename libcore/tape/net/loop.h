// The thread of all sockets: one event loop, to which other threads post work.
#pragma once

#include <tape/base/time.h>

#include <functional>
#include <memory>

namespace tape::net {

/// run() on one thread; post() and stop() from any, everything else of this module only on the
/// loop's own thread (inside callbacks and posted work) unless it says otherwise.
class Loop {
 public:
  Loop();
  /// After all sockets, timers and clients of it. Waits for a look-up of a name under way.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Until stop(). Exceptions of callbacks end it and come out of run().
  void run();
  void stop();
  void post(std::function<void()> work);

  /// A timer that fires once, `delay` from now. The handle cancels it when it goes.
  class Timer {
   public:
    Timer();
    ~Timer();
    Timer(Timer&& other) noexcept;
    Timer& operator=(Timer&& other) noexcept;

   private:
    friend class Loop;
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };
  [[nodiscard]] Timer after(Nanos delay, std::function<void()> work);

  /// For the sources of this module.
  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::net
