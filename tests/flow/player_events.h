// Events for the player's tests, made one by one.
#pragma once

#include <tape/event/event.h>
#include <tape/flow/play/player.h>

#include <functional>
#include <list>
#include <string>
#include <vector>

namespace tape::flow {

class Events final : public log::EventSource {
 public:
  struct Times {
    Nanos received_at = 0;
    Nanos clock_offset = 0;
    std::uint64_t session = 1;
  };

  /// The next event of the list; its ordinal counts.
  void add(const Times& times, const std::function<void(schema::Event::Builder)>& fill = {}) {
    event::Message message;
    auto event = message.start();
    event.setReceivedAt(times.received_at);
    event.setClockOffset(times.clock_offset);
    event.setVenue("v");
    event.setChannel("c");
    event.setSymbol("s");
    if (fill) fill(event);
    auto& item = items_.emplace_back();
    item.words.resize(message.framed_size() / sizeof(capnp::word));
    message.write(reinterpret_cast<std::uint8_t*>(item.words.data()));
    item.session = times.session;
  }

  const log::EventRef* next() override {
    if (at_ == items_.size()) return nullptr;
    const auto& item = items_[at_++];
    view_.reset(item.words);
    ref_.event = view_.event();
    ref_.framed = item.words;
    ref_.session = item.session;
    ref_.ordinal = at_;
    return &ref_;
  }

 private:
  struct Item {
    std::vector<capnp::word> words;
    std::uint64_t session = 0;
  };
  std::vector<Item> items_;
  std::size_t at_ = 0;
  event::View view_;
  log::EventRef ref_;
};

}  // namespace tape::flow
