// A server that a test starts: its port, its lines, and its end with its owner.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tape::test {

class Process {
 public:
  /// Starts the command; its standard input and output are pipes to us. It ends with us, however we
  /// end (setpriv, of util-linux).
  explicit Process(const std::vector<std::string>& command) : command_(command.at(0)) {
    int in[2];
    int out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) fail("no pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    std::vector<std::string> whole = {"setpriv", "--pdeathsig", "KILL"};
    whole.insert(whole.end(), command.begin(), command.end());
    std::vector<char*> arguments;
    for (auto& part : whole) arguments.push_back(part.data());
    arguments.push_back(nullptr);
    const int failed =
        ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
    if (failed != 0) fail("does not start");
  }
  ~Process() {
    ::close(in_);
    ::close(out_);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// The next line of its output, waited for at most 30 seconds.
  std::string line() {
    for (;;) {
      const auto end = buffer_.find('\n');
      if (end != std::string::npos) {
        std::string found = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return found;
      }
      pollfd ready{out_, POLLIN, 0};
      if (::poll(&ready, 1, 30'000) <= 0) fail("says nothing");
      char bytes[4096];
      const auto got = ::read(out_, bytes, sizeof bytes);
      if (got <= 0) fail("ended");
      buffer_.append(bytes, static_cast<std::size_t>(got));
    }
  }
  /// Writes a line to its input.
  void tell(const std::string& text) {
    const std::string whole = text + "\n";
    if (::write(in_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
      fail("does not listen");
    }
  }
  /// Waits for its end; its exit status.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(command_ + " " + what);
  }

  std::string command_;
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string buffer_;
};

/// A server of tests/support: `port` is the first line that it prints.
class Server : public Process {
 public:
  explicit Server(const std::vector<std::string>& command)
      : Process(command), port(static_cast<std::uint16_t>(std::stoi(line()))) {}
  const std::uint16_t port;
};

}  // namespace tape::test
