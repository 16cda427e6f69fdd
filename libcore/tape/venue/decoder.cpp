#include <tape/venue/decoder.h>

#include <fmt/format.h>

namespace tape::venue {

Decoder::Decoder(const Dialect& dialect) : dialect_(dialect) {
  programs_.reserve(dialect.tables.size());
  for (const auto& table : dialect.tables) programs_.push_back(compile(table));
}

Decoded Decoder::decode(const event::Frame& frame, event::Message& message) {
  auto event = message.start();
  event::fill_envelope(event, frame, dialect_.venue);
  if (!parser_.open({frame.bytes.data(), frame.bytes.size()})) {
    make_opaque(frame, message, diagnose(frame.text()));
    return {};
  }
  const auto table = dialect_.classify(parser_, frame);
  if (!table) {
    auto failure = diagnose(frame.text());
    if (failure.kind == schema::OpaqueKind::UNKNOWN_KIND && parser_.empty()) {
      failure = {schema::OpaqueKind::EMPTY_JSON, "valid JSON without content", -1};
    }
    make_opaque(frame, message, failure);
    return {};
  }
  const auto& known = dialect_.tables[*table];
  if (!known.channel.empty()) {
    event.setChannel(capnp::Text::Reader(known.channel.data(), known.channel.size()));
  }
  auto failure = parser_.walk(*programs_[*table], event);
  if (!failure && message.framed_size() > event::kMaxMessage) {
    failure =
        Failure{schema::OpaqueKind::OVERSIZE,
                fmt::format("{}: the typed body is larger than a message may be", known.name), -1};
  }
  if (failure) {
    make_opaque(frame, message, *failure);
    return {};
  }
  return {true, *table};
}

void Decoder::make_opaque(const event::Frame& frame, event::Message& message,
                          const Failure& failure) {
  auto event = message.start();
  event::fill_envelope(event, frame, dialect_.venue);
  auto opaque = event.getBody().initOpaque();
  opaque.setKind(failure.kind);
  opaque.setReason(failure.reason);
  opaque.setAt(failure.at);
}

}  // namespace tape::venue
