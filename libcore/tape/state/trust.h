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

/// One event as the parts of the state see it: its envelope. Texts are valid while it is applied.
struct Occasion {
  Moment moment;
  Nanos exchange_at = 0;
  std::uint64_t sequence = 0;
  std::uint32_t connection = 0;
  Nanos latency =
      0;  // of a REST answer: what came since the request is newer than it; 0 = not known
  bool answer = false;  // came by REST, not on a stream
  std::string_view venue;
  std::string_view symbol;
  std::string_view channel;
};

/// Whether what was received at `held_at` is newer than an answer, because it came after the
/// question was asked.
[[nodiscard]] bool newer(Nanos held_at, const Occasion& occasion);

/// Trust with its reason. Values are never cleared when trust is lost: they stay, marked.
class Standing {
 public:
  [[nodiscard]] schema::Trust trust() const { return trust_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] const Moment& since() const { return since_; }
  [[nodiscard]] bool suspect() const { return trust_ == schema::Trust::SUSPECT; }
  [[nodiscard]] bool verified() const { return trust_ == schema::Trust::VERIFIED; }
  /// Since when nothing comes any more, as far as is known; 0 = it comes.
  [[nodiscard]] Nanos stale_at() const { return stale_at_; }

  /// Confirmed by a snapshot, or by arithmetic, with nothing missing since.
  void verify(const Moment& moment) { set(schema::Trust::VERIFIED, {}, moment); }
  /// Nothing speaks against the values, and nothing proves them. What is suspect stays suspect.
  void weaken(std::string_view reason, const Moment& moment);
  /// Something is missing or contradicts. The first reason stands until verify(): it dates the
  /// doubt.
  void doubt(std::string_view reason, const Moment& moment);
  /// Nothing comes any more: the values are stale until verify().
  void lose(std::string_view reason, const Moment& moment);
  /// Another recording goes on at `moment`: nothing came since `last_at`.
  void leave(const Moment& moment, Nanos last_at);
  /// As lose(), but it is silence alone that speaks against the values.
  void stall(std::string_view reason, const Moment& moment);

  /// Fields of the same names in BookState, AccountState and PartState.
  template <typename Builder>
  void write(Builder out) const {
    out.setTrust(trust_);
    if (!reason_.empty()) out.setReason(reason_.c_str());
    out.setSinceAt(since_.received_at);
    out.setSinceSession(since_.session);
    out.setSinceOrdinal(since_.ordinal);
  }
  template <typename Reader>
  void read(Reader in) {
    set(in.getTrust(), event::view(in.getReason()),
        {in.getSinceAt(), in.getSinceSession(), in.getSinceOrdinal()});
    stale_at_ = in.getStaleAt();
  }

 private:
  void set(schema::Trust trust, std::string_view reason, const Moment& moment);

  schema::Trust trust_ = schema::Trust::UNVERIFIABLE;
  std::string reason_;
  Moment since_;
  Nanos stale_at_ = 0;
};

/// A rule that does not hold: what was expected, what is there.
struct Finding {
  std::string rule;     // isolated-margin, crossed-book, position-side, ...
  std::string subject;  // the asset, symbol or order
  Decimal expected;
  Decimal found;
  Decimal difference;
  Moment moment;              // the event after which it first did not hold with this difference
  std::string expected_text;  // where what is compared is no number
  std::string found_text;
  Nanos from_at = 0;  // what is missing happened after this
};

void write(const Finding& finding, schema::Finding::Builder out);
[[nodiscard]] Finding read(schema::Finding::Reader in);

void write(const Moment& moment, schema::Evidence::Builder out);
[[nodiscard]] Moment read(schema::Evidence::Reader in);

/// Symbols of accounts are compared by this: one venue spells them in both cases.
[[nodiscard]] std::string upper(std::string_view text);
/// The identity of an order or fill: a number counts within a symbol only.
[[nodiscard]] std::string identity(std::string_view id, std::string_view symbol);
/// Text for the setter of a builder.
[[nodiscard]] inline capnp::Text::Reader text_of(const std::string& value) {
  return {value.c_str(), value.size()};
}

}  // namespace tape::state
