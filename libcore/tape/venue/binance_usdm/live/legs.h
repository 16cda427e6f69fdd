// The connections behind one thing that is to stay connected: one, and for a while a second that
// takes over before the venue's 24 hours are up.
#pragma once

#include <tape/base/time.h>
#include <tape/venue/session.h>

#include <cstdint>

namespace tape::venue::binance_usdm::live {

/// The venue ends connections at this age.
inline constexpr Nanos kLongestConnection = Nanos{24} * 3600 * kSecond;

/// Numbers of links: each replacement is a link of its own.
class LinkIds {
 public:
  [[nodiscard]] LinkId take() { return ++last_; }

 private:
  LinkId last_ = 0;
};

struct Leg {
  LinkId id = 0;  // 0 = there is none
  bool open = false;
  bool heard = false;  // data came since it opened
  Nanos opened_at = 0;
};

/// Knows when to do what; who has them connects and disconnects.
class Legs {
 public:
  /// `number` tells siblings apart, so that they are not replaced all at once.
  explicit Legs(std::uint32_t number);

  [[nodiscard]] const Leg& current() const { return current_; }
  [[nodiscard]] const Leg& next() const { return next_; }
  [[nodiscard]] bool has(LinkId link) const;
  [[nodiscard]] bool open() const { return current_.open || next_.open; }

  void begin(LinkId link) { current_ = Leg{link}; }
  void begin_next(LinkId link) { next_ = Leg{link}; }
  /// The next one takes over; the link that is to be disconnected.
  [[nodiscard]] LinkId promote();

  void opened(LinkId link, Nanos now);
  void heard(LinkId link);
  /// The link of the two that the loss makes needless, to be disconnected; 0 = none. Of a loss
  /// before the replacement stands the replacement is: the host connects the lost one anew.
  [[nodiscard]] LinkId lost(LinkId link);

  enum class Step : std::uint8_t { none, connect_next, promote };
  /// `ready`: the next one's streams are all acknowledged.
  [[nodiscard]] Step step(Nanos now, bool ready) const;

 private:
  [[nodiscard]] Leg* find(LinkId link);

  Nanos replace_at_age_;
  Leg current_;
  Leg next_;
};

}  // namespace tape::venue::binance_usdm::live
