// Many WebSocket clients in one process, as cheap as they can be: counts the frames of a feed and
// says how late they came. Frames are told apart by "E", which bench/serve.py numbers from 1.
#include <tape/base/clock.h>
#include <tape/base/error.h>
#include <tape/net/loop.h>
#include <tape/net/websocket.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace tape;  // NOLINT: the whole program is about it

// Frames whose lateness is looked at: one of so many.
constexpr std::uint64_t kSampled = 4;
constexpr std::size_t kParts = 3;  // of the run

struct Load {
  std::vector<std::int64_t> due;  // of frame n at n - 1, ns from the first one's
  SystemClock clock;
  net::Loop loop;
  std::uint64_t frames = 0;
  std::uint64_t holes = 0;
  std::uint64_t bytes = 0;
  std::size_t reading = 0;  // clients that did not come to the end yet
  Nanos begun_at = 0;
  Nanos ended_at = 0;
  Nanos base = 0;
  std::vector<std::int64_t> late[kParts];  // of a base that is found at the end
};

class Client final : public net::WebSocket::Handler {
 public:
  Client(Load& load, const net::WebSocketOptions& options, bool lazy)
      : load_(load), lazy_(lazy), socket_(load.loop, options, *this) {
    if (!lazy) ++load.reading;
  }

  void on_open() override {
    if (lazy_) socket_.pause(true);
  }
  void on_message(const net::WebSocket::Message& message) override {
    if (lazy_) return;
    take({message.bytes.data(), message.bytes.size()});
  }
  void on_closed(const net::Closed& closed) override {
    if (!lazy_) (void)std::fprintf(stderr, "bench_web_load: %s\n", closed.cause.c_str());
    leave();
  }

 private:
  void take(std::string_view text) {
    constexpr std::string_view kMark = R"("E":)";
    const auto at = text.find(kMark);
    std::uint64_t number = 0;
    if (at != std::string_view::npos) {
      const auto digits = text.substr(at + kMark.size());
      (void)std::from_chars(digits.data(), digits.data() + digits.size(), number);
    }
    if (number == 0 || number > load_.due.size()) return;
    const auto now = load_.clock.monotonic();
    if (load_.frames++ == 0) {
      load_.begun_at = now;
      load_.base = now - load_.due[number - 1];
    }
    load_.ended_at = now;
    load_.bytes += text.size();
    if (last_ != 0 && number != last_ + 1) ++load_.holes;
    last_ = number;
    if (number % kSampled == 0) {
      load_.late[(number - 1) * kParts / load_.due.size()].push_back(now - load_.base -
                                                                     load_.due[number - 1]);
    }
    if (number == load_.due.size()) leave();
  }

  void leave() {
    if (std::exchange(left_, true) || lazy_) return;
    if (--load_.reading == 0) load_.loop.stop();
  }

  Load& load_;
  const bool lazy_;
  bool left_ = false;
  std::uint64_t last_ = 0;
  net::WebSocket socket_;
};

double part(std::vector<std::int64_t>& values, std::size_t percent, std::int64_t least) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * percent / 100);
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at - least) / 1e6;
}

void report(Load& load) {
  std::int64_t least = INT64_MAX;
  for (const auto& late : load.late) {
    for (const auto value : late) least = std::min(least, value);
  }
  (void)std::printf("{\"frames\":%llu,\"bytes\":%llu,\"holes\":%llu,\"seconds\":%.3f,\"late\":[",
                    static_cast<unsigned long long>(load.frames),
                    static_cast<unsigned long long>(load.bytes),
                    static_cast<unsigned long long>(load.holes),
                    static_cast<double>(load.ended_at - load.begun_at) / 1e9);
  for (std::size_t i = 0; i < kParts; ++i) {
    auto& late = load.late[i];
    (void)std::printf("%s{\"p50\":%.3f,\"p99\":%.3f,\"most\":%.3f}", i == 0 ? "" : ",",
                      part(late, 50, least), part(late, 99, least), part(late, 100, least));
  }
  (void)std::printf("]}\n");
}

int run(const char* const* argv) {
  Load load;
  std::ifstream due(argv[4], std::ios::binary);
  for (std::int64_t at = 0; due.read(reinterpret_cast<char*>(&at), sizeof at);) {
    load.due.push_back(at);
  }
  net::WebSocketOptions options;
  options.url = net::parse_url(argv[1]);
  options.tls.ca_file = argv[6];
  options.deflate = false;
  const auto clients = std::strtoul(argv[2], nullptr, 10);
  const auto lazy = std::strtoul(argv[3], nullptr, 10);
  std::vector<std::unique_ptr<Client>> all;
  for (std::size_t i = 0; i < clients + lazy; ++i) {
    all.push_back(std::make_unique<Client>(load, options, i >= clients));
  }
  const auto limit =
      load.loop.after(std::strtol(argv[5], nullptr, 10) * kSecond, [&load] { load.loop.stop(); });
  load.loop.run();
  all.clear();
  report(load);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    (void)std::fputs(
        "Usage: bench_web_load URL CLIENTS LAZY DUE-FILE SECONDS CA-FILE\n"
        "CLIENTS read until the frame of the last number, LAZY more read nothing; for at most "
        "SECONDS.\n",
        stderr);
    return 2;
  }
  try {
    return run(argv);
  } catch (const Error& error) {
    (void)std::fprintf(stderr, "bench_web_load: %s\n", error.what());
    return 1;
  }
}
