// How far a rebuilt value can be trusted, since when, and the event that is the reason.
#pragma once

#include <tape/base/time.h>
#include <tape/event/event.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tape::state {

/// The event under which something happened: when it was received, and its identity.
struct Moment {
  Nanos received_at = 0;
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
};

/// One event as the parts of the state see it: its envelope without texts.
struct Occasion {
  Moment moment;
  Nanos exchange_at = 0;
  std::uint64_t sequence = 0;
  std::uint32_t connection = 0;
  Nanos latency =
      0;  // of a REST answer: what came since the request is newer than it; 0 = not known
};

/// Trust with its reason. Values are never cleared when trust is lost: they stay, marked.
class Standing {
 public:
  [[nodiscard]] schema::Trust trust() const { return trust_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] const Moment& since() const { return since_; }
  [[nodiscard]] bool suspect() const { return trust_ == schema::Trust::SUSPECT; }
  [[nodiscard]] bool verified() const { return trust_ == schema::Trust::VERIFIED; }

  /// Confirmed by a snapshot, or by arithmetic, with nothing missing since.
  void verify(const Moment& moment) { set(schema::Trust::VERIFIED, {}, moment); }
  /// Nothing speaks against the values, and nothing proves them. What is suspect stays suspect.
  void weaken(std::string_view reason, const Moment& moment);
  /// Something is missing or contradicts. The first reason stands until verify(): it dates the
  /// doubt.
  void doubt(std::string_view reason, const Moment& moment);
  /// As it was written down.
  void restore(schema::Trust trust, std::string_view reason, const Moment& moment) {
    set(trust, reason, moment);
  }

 private:
  void set(schema::Trust trust, std::string_view reason, const Moment& moment);

  schema::Trust trust_ = schema::Trust::UNVERIFIABLE;
  std::string reason_;
  Moment since_;
};

/// A rule that does not hold: what was expected, what is there.
struct Finding {
  std::string rule;     // isolated-margin, crossed-book, position-side, ...
  std::string subject;  // the asset, symbol or order
  Decimal expected;
  Decimal found;
  Decimal difference;
  Moment moment;  // the event after which it first did not hold with this difference
};

void write(const Finding& finding, schema::Finding::Builder out);
[[nodiscard]] Finding read(schema::Finding::Reader from);

}  // namespace tape::state
