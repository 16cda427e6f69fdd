// Arbitrary bytes as frames of Kraken Futures: every one becomes an event, keeps its length, and
// nothing crashes.
#include <tape/event/event.h>
#include <tape/venue/kraken_futures/protocol.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

class Counted final : public tape::venue::Outbox {
 public:
  void event(tape::event::Message& message) override {
    if (message.framed_size() > tape::event::kMaxMessage) std::abort();
    ++events;
  }
  std::size_t events = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
  static const auto kProtocol = tape::venue::kraken_futures::make_protocol();
  static const tape::event::RestInfo kAnswer{"GET", "/derivatives/api/v3/fills", 200, 0, 0};
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.append(tape::event::kFramePadding, '\0');
  for (const auto* rest : {static_cast<const tape::event::RestInfo*>(nullptr), &kAnswer}) {
    tape::event::Frame frame;
    frame.bytes = {bytes.data(), size};
    frame.connection = 1;
    frame.rest = rest;
    Counted counted;
    if (!kProtocol->on_frame(frame, counted, tape::venue::Unknown::record) || counted.events == 0) {
      std::abort();
    }
  }
  kProtocol->on_connection(1);
  return 0;
}
