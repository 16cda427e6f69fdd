// The live fan-out: events that were flushed go to whoever listens; a slow listener misses some and
// sees so, the recording never waits.
#pragma once

#include <tape/bus/publisher.h>
#include <tape/bus/topic.h>
#include <tape/event/event.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tape::flow {

class FanOut {
 public:
  /// Binds. Throws Error{usage} or {network}.
  FanOut(const std::string& endpoint, std::uint64_t session, const Clock& clock);

  /// Keeps a copy until release().
  void add(event::Message& message, std::uint64_t ordinal);
  /// Everything kept is in the file: sends it.
  void release();
  /// Looks after the listeners.
  void tend() { publisher_.tend(); }
  /// The end marker.
  void end();

  [[nodiscard]] const std::string& endpoint() const { return publisher_.endpoint(); }

 private:
  void keep(event::Message& message, std::uint64_t ordinal);

  struct Kept {
    bus::Topic* topic;
    std::size_t offset;
    std::size_t size;
    std::uint64_t ordinal;
  };

  const std::uint64_t session_;
  bus::Topics topics_;  // outlives the publisher
  bus::Publisher publisher_;
  event::Message whole_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Kept> kept_;
};

}  // namespace tape::flow
