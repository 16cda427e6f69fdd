#include <tape/base/time.h>

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

namespace tape {
namespace {

void put_digits(char* out, std::uint32_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Takes exactly `digits` digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes "digits" as a fraction of a second, at most nine of them.
std::optional<Nanos> take_fraction(std::string_view& text) {
  Nanos value = 0;
  Nanos unit = kSecond;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (unit == 1) return std::nullopt;
    unit /= 10;
    value += (text.front() - '0') * unit;
    text.remove_prefix(1);
  }
  if (unit == kSecond) return std::nullopt;
  return value;
}

std::optional<Nanos> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0;
  const bool minus = text.front() == '-';
  if (!minus && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  (void)take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const Nanos offset = (*hours * 3600LL + *minutes * 60LL) * kSecond;
  return minus ? -offset : offset;
}

std::optional<Nanos> parse_epoch(std::string_view text) {
  const bool minus = take(text, '-');
  std::int64_t seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc() || seconds < 0 || seconds > 9'200'000'000) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  Nanos fraction = 0;
  if (take(text, '.')) {
    const auto taken = take_fraction(text);
    if (!taken) return std::nullopt;
    fraction = *taken;
  }
  if (!text.empty()) return std::nullopt;
  const Nanos moment = seconds * kSecond + fraction;
  return minus ? -moment : moment;
}

}  // namespace

void format_rfc3339(Nanos moment, char* out) {
  // Whole seconds first: the day of the least moment does not fit 64 bits of nanoseconds.
  const std::chrono::nanoseconds since{moment};
  const std::chrono::sys_time<std::chrono::seconds> second{
      date::floor<std::chrono::seconds>(since)};
  const auto nanos = ((moment % kSecond) + kSecond) % kSecond;
  const auto day = date::floor<date::days>(second);
  const date::year_month_day ymd{day};
  const date::hh_mm_ss<std::chrono::seconds> time{second - day};
  put_digits(out, static_cast<std::uint32_t>(static_cast<int>(ymd.year())), 4);
  out[4] = '-';
  put_digits(out + 5, static_cast<unsigned>(ymd.month()), 2);
  out[7] = '-';
  put_digits(out + 8, static_cast<unsigned>(ymd.day()), 2);
  out[10] = 'T';
  put_digits(out + 11, static_cast<std::uint32_t>(time.hours().count()), 2);
  out[13] = ':';
  put_digits(out + 14, static_cast<std::uint32_t>(time.minutes().count()), 2);
  out[16] = ':';
  put_digits(out + 17, static_cast<std::uint32_t>(time.seconds().count()), 2);
  out[19] = '.';
  put_digits(out + 20, static_cast<std::uint32_t>(nanos), 9);
  out[29] = 'Z';
}

std::string format_rfc3339(Nanos moment) {
  std::string text(kRfc3339Size, ' ');
  format_rfc3339(moment, text.data());
  return text;
}

std::optional<Nanos> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    Nanos size;
  };
  static constexpr std::array<Unit, 7> kUnits{{{"d", 86400 * kSecond},
                                               {"h", 3600 * kSecond},
                                               {"ms", kMillisecond},
                                               {"m", 60 * kSecond},
                                               {"us", kMicrosecond},
                                               {"ns", 1},
                                               {"s", kSecond}}};
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  Nanos total = 0;
  unsigned seen = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, code] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (code != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t which = 0;
    while (which < kUnits.size() && !text.starts_with(kUnits[which].name)) ++which;
    if (which == kUnits.size() || (seen & (1U << which)) != 0) return std::nullopt;
    seen |= 1U << which;
    text.remove_prefix(kUnits[which].name.size());
    const double nanos = number * static_cast<double>(kUnits[which].size);
    if (nanos > 9e18 - static_cast<double>(total)) return std::nullopt;
    total += std::llround(nanos);
  }
  return total;
}

std::string format_duration(Nanos duration) {
  // The least duration has no positive counterpart; a nanosecond less is near enough.
  const auto magnitude =
      duration < 0 ? -std::max(duration, -std::numeric_limits<Nanos>::max()) : duration;
  if (magnitude < kMicrosecond) return fmt::format("{}ns", duration);
  if (magnitude < kMillisecond) return fmt::format("{:g}us", static_cast<double>(duration) / 1e3);
  if (magnitude < kSecond) return fmt::format("{:.4g}ms", static_cast<double>(duration) / 1e6);
  if (magnitude < 60 * kSecond) return fmt::format("{:.4g}s", static_cast<double>(duration) / 1e9);
  const auto seconds = magnitude / kSecond;
  const char* sign = duration < 0 ? "-" : "";
  if (seconds < 3600) return fmt::format("{}{}m{:02}s", sign, seconds / 60, seconds % 60);
  if (seconds < 86400) {
    return fmt::format("{}{}h{:02}m{:02}s", sign, seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return fmt::format("{}{}d{:02}h{:02}m", sign, seconds / 86400, seconds / 3600 % 24,
                     seconds / 60 % 60);
}

std::optional<Nanos> parse_moment(std::string_view text) {
  if (take(text, '@')) return parse_epoch(text);
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const date::year_month_day ymd{date::year{*year}, date::month(static_cast<unsigned>(*month)),
                                 date::day(static_cast<unsigned>(*day))};
  // 1678 to 2261 is what 64 bits of nanoseconds hold.
  if (!ymd.ok() || *year < 1678 || *year > 2261) return std::nullopt;
  Nanos moment = date::sys_days{ymd}.time_since_epoch().count() * 86400LL * kSecond;
  if (text.empty()) return moment;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  moment += (*hour * 3600LL + *minute * 60LL) * kSecond;
  if (take(text, ':')) {
    const auto second = take_digits(text, 2);
    if (!second || *second > 60) return std::nullopt;
    moment += *second * kSecond;
    if (take(text, '.')) {
      const auto fraction = take_fraction(text);
      if (!fraction) return std::nullopt;
      moment += *fraction;
    }
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return moment - *zone;
}

VenueTime classify_time(std::int64_t number) {
  if (number <= 0) return {};
  if (number < 100'000'000'000) {
    // The largest seconds that fit nanoseconds in 64 bits.
    if (number > std::numeric_limits<Nanos>::max() / kSecond) return {};
    return {number * kSecond, TimeUnit::seconds};
  }
  if (number < 100'000'000'000'000) {
    if (number > std::numeric_limits<Nanos>::max() / kMillisecond) return {};
    return {number * kMillisecond, TimeUnit::milliseconds};
  }
  if (number < 100'000'000'000'000'000) {
    if (number > std::numeric_limits<Nanos>::max() / kMicrosecond) return {};
    return {number * kMicrosecond, TimeUnit::microseconds};
  }
  return {number, TimeUnit::nanoseconds};
}

}  // namespace tape
