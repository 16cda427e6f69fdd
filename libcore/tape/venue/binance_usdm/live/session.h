// The live session of Binance USD-M futures: market streams, user data of accounts, snapshots.
#pragma once

#include <tape/venue/session.h>

#include <memory>

namespace tape::venue::binance_usdm::live {

/// Throws Error{usage} for what cannot be, naming what can.
[[nodiscard]] std::unique_ptr<Session> make_session(SessionOptions options);

/// For the registry of venues.
[[nodiscard]] const LiveInfo* live_info();

}  // namespace tape::venue::binance_usdm::live
