#include <tape/venue/binance_usdm/exchange/exchange.h>
#include <tape/venue/binance_usdm/live/session.h>
#include <tape/venue/binance_usdm/protocol.h>
#include <tape/venue/kraken_futures/exchange/exchange.h>
#include <tape/venue/kraken_futures/live/session.h>
#include <tape/venue/kraken_futures/protocol.h>
#include <tape/venue/registry.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tape::venue {
namespace {

constexpr std::array kVenues{
    Venue{"kraken-futures", kraken_futures::kHosts, kraken_futures::make_protocol,
          kraken_futures::live, kraken_futures::make_exchange, kraken_futures::pictures},
    Venue{"binance-usdm", binance_usdm::kHosts, binance_usdm::make_protocol,
          binance_usdm::live::live_info, binance_usdm::make_exchange, binance_usdm::pictures,
          binance_usdm::kStamps},
};

class AnyVenue final : public Protocol {
 public:
  AnyVenue() {
    for (const auto& venue : kVenues) protocols_.push_back(venue.make());
  }

  [[nodiscard]] std::string_view venue() const override { return protocols_.front()->venue(); }

  bool on_frame(event::Frame& frame, Outbox& outbox, Unknown unknown) override {
    for (std::size_t i = 0; i < protocols_.size(); ++i) {
      if (!protocols_[i]->on_frame(frame, outbox, Unknown::decline)) continue;
      std::rotate(protocols_.begin(), protocols_.begin() + static_cast<std::ptrdiff_t>(i),
                  protocols_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return true;
    }
    return unknown == Unknown::record && protocols_.front()->on_frame(frame, outbox, unknown);
  }

  void on_connection(std::uint32_t connection) override {
    for (auto& protocol : protocols_) protocol->on_connection(connection);
  }

 private:
  std::vector<std::unique_ptr<Protocol>>
      protocols_;  // the one that understood the last frame first
};

}  // namespace

std::span<const Venue> venues() { return kVenues; }

const Venue* find_venue(std::string_view name) {
  const auto found = std::find_if(kVenues.begin(), kVenues.end(),
                                  [&](const Venue& venue) { return venue.name == name; });
  return found == kVenues.end() ? nullptr : &*found;
}

std::unique_ptr<Protocol> make_any_venue() { return std::make_unique<AnyVenue>(); }

}  // namespace tape::venue
