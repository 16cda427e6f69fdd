#include <tape/venue/decoder.h>
#include <tape/venue/kraken_futures/classify.h>
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/protocol.h>
#include <tape/venue/kraken_futures/secrets.h>
#include <tape/venue/kraken_futures/sequence.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::string_view kVenue = "kraken-futures";

std::string_view query_parameter(std::string_view target, std::string_view key) {
  for (auto at = target.find_first_of("?&"); at != std::string_view::npos;
       at = target.find('&', at + 1)) {
    const auto part = target.substr(at + 1);
    if (!part.starts_with(key) || part.substr(key.size()).substr(0, 1) != "=") continue;
    const auto value = part.substr(key.size() + 1);
    return value.substr(0, value.find_first_of("&#"));
  }
  return {};
}

void set_symbol(schema::Event::Builder event, std::string_view symbol) {
  if (symbol.empty()) return;
  auto text = event.initSymbol(static_cast<capnp::uint>(symbol.size()));
  std::copy(symbol.begin(), symbol.end(), text.begin());
}

/// What a table cannot say of a message.
void complete(Kind kind, const event::Frame& frame, event::Message& message) {
  switch (kind) {
    case Kind::control: {
      auto body = message.event().getBody();
      const auto name = event::view(body.getSubscription().asReader().getEvent());
      const auto end = name.find_last_not_of(' ') + 1;
      if (end != name.size()) body.getSubscription().setEvent(std::string(name.substr(0, end)));
      break;
    }
    case Kind::fills: {
      auto event = message.event();
      const auto fills = event.getBody().getFill().asReader().getItems();
      if (fills.size() == 1) event.setSymbol(fills[0].getSymbol());
      break;
    }
    case Kind::rest_dead_mans_switch: {
      auto timer = message.event().getBody().getDeadMansSwitch();
      timer.setDisarmed(timer.getTriggerAt() == 0);
      break;
    }
    case Kind::rest_history:
    case Kind::rest_order_book:
    case Kind::rest_preference_set:
      if (frame.rest != nullptr)
        set_symbol(message.event(), query_parameter(frame.rest->target, "symbol"));
      break;
    default:
      break;
  }
}

class KrakenFutures final : public Protocol {
 public:
  KrakenFutures()
      : tables_(all_tables()),
        dialect_{kVenue, tables_, classify, redact_secrets, may_hold_secret, is_feed},
        decoder_(dialect_) {}

  [[nodiscard]] std::string_view venue() const override { return kVenue; }

  bool on_frame(event::Frame& frame, Outbox& outbox, Unknown unknown) override {
    redact_request(frame);
    const auto decoded = decoder_.decode(frame, message_, unknown);
    if (!decoded.understood && unknown == Unknown::decline) return false;
    if (decoded.understood) {
      complete(static_cast<Kind>(decoded.table), frame, message_);
      report(sequence_.check(message_.reader()), outbox);
    }
    outbox.event(message_);
    return true;
  }

  void on_connection(std::uint32_t connection) override { sequence_.on_connection(connection); }

 private:
  void redact_request(event::Frame& frame) {
    if (frame.rest == nullptr || !may_hold_secret(frame.rest->target)) return;
    target_ = frame.rest->target;
    if (!redact_target(std::span<char>(target_))) return;
    rest_ = *frame.rest;
    rest_.target = target_;
    frame.rest = &rest_;
    frame.redacted = true;
  }

  /// What the frame's event shows about the ones before it, in its name and with its stamp.
  void report(const Finding& finding, Outbox& outbox) {
    if (!finding.gap && !finding.resynchronised) return;
    const auto cause = message_.reader();
    if (finding.gap) {
      auto gap = begin(cause).getBody().initGap();
      gap.setKind(finding.gap->kind);
      concern(gap.initConcerns(), cause);
      gap.setExpected(finding.gap->expected);
      gap.setGot(finding.gap->got);
      gap.setMissing(finding.gap->missing);
      outbox.event(finding_);
    }
    if (finding.resynchronised) {
      auto again = begin(cause).getBody().initResynchronised();
      concern(again.initConcerns(), cause);
      again.setSequence(cause.getSequence());
      again.setAfter(*finding.resynchronised);
      outbox.event(finding_);
    }
  }

  schema::Event::Builder begin(schema::Event::Reader cause) {
    auto event = finding_.start();
    event.setReceivedAt(cause.getReceivedAt());
    event.setClockOffset(cause.getClockOffset());
    event.setConnection(cause.getConnection());
    event.setDirection(schema::Direction::LOCAL);
    event.setTransport(schema::Transport::NONE);
    event.setVenue(cause.getVenue());
    if (cause.hasAccount()) event.setAccount(cause.getAccount());
    if (cause.hasChannel()) event.setChannel(cause.getChannel());
    if (cause.hasSymbol()) event.setSymbol(cause.getSymbol());
    return event;
  }

  static void concern(schema::Concerned::Builder concerned, schema::Event::Reader cause) {
    concerned.setVenue(cause.getVenue());
    if (cause.hasChannel()) concerned.setChannel(cause.getChannel());
    if (cause.hasSymbol()) concerned.setSymbol(cause.getSymbol());
  }

  const std::vector<Table> tables_;
  const Dialect dialect_;
  Decoder decoder_;
  Sequence sequence_;
  event::Message message_;
  event::Message finding_;
  std::string target_;  // of a REST frame whose own may not be written to
  event::RestInfo rest_;
};

}  // namespace

std::unique_ptr<Protocol> make_protocol() { return std::make_unique<KrakenFutures>(); }

}  // namespace tape::venue::kraken_futures
