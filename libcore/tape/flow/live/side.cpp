#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/flow/intake.h>
#include <tape/flow/live/side.h>
#include <tape/net/url.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tape::flow {
namespace {

template <typename Init>
void set_text(Init init, std::string_view text) {
  if (!text.empty())
    std::copy(text.begin(), text.end(), init(static_cast<capnp::uint>(text.size())).begin());
}

std::string_view first_visible(std::string_view body) {
  const auto at = body.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view() : body.substr(at);
}

/// Why an answer that came is none; empty when it may be one.
std::string_view failure_of(const ArrivalDetail& detail, std::string_view body) {
  if (!detail.text.empty()) return detail.text;
  const auto visible = first_visible(body);
  if (visible.empty()) return "empty body";
  if (visible.front() == '<') return "HTML instead of JSON";
  return detail.status >= 400 ? std::string_view("refused") : std::string_view();
}

/// What the decoder found wrong with an answer's JSON as such.
std::string_view broken_json(schema::Event::Reader event) {
  if (!event.getBody().isOpaque()) return {};
  const auto kind = event.getBody().getOpaque().getKind();
  if (kind == schema::OpaqueKind::TRUNCATED) return "truncated JSON";
  return kind == schema::OpaqueKind::MALFORMED ? std::string_view("not JSON") : std::string_view();
}

}  // namespace

Side::Side(std::uint16_t index, const venue::Venue& venue, venue::SessionOptions options,
           Wire& wire, Journal& journal)
    : index_(index), venue_(venue), wire_(wire), journal_(journal), protocol_(venue.make()) {
  for (const auto& account : options.accounts) {
    journal_.conceal(account.key.reveal());
    journal_.conceal(account.secret.reveal());
  }
  session_ = venue.live()->make_session(std::move(options));
}

void Side::start() {
  session_->start(now(), *this);
  run_commands();
}

void Side::tick() {
  session_->on_tick(now(), *this);
  run_commands();
}

void Side::handle(Arrival& arrival, std::span<char> bytes) {
  if (arrival.kind == Arrival::Kind::answer) {
    answer(arrival, bytes);
    run_commands();
    return;
  }
  const auto found = links_.find(arrival.link);
  if (found == links_.end()) return;  // ended meanwhile, by us
  auto& state = found->second;
  switch (arrival.kind) {
    case Arrival::Kind::frame:
      frame(arrival, state, bytes);
      break;
    case Arrival::Kind::opened:
      opened(arrival, state);
      break;
    case Arrival::Kind::lost:
      lost(arrival, state);
      break;
    case Arrival::Kind::failed:
      failed(arrival, state, bytes);
      break;
    case Arrival::Kind::shed:
      shed(arrival, state);
      break;
    default:
      break;
  }
  if (arrival.detail && arrival.detail->ended) links_.erase(arrival.link);
  if (!commands_.empty()) run_commands();
}

// ---- what came in

void Side::event(event::Message& message) {
  last_ordinal_ = journal_.append(message);
  const auto event = message.reader();
  broken_ = broken_json(event);
  const auto kind = event.getBody().which();
  if (kind == event::Kind::GAP) ++totals_.gaps;
  if (kind == event::Kind::OPAQUE && event.getDirection() == schema::Direction::RECEIVED) {
    ++totals_.unread;
  }
  if (kind == event::Kind::BOOK_SNAPSHOT) snapshot(event);
  if (speaking_ != nullptr) session_->on_event(speaking_->link.id, event, now(), *this);
}

/// A book that went down with its connection is whole again with the next snapshot. Gaps inside a
/// connection are the protocol's to tell.
void Side::snapshot(schema::Event::Reader event) {
  auto& book = books_[{std::string(event::view(event.getChannel())),
                       std::string(event::view(event.getSymbol()))}];
  book.link = speaking_ != nullptr ? speaking_->link.id : 0;
  const auto lost_at = std::exchange(book.lost_at, 0);
  if (lost_at == 0) return;
  auto again = begin(journal_.stamp(), event.getConnection(), event::view(event.getAccount()));
  again.setChannel(event.getChannel());
  again.setSymbol(event.getSymbol());
  auto body = again.getBody().initResynchronised();
  auto concerned = body.initConcerns();
  concerned.setVenue(event.getVenue());
  concerned.setChannel(event.getChannel());
  concerned.setSymbol(event.getSymbol());
  const auto snapshot = event.getBody().getBookSnapshot();
  body.setSequence(snapshot.getUpdateId() != 0 ? snapshot.getUpdateId() : event.getSequence());
  body.setAfter(now().monotonic - lost_at);
  (void)journal_.append(own_);
}

void Side::frame(const Arrival& arrival, LinkState& state, std::span<char> bytes) {
  ++totals_.frames;
  totals_.bytes += arrival.total;
  totals_.last_frame_at = arrival.stamp.received_at;
  if (arrival.total > event::kMaxFrame) {
    oversize(arrival, state, bytes);
    return;
  }
  moment_ = arrival.stamp;
  if (arrival.text) {
    session_->on_frame(state.link.id, {bytes.data(), bytes.size()}, now(), *this);
  }
  event::Frame frame;
  frame.bytes = bytes;
  frame.stamp = arrival.stamp;
  frame.connection = arrival.connection;
  frame.transport = schema::Transport::WEBSOCKET;
  frame.account = state.link.account;
  frame.redacted = journal_.secrets().redact(bytes);
  frame.raw = journal_.keep_raw();
  speaking_ = &state;
  (void)protocol_->on_frame(frame, *this, venue::Unknown::record);
  speaking_ = nullptr;
  moment_ = {};
}

void Side::oversize(const Arrival& arrival, const LinkState& state, std::span<char> bytes) {
  const auto sum = arrival.detail ? arrival.detail->sum
                                  : sha256(as_bytes(std::string_view(bytes.data(), bytes.size())));
  event::Frame frame;
  frame.bytes = bytes.first(std::min(bytes.size(), event::kOversizeKept));
  frame.stamp = arrival.stamp;
  frame.connection = arrival.connection;
  frame.transport = schema::Transport::WEBSOCKET;
  frame.account = state.link.account;
  frame.redacted = journal_.secrets().redact(frame.bytes);
  auto event = own_.start();
  event::fill_envelope(event, frame, venue_.name);
  auto opaque = event.getBody().initOpaque();
  opaque.setKind(schema::OpaqueKind::OVERSIZE);
  opaque.setReason(
      fmt::format("{} bytes, kept are the first {}", arrival.total, frame.bytes.size()));
  opaque.setTotalBytes(arrival.total);
  opaque.setSha256(capnp::Data::Reader(sum.data(), sum.size()));
  this->event(own_);
  warn(fmt::format(
      "{}: a frame of {} is more than a frame may have; its front, length and SHA-256 were kept",
      label(state), format_size(arrival.total)));
}

void Side::opened(const Arrival& arrival, LinkState& state) {
  state.connection = arrival.connection;
  auto event = begin(arrival.stamp, arrival.connection, state.link.account);
  event.setTransport(schema::Transport::WEBSOCKET);
  auto body = event.getBody().initConnectionOpened();
  body.setUrl(shown(state.link.url));
  body.setAttempt(arrival.detail->attempt);
  body.setDownFor(arrival.detail->lasted);
  concern([&](capnp::uint n) { return body.initConcerns(n); }, state);
  protocol_->on_connection(arrival.connection);
  this->event(own_);
  journal_.on_link(arrival.connection, state.before);
  if (state.stood) {
    warn(fmt::format("{}: connected again after {}", label(state),
                     format_duration(arrival.detail->lasted)));
  }
  state.stood = true;
  state.last_cause.clear();
  session_->on_open(state.link.id, now(), *this);
}

void Side::lost(const Arrival& arrival, LinkState& state) {
  if (ending_) return;
  const auto& detail = *arrival.detail;
  for (auto& [name, book] : books_) {
    const bool concerned = book.link == 0 ? state.link.account.empty() : book.link == state.link.id;
    if (concerned && book.lost_at == 0) book.lost_at = now().monotonic;
  }
  auto event = begin(arrival.stamp, arrival.connection, state.link.account);
  event.setTransport(schema::Transport::WEBSOCKET);
  auto body = event.getBody().initConnectionLost();
  body.setUrl(shown(state.link.url));
  body.setCause(shown(detail.text));
  body.setCloseCode(detail.close_code);
  if (!detail.close_reason.empty()) body.setCloseReason(shown(detail.close_reason));
  body.setLastFrameAt(detail.last_frame_at);
  body.setStoodFor(detail.lasted);
  concern([&](capnp::uint n) { return body.initConcerns(n); }, state);
  state.before = state.connection;
  state.connection = 0;
  ++totals_.losses;
  protocol_->on_connection(arrival.connection);
  this->event(own_);
  journal_.on_link(0, arrival.connection);
  if (!detail.ended) {
    warn(fmt::format("{}: connection lost after {}: {}; trying again", label(state),
                     format_duration(detail.lasted), detail.text));
  }
  session_->on_lost(state.link.id, now(), *this);
}

void Side::failed(const Arrival& arrival, LinkState& state, std::span<char> bytes) {
  const auto& detail = *arrival.detail;
  ++totals_.failures;
  auto event = begin(arrival.stamp, 0, state.link.account);
  event.setTransport(schema::Transport::WEBSOCKET);
  auto body = event.getBody().initReconnectAttempt();
  body.setUrl(shown(state.link.url));
  body.setAttempt(detail.attempt);
  body.setDelay(detail.delay);
  body.setOutcome(fmt::format("{}: {}", detail.stage, shown(detail.text)));
  this->event(own_);
  if (detail.status != 0) {
    // What stood in the place of the upgrade is evidence: a gateway's 502, a firewall's page.
    const auto target = shown(net::parse_url(state.link.url).target);
    event::RestInfo rest;
    rest.method = "GET";
    rest.target = target;
    rest.status = detail.status;
    event::Frame frame;
    frame.bytes = bytes;
    frame.stamp = arrival.stamp;
    frame.transport = schema::Transport::REST;
    frame.rest = &rest;
    frame.account = state.link.account;
    frame.redacted = journal_.secrets().redact(bytes);
    (void)protocol_->on_frame(frame, *this, venue::Unknown::record);
  }
  if (detail.refused && !state.stood) {
    throw Error(Fault::network, fmt::format("{} {}: {}", venue_.name, label(state), detail.text));
  }
  if (state.last_cause != detail.text) {
    state.last_cause = detail.text;
    warn(fmt::format("{}: cannot connect: {}; trying again", label(state), detail.text));
  }
}

void Side::answer(const Arrival& arrival, std::span<char> bytes) {
  const auto node = asked_.extract(arrival.id);
  if (node.empty()) return;
  const auto& asked = node.mapped();
  const auto& detail = *arrival.detail;
  const std::string_view body(bytes.data(), bytes.size());
  auto cause = std::string(failure_of(detail, body));
  session_->on_answer(
      {arrival.id, detail.status, detail.text, body, detail.headers, detail.latency}, now(), *this);
  if (detail.status != 0) {
    event::RestInfo rest{asked.method, asked.target, detail.status, detail.latency, asked.ordinal};
    event::Frame frame;
    frame.bytes = bytes;
    frame.stamp = arrival.stamp;
    frame.transport = schema::Transport::REST;
    frame.rest = &rest;
    frame.account = asked.account;
    frame.redacted = journal_.secrets().redact(bytes);
    (void)protocol_->on_frame(frame, *this, venue::Unknown::record);
    if (cause.empty()) cause = broken_;
  }
  request_trouble_ = !cause.empty();
  if (!cause.empty()) request_failed(arrival, asked, cause);
}

void Side::request_failed(const Arrival& arrival, const Asked& asked, std::string_view cause) {
  ++totals_.failed_requests;
  auto event = begin(arrival.stamp, 0, asked.account);
  event.setTransport(schema::Transport::REST);
  auto body = event.getBody().initRequestFailed();
  body.setMethod(asked.method);
  body.setTarget(asked.target);
  body.setStatus(arrival.detail->status);
  body.setBytes(arrival.size);
  body.setCause(shown(cause));
  this->event(own_);
}

void Side::shed(const Arrival& arrival, const LinkState& state) {
  totals_.shed += arrival.shed.frames;
  static constexpr std::string_view kWhat[] = {"deep book", "quotes", "market data", "account"};
  const auto what = kWhat[static_cast<std::size_t>(arrival.importance)];
  auto event = begin(arrival.stamp, state.connection, state.link.account);
  auto body = event.getBody().initDropped();
  body.setEvents(arrival.shed.frames);
  body.setBytes(arrival.shed.bytes);
  body.setFirstAt(arrival.shed.first_at);
  body.setLastAt(arrival.shed.last_at);
  body.setCause(fmt::format("{}: the tape could not be written fast enough", what));
  concern([&](capnp::uint n) { return body.initConcerns(n); }, state);
  this->event(own_);
  warn(fmt::format("{}: {} frames of {} were dropped: the disk does not keep up", label(state),
                   arrival.shed.frames, what));
}

// ---- the rest

venue::Session::Now Side::now() const {
  const auto at = moment_.received_at != 0 ? moment_ : journal_.stamp();
  return {at.received_at - at.clock_offset, at.received_at};
}

schema::Event::Builder Side::begin(const Stamp& at, std::uint32_t connection,
                                   std::string_view account) {
  auto event = own_.start();
  begin_local(event, at);
  event.setConnection(connection);
  set_text([&](capnp::uint n) { return event.initVenue(n); }, venue_.name);
  set_text([&](capnp::uint n) { return event.initAccount(n); }, account);
  return event;
}

template <typename Init>
void Side::concern(Init init, const LinkState& state) const {
  const auto& concerns = state.link.concerns;
  auto list = init(static_cast<capnp::uint>(concerns.size()));
  for (capnp::uint i = 0; i < list.size(); ++i) {
    set_text([&](capnp::uint n) { return list[i].initVenue(n); }, venue_.name);
    set_text([&](capnp::uint n) { return list[i].initChannel(n); }, concerns[i].first);
    set_text([&](capnp::uint n) { return list[i].initSymbol(n); }, concerns[i].second);
  }
}

std::string Side::label(const LinkState& state) const {
  return state.link.name.empty() ? fmt::format("link {}", state.link.id) : state.link.name;
}

Side::Totals Side::totals() const {
  auto totals = totals_;
  totals.links = links_.size();
  totals.links_up =
      static_cast<std::size_t>(std::count_if(links_.begin(), links_.end(), [](const auto& entry) {
        return entry.second.connection != 0;
      }));
  return totals;
}

bool Side::in_trouble() const {
  return request_trouble_ || std::any_of(links_.begin(), links_.end(), [](const auto& entry) {
           return entry.second.connection == 0;
         });
}

}  // namespace tape::flow
