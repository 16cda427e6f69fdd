// Binance USD-M futures as a pure machine: redacts, decodes through its tables and checks the order
// of depth updates.
#pragma once

#include <tape/venue/venue.h>

#include <array>
#include <memory>
#include <string_view>

namespace tape::venue::binance_usdm {

/// Host texts that tell the venue in captures.
inline constexpr std::array<std::string_view, 4> kHosts{"fstream.binance.com", "fapi.binance.com",
                                                        "testnet.binancefuture.com",
                                                        "stream.binancefuture.com"};

/// Of signed requests (Binance, "Endpoint security type").
inline constexpr std::array<std::string_view, 3> kStamps{"timestamp", "recvWindow", "signature"};

[[nodiscard]] std::unique_ptr<Protocol> make_protocol();
[[nodiscard]] const PictureInfo& pictures();

}  // namespace tape::venue::binance_usdm
