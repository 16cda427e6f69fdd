// Waits for tapes to grow: wakes when a file beside them changes, when a stop is asked for, and now
// and then.
#pragma once

#include <tape/base/fd.h>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace tape::cli {

class Waiter {
 public:
  explicit Waiter(std::stop_token stop);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// Also wakes when something in the folder of `path` is written or made.
  void watch(const std::string& path);
  /// False once stop was requested.
  [[nodiscard]] bool wait();

 private:
  class Callback;
  std::stop_token stop_;
  Fd stopped_;
  Fd changes_;
  std::vector<std::string> folders_;
  std::unique_ptr<Callback> callback_;
};

}  // namespace tape::cli
