#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/flow/intake.h>
#include <tape/venue/registry.h>

#include <fmt/format.h>

namespace tape::flow {

void begin_local(schema::Event::Builder event, const Stamp& at) {
  event.setReceivedAt(at.received_at);
  event.setClockOffset(at.clock_offset);
  event.setDirection(schema::Direction::LOCAL);
}

Intake::Intake(std::string venue, std::string account, venue::Outbox& outbox)
    : venue_(std::move(venue)), account_(std::move(account)), outbox_(outbox) {}

venue::Protocol& Intake::protocol(std::string_view name) {
  const bool any = name.empty() || name == "auto";
  for (const auto& [known, made] : protocols_) {
    if (known == (any ? "auto" : name)) return *made;
  }
  const auto* found = any ? nullptr : venue::find_venue(name);
  auto made = found != nullptr ? found->make() : venue::make_any_venue();
  return *protocols_.emplace_back(any ? "auto" : name, std::move(made)).second;
}

void Intake::take(Captured& captured, const venue::Secrets& secrets) {
  if (captured.frame.account.empty()) captured.frame.account = account_;
  switch (captured.kind) {
    case Captured::Kind::nothing:
      break;
    case Captured::Kind::frame:
      frame(captured, secrets);
      break;
    case Captured::Kind::opened:
      opened(captured);
      break;
    default:
      local(captured);
  }
}

void Intake::frame(Captured& captured, const venue::Secrets& secrets) {
  if (captured.frame.rest != nullptr) {
    target_.assign(captured.rest.target);
    const bool literal = secrets.redact(target_);
    if (venue::redact_url(target_) || literal) captured.frame.redacted = true;
    captured.rest.target = target_;
  }
  if (secrets.redact(captured.frame.bytes)) captured.frame.redacted = true;
  ++frames_;
  bytes_ += captured.frame.bytes.size();
  const auto named = captured.venue.empty() ? std::string_view(venue_) : captured.venue;
  (void)protocol(named).on_frame(captured.frame, outbox_, venue::Unknown::record);
}

void Intake::opened(const Captured& captured) {
  // Not by fill_envelope: the line holds the address as it came, perhaps with a key in it.
  auto event = message_.start();
  begin_local(event, captured.frame.stamp);
  event.setConnection(captured.frame.connection);
  event.setTransport(captured.frame.transport);
  target_.assign(captured.url);
  if (venue::redact_url({target_.data(), target_.size()})) event.setRedacted(true);
  auto body = event.getBody().initConnectionOpened();
  body.setUrl(target_);
  body.setAttempt(1);
  outbox_.event(message_);
  for (auto& [name, protocol] : protocols_) protocol->on_connection(captured.frame.connection);
}

/// What is no message on a wire, kept with its bytes.
void Intake::local(const Captured& captured) {
  auto event = message_.start();
  event::fill_envelope(event, captured.frame, "");
  auto opaque = event.getBody().initOpaque();
  opaque.setKind(schema::OpaqueKind::UNBOUND);
  opaque.setReason(captured.problem);
  outbox_.event(message_);
}

void Intake::oversize(const Run& run, const Stamp& at) {
  event::Frame frame;
  frame.bytes = run.bytes;
  frame.stamp = at;
  frame.connection = 1;
  frame.account = account_;
  frame.unterminated = !run.terminated;
  auto event = message_.start();
  event::fill_envelope(event, frame, venue_ == "auto" ? "" : venue_);
  auto opaque = event.getBody().initOpaque();
  opaque.setKind(schema::OpaqueKind::OVERSIZE);
  opaque.setReason(
      fmt::format("{} bytes, kept are the first {}", run.total_bytes, run.bytes.size()));
  opaque.setTotalBytes(run.total_bytes);
  opaque.setSha256(capnp::Data::Reader(run.sum.data(), run.sum.size()));
  ++frames_;
  bytes_ += run.total_bytes;
  outbox_.event(message_);
  diag::warning(
      fmt::format("frame {}: {} are more than a frame may have ({}); kept are its first {}, "
                  "its length and its SHA-256",
                  run.number, format_size(run.total_bytes), format_size(event::kMaxFrame),
                  format_size(event::kOversizeKept)));
}

}  // namespace tape::flow
