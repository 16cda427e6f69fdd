// Any bytes as frames of Binance: none may crash or hang, each makes an event, none keeps a
// secret's place holder open. The first byte says whether it is a REST answer, and of which
// endpoint; newlines end a frame.
#include <tape/venue/binance_usdm/protocol.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

using namespace tape;

constexpr std::array<std::string_view, 12> kTargets{
    "",
    "/fapi/v1/depth?symbol=BTCUSDT",
    "/fapi/v2/account",
    "/fapi/v3/positionRisk",
    "/fapi/v1/openOrders",
    "/fapi/v1/order",
    "/fapi/v1/exchangeInfo",
    "/fapi/v1/premiumIndex",
    "/fapi/v1/userTrades",
    "/fapi/v1/income",
    "/fapi/v1/listenKey",
    "/fapi/v1/trades?symbol=BTCUSDT",
};

class Counting final : public venue::Outbox {
 public:
  void event(event::Message& message) override {
    // Whatever was built can be framed and read.
    if (message.framed_size() % sizeof(capnp::word) != 0) std::abort();
    (void)message.event().asReader().totalSize();
    ++events;
  }
  std::size_t events = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // Made once, as its tables are compiled then; it forgets the connection between runs.
  static const auto kProtocol = venue::binance_usdm::make_protocol();
  kProtocol->on_connection(1);
  const auto target = kTargets[data[0] % kTargets.size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Counting outbox;
  event::RestInfo rest;
  rest.target = target;
  std::vector<char> buffer;
  std::size_t from = 0;
  while (from <= text.size()) {
    const auto end = std::min(text.find('\n', from), text.size());
    const auto line = text.substr(from, end - from);
    buffer.assign(line.begin(), line.end());
    buffer.resize(line.size() + event::kFramePadding, '\0');
    event::Frame frame;
    frame.bytes = {buffer.data(), line.size()};
    frame.connection = 1;
    frame.rest = target.empty() ? nullptr : &rest;
    const auto before = outbox.events;
    const bool understood = kProtocol->on_frame(frame, outbox, venue::Unknown::decline);
    if (understood != (outbox.events > before)) std::abort();
    if (!understood && !kProtocol->on_frame(frame, outbox, venue::Unknown::record)) std::abort();
    if (frame.bytes.size() != line.size()) std::abort();
    from = end + 1;
  }
  return 0;
}
