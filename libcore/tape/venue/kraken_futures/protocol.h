// Kraken Futures: WebSocket v1 and REST v3 frames into events, their continuity checked and their
// secrets removed.
#pragma once

#include <tape/venue/venue.h>

#include <array>
#include <memory>
#include <string_view>

namespace tape::venue::kraken_futures {

inline constexpr std::array<std::string_view, 3> kHosts = {
    "futures.kraken.com", "www.cryptofacilities.com", "demo-futures.kraken.com"};

[[nodiscard]] std::unique_ptr<Protocol> make_protocol();
[[nodiscard]] const PictureInfo& pictures();

}  // namespace tape::venue::kraken_futures
