// Events for the tests: typical ones, and ones with every field of the schema filled at random.
#pragma once

#include <tape/event/event.h>

#include <capnp/dynamic.h>
#include <capnp/schema.h>

#include <random>
#include <string>
#include <vector>

namespace tape::event::sample {

inline constexpr std::uint64_t kSession = 0x9f3c2a1be07d4c55;
inline constexpr Nanos kReceivedAt = 1'795'341'603'217'000'000;  // 2026-11-22T10:00:03.217Z

/// As bookTicker of Binance: four decimals, 160 bytes of raw.
schema::Event::Builder best_quote(Message& message);
/// As one level of Kraken Futures' book feed.
schema::Event::Builder book_delta(Message& message);
/// A bookSnapshot or bookDelta with `levels` levels a side.
schema::Event::Builder book_picture(Message& message, unsigned levels);
schema::Event::Builder trade(Message& message);
schema::Event::Builder fill(Message& message);
schema::Event::Builder gap(Message& message);

/// Every field under `kind` filled at random, texts with quotes, control characters and several
/// alphabets.
schema::Event::Builder random_event(Message& message, Kind kind, std::mt19937_64& random);

/// The message's bytes as a reader gets them.
std::vector<capnp::word> framed(Message& message);

}  // namespace tape::event::sample
