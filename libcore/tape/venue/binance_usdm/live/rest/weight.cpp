#include <tape/venue/binance_usdm/live/rest/weight.h>

#include <algorithm>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
// A count beyond it is no count; sums stay far from overflow.
constexpr std::uint32_t kLargest = 1'000'000'000;

}  // namespace

void Weight::set_limit(std::uint32_t limit) {
  if (limit >= kSmallestLimit) limit_ = std::min(limit, kLargest);
}

bool Weight::admits(std::uint32_t weight, std::uint32_t percent, Session::Now now) const {
  if (blocked(now)) return false;
  return std::uint64_t{used(now)} + weight <= std::uint64_t{limit_} * percent / 100;
}

void Weight::spend(std::uint32_t weight, Session::Now now) {
  if (minute_ != now.utc / kMinute) report(0, now);
  in_flight_ += weight;
}

void Weight::settle(std::uint32_t weight) {
  weight = std::min(weight, in_flight_);
  in_flight_ -= weight;
  counted_ = std::min(counted_ + weight, kLargest);
}

void Weight::report(std::uint32_t used, Session::Now now) {
  minute_ = now.utc / kMinute;
  counted_ = std::min(used, kLargest);
}

void Weight::block(Nanos until) { blocked_until_ = std::max(blocked_until_, until); }

std::uint32_t Weight::used(Session::Now now) const {
  return (minute_ == now.utc / kMinute ? counted_ : 0) + in_flight_;
}

}  // namespace tape::venue::binance_usdm::live
