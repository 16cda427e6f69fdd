#include <tape/venue/binance_usdm/live/legs.h>

#include <utility>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
// Replaced between 23 h and 23 h 44 min, siblings seven minutes apart: the last moment at which a
// replacement has to stand is 23 h 50 min.
constexpr Nanos kFirstAge = kMinute * 60 * 23;
constexpr std::uint32_t kSpread = 45;
constexpr std::uint32_t kApart = 7;
// Streams may be quiet.
constexpr Nanos kHeardWithin = 30 * kSecond;
// Streams that the venue refuses are refused on the old connection as well.
constexpr Nanos kReadyWithin = 5 * kMinute;

}  // namespace

Legs::Legs(std::uint32_t number)
    : replace_at_age_(kFirstAge + kMinute * Nanos{number % kSpread * kApart % kSpread}) {}

bool Legs::has(LinkId link) const { return link != 0 && (current_.id == link || next_.id == link); }

Leg* Legs::find(LinkId link) {
  if (link == 0) return nullptr;
  if (current_.id == link) return &current_;
  return next_.id == link ? &next_ : nullptr;
}

LinkId Legs::promote() { return std::exchange(current_, std::exchange(next_, Leg{})).id; }

void Legs::opened(LinkId link, Nanos now) {
  if (auto* const leg = find(link)) *leg = Leg{link, true, false, now};
}

void Legs::heard(LinkId link) {
  if (auto* const leg = find(link)) leg->heard = true;
}

LinkId Legs::lost(LinkId link) {
  auto* const leg = find(link);
  if (leg == nullptr) return 0;
  *leg = Leg{link};
  if (leg != &current_ || next_.id == 0) return 0;
  if (next_.open) return promote();
  return std::exchange(next_, Leg{}).id;
}

Legs::Step Legs::step(Nanos now, bool ready) const {
  if (next_.id == 0) {
    const bool old = current_.open && now - current_.opened_at >= replace_at_age_;
    return old ? Step::connect_next : Step::none;
  }
  if (!next_.open) return Step::none;
  const auto age = now - next_.opened_at;
  if (ready && (next_.heard || age >= kHeardWithin)) return Step::promote;
  return age >= kReadyWithin ? Step::promote : Step::none;
}

}  // namespace tape::venue::binance_usdm::live
