// Binance USD-M futures played from a tape: its streams, listen keys and REST.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <memory>

namespace tape::venue::binance_usdm {

/// The host outlives it. developers.binance.com, USD-M futures (read 2026-10), and its notice of
/// 2026-03-06 on the addresses of streams.
[[nodiscard]] std::unique_ptr<Exchange> make_exchange(ExchangeOptions options, ExchangeHost& host);

}  // namespace tape::venue::binance_usdm
