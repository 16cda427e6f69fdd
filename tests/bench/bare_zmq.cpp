// Bare libzmq beside tape-replay: keeps the messages of a run in a file, sends them again from
// memory with nothing around it, and receives either sender in the same way.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kParts = 3;  // topic, payload, numbers

[[noreturn]] void fail(const char* what) {
  (void)std::fprintf(stderr, "bench_zmq: %s: %s\n", what, zmq_strerror(zmq_errno()));
  std::exit(1);
}

struct Socket {
  Socket(int type, int hwm) : context(zmq_ctx_new()), handle(zmq_socket(context, type)) {
    set(ZMQ_SNDHWM, hwm);
    set(ZMQ_RCVHWM, hwm);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  // Waits until everything was sent, as linger is endless.
  ~Socket() {
    (void)zmq_close(handle);
    (void)zmq_ctx_term(context);
  }
  void set(int option, int value) const {
    if (zmq_setsockopt(handle, option, &value, sizeof value) != 0) fail("setsockopt");
  }
  void* context;
  void* handle;
};

std::string_view bytes_of(zmq_msg_t& part) {
  return {static_cast<const char*>(zmq_msg_data(&part)), zmq_msg_size(&part)};
}

/// Hands every message to `take` until the end marker; prints count and rate, the end marker's time
/// included.
template <typename Take>
int receive(const std::string& endpoint, int hwm, Take take) {
  const Socket socket(ZMQ_SUB, hwm);
  if (zmq_setsockopt(socket.handle, ZMQ_SUBSCRIBE, "", 0) != 0) fail("subscribe");
  if (zmq_connect(socket.handle, endpoint.c_str()) != 0) fail(endpoint.c_str());
  std::array<zmq_msg_t, kParts> parts{};
  for (auto& part : parts) (void)zmq_msg_init(&part);
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::chrono::steady_clock::time_point start;
  for (bool more = true; more;) {
    for (auto& part : parts) {
      if (zmq_msg_recv(&part, socket.handle, 0) < 0) fail("receive");
    }
    if (messages == 0) start = std::chrono::steady_clock::now();
    ++messages;
    for (auto& part : parts) bytes += zmq_msg_size(&part);
    take(parts);
    more = !bytes_of(parts[0]).starts_with("tape/end/");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  for (auto& part : parts) (void)zmq_msg_close(&part);
  (void)std::printf("{\"messages\":%llu,\"bytes\":%llu,\"seconds\":%.6f}\n",
                    static_cast<unsigned long long>(messages),
                    static_cast<unsigned long long>(bytes), took.count());
  return 0;
}

int keep(const std::string& endpoint, int hwm, const char* path) {
  std::FILE* out = std::fopen(path, "wb");
  if (out == nullptr) fail(path);
  const int status = receive(endpoint, hwm, [&](std::array<zmq_msg_t, kParts>& parts) {
    for (auto& part : parts) {
      const auto view = bytes_of(part);
      const auto size = static_cast<std::uint32_t>(view.size());
      if (std::fwrite(&size, sizeof size, 1, out) != 1 ||
          std::fwrite(view.data(), 1, view.size(), out) != view.size()) {
        fail(path);
      }
    }
  });
  return std::fclose(out) == 0 ? status : 1;
}

/// A consumer that now and then takes nothing for a while: about every 20,000 messages 50 ms.
int stall(const std::string& endpoint, int hwm) {
  std::minstd_rand random(1);
  return receive(endpoint, hwm, [&](auto&) {
    constexpr unsigned kOneIn = 20'000;
    if (random() % kOneIn == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
}

/// The lateness of a loop that does nothing but wait for moments at equal distance, in ns.
int pace(long count, long interval, bool spin) {
  (void)::prctl(PR_SET_TIMERSLACK, 1UL);
  const auto now = [] {
    timespec at{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1'000'000'000L + at.tv_nsec;
  };
  constexpr long kSpin = 300'000;
  std::vector<long> late;
  const long start = now() + interval;
  for (long i = 0; i < count; ++i) {
    const long due = start + i * interval;
    const long wake = spin ? due - kSpin : due;
    const timespec at{wake / 1'000'000'000L, wake % 1'000'000'000L};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
    }
    while (now() < due) {
    }
    late.push_back(now() - due);
  }
  std::sort(late.begin(), late.end());
  const auto at = [&](std::size_t percent) { return late[(late.size() - 1) * percent / 100]; };
  (void)std::printf("{\"p50\":%ld,\"p99\":%ld,\"max\":%ld}\n", at(50), at(99), late.back());
  return 0;
}

int send(const std::string& endpoint, int hwm, const char* path) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0) fail(path);
  const auto size = static_cast<std::size_t>(info.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  if (mapped == MAP_FAILED) fail(path);  // NOLINT: the macro casts an integer

  const Socket socket(ZMQ_XPUB, hwm);
  socket.set(ZMQ_XPUB_NODROP, 1);
  if (zmq_bind(socket.handle, endpoint.c_str()) != 0) fail(endpoint.c_str());
  std::array<char, 256> subscription{};
  if (zmq_recv(socket.handle, subscription.data(), subscription.size(), 0) < 0)
    fail("subscription");
  const char* at = static_cast<const char*>(mapped);
  const char* end = at + size;
  for (std::size_t part = 0; at < end; part = (part + 1) % kParts) {
    std::uint32_t length = 0;
    std::memcpy(&length, at, sizeof length);
    at += sizeof length;
    if (zmq_send(socket.handle, at, length, part + 1 < kParts ? ZMQ_SNDMORE : 0) < 0) fail("send");
    at += length;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const int hwm = argc > 2 ? std::atoi(argv[2]) : 0;
  if (mode == "receive" && argc == 4) {
    return receive(argv[3], hwm, [](auto&) {});
  }
  if (mode == "stall" && argc == 4) return stall(argv[3], hwm);
  if (mode == "pace" && argc == 5)
    return pace(std::atol(argv[2]), std::atol(argv[3]), std::string_view(argv[4]) == "spin");
  if (mode == "keep" && argc == 5) return keep(argv[3], hwm, argv[4]);
  if (mode == "send" && argc == 5) return send(argv[3], hwm, argv[4]);
  (void)std::fputs(
      "Usage: bench_zmq receive|stall HWM ENDPOINT | keep HWM ENDPOINT FILE | send HWM ENDPOINT "
      "FILE "
      "| pace COUNT NS sleep|spin\n",
      stderr);
  return 2;
}
