// What the tests of net share: servers, certificates, a loop with a bound, a handler that
// remembers.
#pragma once

#include <tape/event/frame.h>
#include <tape/net/https.h>
#include <tape/net/websocket.h>

#include <support/process.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tape::net::test {

using tape::test::Process;
using tape::test::Server;

inline std::string support(const std::string& name) {
  return std::string(TAPE_SOURCE_DIR) + "/tests/support/" + name;
}

/// A server written in Python, run by the interpreter whose packages the tests need.
inline std::vector<std::string> python(const std::string& name,
                                       std::vector<std::string> more = {}) {
  std::vector<std::string> command = {TAPE_PYTHON, support(name)};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}
inline std::vector<std::string> node(const std::string& name, std::vector<std::string> more = {}) {
  std::vector<std::string> command = {"env", "NODE_PATH=/usr/share/nodejs", "node", support(name)};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

/// A folder of throw-away certificates, made once a process and removed at its end.
class Certificates {
 public:
  Certificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tape-net-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    Process maker({support("certificates.sh"), folder_});
    if (maker.wait() != 0) throw std::runtime_error("certificates.sh failed");
  }
  ~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::vector<std::string> options(const std::string& name) const {
    return {"--cert", file(name + ".pem"), "--key", file(name + ".key")};
  }

 private:
  std::string folder_;
};

inline const Certificates& certificates() {
  static const Certificates made;
  return made;
}

/// Sets or removes (null) a variable of the environment while it lives.
class Variable {
 public:
  Variable(std::string name, const char* value) : name_(std::move(name)) {
    if (const char* const before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    value != nullptr ? ::setenv(name_.c_str(), value, 1) : ::unsetenv(name_.c_str());
  }
  std::string name_;
  std::optional<std::string> before_;
};

/// No proxy but those a test sets itself.
class NoProxies {
  Variable a_{"https_proxy", nullptr}, b_{"HTTPS_PROXY", nullptr}, c_{"http_proxy", nullptr};
  Variable d_{"all_proxy", nullptr}, e_{"ALL_PROXY", nullptr}, f_{"no_proxy", nullptr};
  Variable g_{"NO_PROXY", nullptr};
};

/// Runs the loop until someone stops it; 60 seconds are a failure.
inline void run(Loop& loop) {
  bool expired = false;
  const auto bound = loop.after(60 * kSecond, [&] {
    expired = true;
    loop.stop();
  });
  loop.run();
  if (expired) throw std::runtime_error("the loop was not stopped within its bound");
}

/// Remembers everything; what a test wants to do at an event is set as a function.
class Recorder final : public WebSocket::Handler {
 public:
  struct Message {
    std::string bytes;
    std::size_t total;
    bool text;
    std::optional<Sha256Sum> sum;
  };
  void on_open() override {
    opened = true;
    if (at_open) at_open();
  }
  void on_message(const WebSocket::Message& message) override {
    const auto bytes = message.bytes;
    // Readable, as promised; the sanitizers look on.
    for (std::size_t i = 0; i < event::kFramePadding; ++i)
      padding += bytes.data()[bytes.size() + i];
    messages.push_back(
        {std::string(bytes.begin(), bytes.end()), message.total, message.text, message.sum});
    if (!bytes.empty()) bytes[0] = '#';
    if (at_message) at_message();
  }
  void on_closed(const Closed& how) override {
    ++closings;
    closed = how;
    if (at_closed) at_closed();
  }

  bool opened = false;
  int padding = 0;
  int closings = 0;
  std::vector<Message> messages;
  Closed closed;
  std::function<void()> at_open;
  std::function<void()> at_message;
  std::function<void()> at_closed;
};

}  // namespace tape::net::test
