#include <tape/net/asio.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::net {

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  impl_->io.run();
  impl_->io.restart();
}

void Loop::stop() { impl_->io.stop(); }

void Loop::post(std::function<void()> work) { asio::post(impl_->io, std::move(work)); }

struct Loop::Timer::Impl {
  explicit Impl(asio::io_context& io) : timer(io.get_executor()) {}
  SteadyTimer timer;
  // Gone with the handle: tells a timer that had expired, but not yet been served, that it was
  // cancelled.
  std::shared_ptr<bool> wanted = std::make_shared<bool>(true);
};

Loop::Timer::Timer() = default;
Loop::Timer::~Timer() = default;
Loop::Timer::Timer(Timer&& other) noexcept = default;
Loop::Timer& Loop::Timer::operator=(Timer&& other) noexcept = default;

Loop::Timer Loop::after(Nanos delay, std::function<void()> work) {
  Timer handle;
  handle.impl_ = std::make_unique<Timer::Impl>(impl_->io);
  wait(handle.impl_->timer, delay,
       [wanted = std::weak_ptr<bool>(handle.impl_->wanted),
        work = std::move(work)](const ErrorCode& error) {
         if (!error && !wanted.expired()) work();
       });
  return handle;
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string out(text.substr(0, most));
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  if (text.size() > most) out += "...";
  return out;
}

std::string address(const Url& url) {
  const bool six = url.host.find(':') != std::string::npos;
  return six ? fmt::format("[{}]:{}", url.host, url.port)
             : fmt::format("{}:{}", url.host, url.port);
}

}  // namespace tape::net
