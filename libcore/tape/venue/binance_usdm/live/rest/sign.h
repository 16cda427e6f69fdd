// The signature of a REST request.
#pragma once

#include <tape/base/hmac.h>
#include <tape/base/time.h>

#include <string>
#include <string_view>

namespace tape::venue::binance_usdm::live {

/// HMAC-SHA-256 of the parameters with the text of the secret as key, in hexadecimal. `total` is
/// the query directly followed by the body, without the signature.
[[nodiscard]] std::string sign(const Secret& secret, std::string_view total);

/// The parameters with recvWindow, timestamp and signature behind them, in this order: the venue
/// wants the signature last. `venue_time` is UTC by the venue's clock.
[[nodiscard]] std::string signed_query(const Secret& secret, std::string_view parameters,
                                       Nanos venue_time);

}  // namespace tape::venue::binance_usdm::live
