// Points in time and durations: nanoseconds, and their spellings on command lines, in JSON and at
// the venues.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tape {

/// Nanoseconds: since 1970-01-01T00:00:00Z for a moment (0 = none), else a duration.
using Nanos = std::int64_t;

inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;

/// Bytes that format_rfc3339 writes: "2026-11-22T10:00:03.217000000Z".
inline constexpr std::size_t kRfc3339Size = 30;

/// Writes the moment in UTC with nanoseconds to `out`, which holds kRfc3339Size bytes. No NUL is
/// added. Moments whose year is not 0000 to 9999 do not exist in 64 bits of nanoseconds.
void format_rfc3339(Nanos moment, char* out);
[[nodiscard]] std::string format_rfc3339(Nanos moment);

/// "250ms", "5s", "1h30m" (units ns us ms s m h d, each at most once, decimals allowed): nothing if
/// it is not one.
[[nodiscard]] std::optional<Nanos> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(Nanos duration);

/// RFC 3339 (no zone means UTC; ' ' for 'T' is taken; up to 9 decimals), a date, or
/// "@SECONDS[.FRACTION]".
[[nodiscard]] std::optional<Nanos> parse_moment(std::string_view text);

/// A bare integer of a venue by its magnitude: below 1e11 seconds, 1e14 milliseconds, 1e17
/// microseconds, else nanoseconds; zero and negative are 0, none.
enum class TimeUnit : std::uint8_t { none, seconds, milliseconds, microseconds, nanoseconds, iso };
struct VenueTime {
  Nanos moment = 0;
  TimeUnit unit = TimeUnit::none;
};
[[nodiscard]] VenueTime classify_time(std::int64_t number);

}  // namespace tape
