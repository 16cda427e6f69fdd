// What is on its way to clients and comes late: released by the tape's time, in order.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tape::serve {

class Late {
 public:
  struct Text {
    std::vector<venue::ClientId> clients;
    std::string text;
  };
  struct Reply {
    venue::ClientId client = 0;
    venue::ExchangeReply reply;
  };
  struct Close {
    venue::ClientId client = 0;
    std::uint16_t code = 0;
    std::string reason;
  };
  using Item = std::variant<Text, Reply, Close>;

  /// Each is in order.
  enum class Lane : std::uint8_t { frames, answers };

  /// Whether what is sent now has to wait, if only for what is before it.
  [[nodiscard]] bool waits(Lane lane, Nanos latency) const {
    return latency > 0 || lanes_.at(static_cast<std::size_t>(lane)).items > 0;
  }
  void add(Lane lane, Nanos at, Nanos latency, Item item);
  /// When the first of all comes.
  [[nodiscard]] std::optional<Nanos> next() const;
  /// That one.
  [[nodiscard]] Item take();

 private:
  struct State {
    std::size_t items = 0;
    Nanos last = 0;
  };
  struct Waiting {
    Lane lane = Lane::frames;
    Item item;
  };
  std::multimap<Nanos, Waiting> waiting_;
  std::array<State, 2> lanes_{};
};

}  // namespace tape::serve
