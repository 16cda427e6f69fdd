#include <tape/base/fd.h>
#include <tape/flow/live/notify.h>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

using namespace tape;
using namespace tape::flow;

namespace {

/// What systemd is to a service: a datagram socket whose address stands in $NOTIFY_SOCKET.
class Manager {
 public:
  Manager() {
    char name[] = "/tmp/tape-notify-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    folder_ = name;
    socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(socket_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = folder_ + "/s";
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    std::filesystem::remove_all(folder_);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// A local datagram is there as soon as it was sent.
  [[nodiscard]] std::string next() const {
    std::array<char, 1024> text{};
    const auto size = ::recv(socket_.get(), text.data(), text.size(), 0);
    return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
  }

 private:
  std::string folder_;
  Fd socket_;
};

}  // namespace

TEST_CASE("the service manager is told", "[notify]") {
  const Manager manager;
  CHECK(notify_ready("recording 3 feeds"));
  CHECK(manager.next() == "READY=1\nSTATUS=recording 3 feeds");
  CHECK(notify_status("a\nREADY=1"));
  CHECK(manager.next() == "STATUS=a READY=1");
  CHECK(notify_watchdog());
  CHECK(manager.next() == "WATCHDOG=1");
  CHECK(notify_reloading(5 * kSecond));
  CHECK(manager.next() == "RELOADING=1\nMONOTONIC_USEC=5000000");
  CHECK(notify_stopping("signal"));
  CHECK(manager.next() == "STOPPING=1\nSTATUS=signal");
  CHECK(manager.next() == "nothing");
}

TEST_CASE("without a service manager nothing happens", "[notify]") {
  ::unsetenv("NOTIFY_SOCKET");
  CHECK_FALSE(notify_ready("x"));
  CHECK_FALSE(notify_watchdog());
  ::setenv("NOTIFY_SOCKET", "/tmp/no/such/socket", 1);
  CHECK_FALSE(notify_ready("x"));
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("the watchdog's interval is the unit's, when it is for this process", "[notify]") {
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
  CHECK(watchdog_interval() == 0);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  CHECK(watchdog_interval() == 30 * kSecond);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  CHECK(watchdog_interval() == 30 * kSecond);
  ::setenv("WATCHDOG_PID", "1", 1);
  CHECK(watchdog_interval() == 0);
  ::unsetenv("WATCHDOG_PID");
  ::setenv("WATCHDOG_USEC", "soon", 1);
  CHECK(watchdog_interval() == 0);
  ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("the watchdog is fed while something arrives", "[notify]") {
  Watchdog watchdog(30 * kSecond, 100 * kSecond);
  watchdog.arrived(101 * kSecond);
  CHECK_FALSE(watchdog.due(109 * kSecond));
  CHECK(watchdog.due(110 * kSecond));
  CHECK_FALSE(watchdog.due(110 * kSecond));
  CHECK_FALSE(watchdog.due(125 * kSecond));
  watchdog.arrived(126 * kSecond);
  CHECK(watchdog.due(126 * kSecond));
  CHECK_FALSE(watchdog.due(300 * kSecond));

  Watchdog off(0, 0);
  off.arrived(kSecond);
  CHECK_FALSE(off.due(3600 * kSecond));
}
