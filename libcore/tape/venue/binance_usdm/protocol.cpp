#include <tape/venue/binance_usdm/classify.h>
#include <tape/venue/binance_usdm/fields.h>
#include <tape/venue/binance_usdm/protocol.h>
#include <tape/venue/binance_usdm/secrets.h>
#include <tape/venue/binance_usdm/sequence.h>
#include <tape/venue/decoder.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tape::venue::binance_usdm {
namespace {

constexpr std::string_view kName = "binance-usdm";
constexpr std::string_view kDepthChannel = "depth";

std::optional<std::size_t> table_of(Parser& parser, const event::Frame& frame) {
  const auto kind = classify(parser, frame);
  if (!kind) return std::nullopt;
  return static_cast<std::size_t>(*kind);
}

const Dialect& dialect() {
  static const Dialect kDialect{
      kName,           tables(),
      table_of,        redact_secrets,
      may_hold_secret, [](const event::Frame& frame) { return frame.rest == nullptr; }};
  return kDialect;
}

template <typename Init>
void set_text(Init init, std::string_view text) {
  if (!text.empty())
    std::copy(text.begin(), text.end(), init(static_cast<capnp::uint>(text.size())).begin());
}

/// The value of a parameter in a target's query; empty when there is none.
std::string_view parameter(std::string_view target, std::string_view name) {
  const auto query = target.find('?');
  if (query == std::string_view::npos) return {};
  auto rest = target.substr(query + 1);
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find('&'));
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      return part.substr(name.size() + 1);
    }
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return {};
}

/// Which symbol a connection speaks of, as long as it speaks of one only.
class OnlySymbols {
 public:
  void see(std::uint32_t connection, std::string_view symbol) {
    auto& entry = entry_of(connection);
    if (entry.several || entry.symbol == symbol) return;
    if (entry.symbol.empty()) {
      entry.symbol = symbol.substr(0, kMaxSymbol);
    } else {
      entry.several = true;
    }
  }
  [[nodiscard]] std::string_view of(std::uint32_t connection) {
    const auto& entry = entry_of(connection);
    return entry.several ? std::string_view() : entry.symbol;
  }
  void forget(std::uint32_t connection) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.connection == connection; });
  }

 private:
  static constexpr std::size_t kMaxSymbol = 64;
  static constexpr std::size_t kMaxEntries = 256;

  struct Entry {
    std::uint32_t connection = 0;
    std::string symbol;
    bool several = false;
  };

  Entry& entry_of(std::uint32_t connection) {
    for (auto& entry : entries_) {
      if (entry.connection == connection) return entry;
    }
    if (entries_.size() >= kMaxEntries) entries_.erase(entries_.begin());
    return entries_.emplace_back(Entry{connection, {}, false});
  }

  std::vector<Entry> entries_;
};

schema::GapKind gap_kind(Break::Kind kind) {
  switch (kind) {
    case Break::Kind::repeated:
      return schema::GapKind::REPEATED;
    case Break::Kind::reset:
      return schema::GapKind::RESET;
    default:
      return schema::GapKind::MISSING;
  }
}

void add_anomaly(schema::Event::Builder event, schema::AnomalyKind kind, std::string_view path,
                 std::string_view detail) {
  // A list cannot grow in place; the old one stays behind as a few dead bytes of a rare event.
  auto orphan = event.disownAnomalies();
  const auto old = orphan.getReader();
  auto after = event.initAnomalies(old.size() + 1);
  for (capnp::uint i = 0; i < old.size(); ++i) after.setWithCaveats(i, old[i]);
  auto last = after[old.size()];
  last.setKind(kind);
  set_text([&](capnp::uint n) { return last.initPath(n); }, path);
  set_text([&](capnp::uint n) { return last.initDetail(n); }, detail);
}

class BinanceUsdm final : public Protocol {
 public:
  BinanceUsdm() : decoder_(dialect()) {}

  [[nodiscard]] std::string_view venue() const override { return kName; }

  bool on_frame(event::Frame& frame, Outbox& outbox, Unknown unknown) override {
    const auto decoded = decoder_.decode(frame, message_, unknown);
    if (!decoded.understood) {
      if (unknown == Unknown::decline) return false;
      outbox.event(message_);
      return true;
    }
    const auto kind = static_cast<Kind>(decoded.table);
    complete_symbol(kind, frame);
    if (kind == Kind::depth_update) {
      check_depth(frame, message_.reader(), outbox);
    } else if (kind == Kind::depth) {
      check_snapshot(frame, message_.reader(), outbox);
    }
    outbox.event(message_);
    return true;
  }

  void on_connection(std::uint32_t connection) override {
    sequence_.on_connection(connection);
    symbols_.forget(connection);
  }

 private:
  /// REST answers and partial books of spot do not name their symbol: the request does, or the
  /// connection knows one only.
  void complete_symbol(Kind kind, const event::Frame& frame) {
    if (const auto made = message_.head(); !made.symbol.empty()) {
      symbols_.see(frame.connection, made.symbol);
      return;
    }
    auto event = message_.event();
    const bool book = kind == Kind::depth || kind == Kind::depth_partial_spot;
    if (frame.rest != nullptr) {
      const auto symbol = parameter(frame.rest->target, "symbol");
      set_text([&](capnp::uint n) { return event.initSymbol(n); }, symbol);
      if (!symbol.empty() || !book) return;
    }
    if (!book) return;
    const auto symbol = symbols_.of(frame.connection);
    if (symbol.empty()) {
      add_anomaly(event, schema::AnomalyKind::MISSING_FIELD, "symbol", "");
      return;
    }
    set_text([&](capnp::uint n) { return event.initSymbol(n); }, symbol);
    add_anomaly(event, schema::AnomalyKind::INFERRED, "symbol", symbol);
  }

  void check_depth(const event::Frame& frame, const schema::Event::Reader& event, Outbox& outbox) {
    const auto delta = event.getBody().getBookDelta();
    const auto symbol = event::view(event.getSymbol());
    const auto broken = sequence_.on_depth(
        frame.connection, symbol,
        {delta.getFirstUpdateId(), delta.getUpdateId(), delta.getPreviousUpdateId()},
        frame.stamp.received_at);
    if (!broken) return;
    auto gap = begin_finding(frame, symbol).getBody().initGap();
    gap.setKind(gap_kind(broken->kind));
    gap.setExpected(broken->expected);
    gap.setGot(broken->got);
    set_concerned(gap.initConcerns(), symbol);
    outbox.event(finding_);
  }

  void check_snapshot(const event::Frame& frame, const schema::Event::Reader& event,
                      Outbox& outbox) {
    const auto snapshot = event.getBody().getBookSnapshot();
    const auto symbol = event::view(event.getSymbol());
    const auto after =
        sequence_.on_snapshot(symbol, snapshot.getUpdateId(), frame.stamp.received_at);
    if (!after) return;
    auto found = begin_finding(frame, symbol).getBody().initResynchronised();
    found.setSequence(snapshot.getUpdateId());
    found.setAfter(*after);
    set_concerned(found.initConcerns(), symbol);
    outbox.event(finding_);
  }

  schema::Event::Builder begin_finding(const event::Frame& frame, std::string_view symbol) {
    auto event = finding_.start();
    event.setReceivedAt(frame.stamp.received_at);
    event.setClockOffset(frame.stamp.clock_offset);
    event.setConnection(frame.connection);
    event.setDirection(schema::Direction::LOCAL);
    event.setTransport(schema::Transport::NONE);
    set_text([&](capnp::uint n) { return event.initVenue(n); }, kName);
    set_text([&](capnp::uint n) { return event.initAccount(n); }, frame.account);
    set_text([&](capnp::uint n) { return event.initChannel(n); }, kDepthChannel);
    set_text([&](capnp::uint n) { return event.initSymbol(n); }, symbol);
    return event;
  }

  static void set_concerned(schema::Concerned::Builder concerned, std::string_view symbol) {
    set_text([&](capnp::uint n) { return concerned.initVenue(n); }, kName);
    set_text([&](capnp::uint n) { return concerned.initChannel(n); }, kDepthChannel);
    set_text([&](capnp::uint n) { return concerned.initSymbol(n); }, symbol);
  }

  Decoder decoder_;
  Sequence sequence_;
  OnlySymbols symbols_;
  event::Message message_;
  event::Message finding_;
};

}  // namespace

std::unique_ptr<Protocol> make_protocol() { return std::make_unique<BinanceUsdm>(); }

}  // namespace tape::venue::binance_usdm
