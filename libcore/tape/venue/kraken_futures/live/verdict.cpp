#include <tape/event/event.h>
#include <tape/event/frame.h>
#include <tape/venue/kraken_futures/live/verdict.h>
#include <tape/venue/kraken_futures/protocol.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tape::venue::kraken_futures {
namespace {

constexpr Nanos kLongestRetryAfter = 300 * kSecond;

/// Header Retry-After in seconds; its other form, a date, counts as none.
Nanos retry_after(const Answer& answer) {
  const auto text = answer.header("retry-after");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds <= 0) return 0;
  return std::min(seconds, kLongestRetryAfter / kSecond) * kSecond;
}

/// docs.kraken.com, futures REST, "errors" (read 2026-10).
Outcome outcome_of(std::string_view code) {
  constexpr auto kRefusals =
      std::to_array<std::string_view>({"authenticationError", "accountInactive", "invalidAccount",
                                       "nonceBelowThreshold", "nonceDuplicate"});
  if (code == "apiLimitExceeded") return Outcome::limited;
  const bool refused = std::find(kRefusals.begin(), kRefusals.end(), code) != kRefusals.end();
  return refused ? Outcome::refused : Outcome::failed;
}

class Reading final : public Outbox {
 public:
  Reading(Verdict& verdict, const Answer& answer)
      : verdict_(verdict),
        success_(answer.status >= 200 && answer.status < 300),
        object_(answer.body.substr(0, 64).find('{') != std::string_view::npos) {}

  void event(event::Message& message) override {
    const auto body = message.reader().getBody();
    switch (body.which()) {
      case event::Kind::OPAQUE:
        opaque(body.getOpaque());
        break;
      case event::Kind::ERROR:
        error(body.getError());
        break;
      case event::Kind::FILL:
        fills(body.getFill());
        if (success_) verdict_.outcome = Outcome::good;
        break;
      default:
        if (success_) verdict_.outcome = Outcome::good;
        break;
    }
  }

 private:
  void opaque(schema::Opaque::Reader opaque) {
    verdict_.why = event::view(opaque.getReason());
    // A message that is new to us is none of the venue's failures.
    if (success_ && object_ && opaque.getKind() == schema::OpaqueKind::UNKNOWN_KIND) {
      verdict_.outcome = Outcome::good;
    }
  }

  void error(schema::VenueError::Reader error) {
    std::string_view code = event::view(error.getCode());
    if (code.empty()) code = event::view(error.getMessage());
    if (code.empty() && error.getErrors().size() != 0) {
      const auto first = error.getErrors()[0];
      code = event::view(first.getCode().size() != 0 ? first.getCode() : first.getMessage());
    }
    verdict_.outcome = outcome_of(code);
    verdict_.why = code.substr(0, 200);
  }

  void fills(schema::Fills::Reader fills) {
    verdict_.fills = fills.getItems().size();
    for (const auto fill : fills.getItems()) {
      const auto at = fill.getFilledAt();
      if (at == 0) continue;
      if (verdict_.oldest_fill == 0 || at < verdict_.oldest_fill) verdict_.oldest_fill = at;
      verdict_.newest_fill = std::max(verdict_.newest_fill, at);
    }
  }

  Verdict& verdict_;
  bool success_;
  bool object_;  // else it is a bare word or an empty list
};

}  // namespace

Judge::Judge() : protocol_(make_protocol()) {}

Verdict Judge::judge(const Answer& answer, std::string_view target) {
  Verdict verdict;
  if (answer.status == 0) {
    verdict.why = answer.cause.empty() ? "no answer" : answer.cause.substr(0, 200);
    return verdict;
  }
  buffer_.assign(answer.body);
  buffer_.append(event::kFramePadding, '\0');
  const event::RestInfo rest{"GET", target, answer.status, answer.latency, 0};
  event::Frame frame;
  frame.bytes = {buffer_.data(), answer.body.size()};
  frame.transport = schema::Transport::REST;
  frame.rest = &rest;
  Reading reading(verdict, answer);
  (void)protocol_->on_frame(frame, reading, Unknown::record);
  verdict.retry_after = retry_after(answer);
  if (answer.status == 429 && verdict.outcome != Outcome::refused) {
    verdict.outcome = Outcome::limited;
  }
  if (answer.status == 401 || answer.status == 403) verdict.outcome = Outcome::refused;
  if (verdict.outcome != Outcome::good) {
    verdict.why =
        fmt::format("HTTP {}{}{}", answer.status, verdict.why.empty() ? "" : ", ", verdict.why);
  }
  return verdict;
}

}  // namespace tape::venue::kraken_futures
