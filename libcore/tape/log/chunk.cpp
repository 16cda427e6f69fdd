#include <tape/log/chunk.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tape::log {

namespace {

EventFacts facts_of(const event::Head& head, std::uint64_t session, std::uint64_t ordinal,
                    std::optional<std::string_view> raw) {
  EventFacts facts;
  facts.session = session;
  facts.ordinal = ordinal;
  facts.received_at = head.received_at;
  facts.venue = head.venue;
  facts.account = head.account;
  facts.channel = head.channel;
  facts.symbol = head.symbol;
  facts.raw = raw;
  facts.raw_kind = head.raw_kind;
  facts.kind = head.kind;
  return facts;
}

void add_body(EventFacts& facts, const schema::Event::Reader& event) {
  const auto body = event.getBody();
  if (body.isGap()) {
    facts.missing = body.getGap().getMissing();
  } else if (body.isCheckpoint()) {
    facts.is_checkpoint = true;
    facts.begins_checkpoint = body.getCheckpoint().getState().isBegin();
  }
}

}  // namespace

EventFacts facts_of(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
                    std::optional<std::string_view> raw) {
  auto facts = facts_of(event::head_of(event), session, ordinal, raw);
  add_body(facts, event);
  return facts;
}

EventFacts facts_of(event::Message& message, std::uint64_t session, std::uint64_t ordinal,
                    std::optional<std::string_view> raw) {
  auto facts = facts_of(message.head(), session, ordinal, raw);
  add_body(facts, message.reader());
  return facts;
}

void widen(Nanos& least, Nanos& greatest, Nanos moment) {
  if (moment == 0) return;
  if (least == 0 || moment < least) least = moment;
  if (greatest == 0 || moment > greatest) greatest = moment;
}

void ChunkTally::add(const EventFacts& event, std::size_t framed_bytes) {
  if (facts_.events == 0) {
    facts_.first_session = event.session;
    facts_.first_ordinal = event.ordinal;
    facts_.flags = event.begins_checkpoint ? kCheckpointFirst : 0;
  }
  ++facts_.events;
  if (event.is_checkpoint) ++facts_.checkpoint_events;
  facts_.last_ordinal = event.ordinal;
  widen(facts_.min_received_at, facts_.max_received_at, event.received_at);
  facts_.plain_size += framed_bytes;
  if (event.raw) {
    std::array<std::uint8_t, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
      length[i] = static_cast<std::uint8_t>(std::uint64_t{event.raw->size()} >> (8 * i));
    }
    digest_.update(length);
    digest_.update(as_bytes(*event.raw));
  }
}

ChunkFacts ChunkTally::take() {
  facts_.raw_digest = digest_.value();
  digest_.reset();
  return std::exchange(facts_, {});
}

}  // namespace tape::log
