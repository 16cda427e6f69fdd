// Events of a tape, as the tests of faults need them.
#pragma once

#include <tape/event/event.h>
#include <tape/venue/exchange/exchange.h>

#include <string>

namespace tape::serve {

/// A change of a book, or a fill of the account "desk"; valid as long as it stands.
class SampleEvent {
 public:
  SampleEvent(const std::string& channel, const std::string& symbol, std::uint64_t sequence) {
    auto event = message_.start();
    event.setVenue("kraken-futures");
    event.setConnection(1);
    event.setTransport(schema::Transport::WEBSOCKET);
    event.setChannel(channel);
    event.setSymbol(symbol);
    event.setSequence(sequence);
    if (channel == "fills") {
      event.setAccount("desk");
      event.initBody().initFill();
    } else {
      event.initBody().initBookSnapshot();
    }
  }

  [[nodiscard]] schema::Event::Builder build() { return message_.event(); }
  [[nodiscard]] venue::TapeEvent tape() { return {message_.reader(), 7}; }

 private:
  event::Message message_;
};

}  // namespace tape::serve
