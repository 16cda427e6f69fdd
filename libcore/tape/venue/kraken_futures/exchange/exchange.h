// Kraken Futures played from a tape: its WebSocket v1 and REST v3.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <memory>

namespace tape::venue::kraken_futures {

/// The host outlives it. docs.kraken.com, futures WebSocket v1 and REST v3 (read 2026-10).
[[nodiscard]] std::unique_ptr<Exchange> make_exchange(ExchangeOptions options, ExchangeHost& host);

}  // namespace tape::venue::kraken_futures
