#include <tape/event/levels.h>
#include <tape/flow/live/fan_out.h>

#include <fmt/format.h>

namespace tape::flow {
namespace {

bus::PublisherOptions options_for(const std::string& endpoint) {
  bus::PublisherOptions options;
  options.endpoint = endpoint;
  options.slow = bus::Slow::drop;
  return options;
}

}  // namespace

FanOut::FanOut(const std::string& endpoint, std::uint64_t session, const Clock& clock)
    : session_(session), publisher_(options_for(endpoint), clock, {}) {}

void FanOut::add(event::Message& message, std::uint64_t ordinal) {
  if (message.origin()) {
    // Only a tape holds frames that are to be rebuilt, and packed levels.
    (void)whole_.copy_with_raw(message.reader(), message.origin()->frame);
    keep(whole_, ordinal);
  } else if (event::is_packed(message.reader())) {
    (void)whole_.copy_unpacked(message.reader());
    keep(whole_, ordinal);
  } else {
    keep(message, ordinal);
  }
}

void FanOut::keep(event::Message& message, std::uint64_t ordinal) {
  auto& topic = topics_.of(message.reader());
  const auto size = message.framed_size();
  const auto offset = bytes_.size();
  bytes_.resize(offset + size);
  message.write(bytes_.data() + offset);
  kept_.push_back({&topic, offset, size, ordinal});
}

void FanOut::release() {
  for (const auto& event : kept_) {
    ++event.topic->number;
    ++event.topic->events;
    event.topic->bytes += event.size;
    (void)publisher_.send(event.topic->text, Bytes(bytes_).subspan(event.offset, event.size),
                          {session_, event.topic->number, session_, event.ordinal});
  }
  kept_.clear();
  bytes_.clear();
}

void FanOut::end() {
  const auto text = fmt::format(
      R"({{"version":1,"run":"{:016x}","complete":true,"reason":"finished","events":{},"bytes":{}}})",
      session_, topics_.events(), topics_.bytes());
  publisher_.abandon(bus::kEndTopic, as_bytes(text), {session_, 1, 0, 0});
}

}  // namespace tape::flow
