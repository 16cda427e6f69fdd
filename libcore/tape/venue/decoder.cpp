#include <tape/venue/decoder.h>
#include <tape/venue/shapes.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue {
namespace {

// Beginnings kept, and their length: more are no feed's. Trying them costs a comparison each.
constexpr std::size_t kMaxKnown = 16;
constexpr std::size_t kMaxBeginning = 128;

/// Sent by REST without JSON: nothing, or the fields of a form. Its method and target say what it
/// is.
bool is_bare_request(const event::Frame& frame) {
  if (frame.rest == nullptr || frame.direction != schema::Direction::SENT) return false;
  const auto first = frame.text().find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return true;
  return frame.text()[first] != '{' && frame.text()[first] != '[';
}

}  // namespace

Decoder::Decoder(const Dialect& dialect, Learning learning)
    : dialect_(dialect), shapes_(std::make_unique<Shapes>(dialect)), learning_(learning) {
  programs_.reserve(dialect.tables.size());
  for (const auto& table : dialect.tables) programs_.push_back(compile(table));
}

Decoder::~Decoder() = default;

Decoded Decoder::decode(event::Frame& frame, event::Message& message, Unknown unknown) {
  // What else a frame is depends on more than its bytes; and what we send keeps them.
  const bool plain =
      frame.rest == nullptr && !frame.redacted && frame.direction == schema::Direction::RECEIVED;
  const bool by_shape = plain && learning_ == Learning::on;
  if (by_shape) {
    if (const auto table = shapes_->decode(frame, message)) return {true, *table};
  }
  if (dialect_.redact(frame.bytes)) frame.redacted = true;
  const auto decoded = walk(frame, message, unknown);
  if (by_shape && !frame.redacted && decoded.understood && shapes_->may_learn())
    learn(frame, decoded.table, message.reader());
  return decoded;
}

void Decoder::learn(const event::Frame& frame, std::size_t table, schema::Event::Reader made) {
  if (made.hasAnomalies() || !made.getRaw().isText() ||
      event::is_account_kind(made.getBody().which()) || !dialect_.asks_parser_only(frame))
    return;
  // Asked anew, because classify() may have known the beginning and not looked.
  if (!parser_.open({frame.bytes.data(), frame.bytes.size()}) ||
      dialect_.classify(parser_, frame) != table)
    return;
  shapes_->learn(frame, {table, programs_[table].get(), parser_.base(), parser_.looked_at(), made});
}

/// The long way: by the parser.
Decoded Decoder::walk(const event::Frame& frame, event::Message& message, Unknown unknown) {
  auto event = message.start();
  event::fill_envelope(event, frame, dialect_.venue);
  if (is_bare_request(frame)) {
    event.getBody().initRequest();
    return {};
  }
  if (!parser_.open({frame.bytes.data(), frame.bytes.size()})) {
    if (unknown == Unknown::record) make_opaque(frame, message, diagnose(frame.text()));
    return {};
  }
  const auto table = classify(frame);
  if (!table && unknown == Unknown::decline) return {};
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
  if (failure && unknown == Unknown::decline) return {};
  if (failure) {
    make_opaque(frame, message, *failure);
    return {};
  }
  return {true, *table};
}

std::optional<std::size_t> Decoder::classify(const event::Frame& frame) {
  if (!dialect_.asks_parser_only(frame)) return dialect_.classify(parser_, frame);
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (!frame.text().starts_with(known_[i].bytes)) continue;
    if (i != 0) std::swap(known_[i], known_[i / 2]);  // those that come often work their way up
    const auto& beginning = known_[i / 2];
    parser_.set_base(beginning.base);
    return beginning.table;
  }
  const auto table = dialect_.classify(parser_, frame);
  if (table) keep(frame.text(), *table);
  return table;
}

void Decoder::keep(std::string_view frame, std::size_t table) {
  const auto consulted = parser_.consulted();
  if (consulted == 0 || consulted > kMaxBeginning) return;
  const auto bytes = frame.substr(0, consulted);
  if (candidate_ != bytes) {
    candidate_ = bytes;
    return;
  }
  if (known_.size() == kMaxKnown) known_.pop_back();
  known_.push_back({candidate_, std::string(parser_.base()), table});
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
