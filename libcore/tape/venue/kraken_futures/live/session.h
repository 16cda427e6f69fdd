// Kraken Futures recorded live: what can be asked for, and the session that asks.
#pragma once

#include <tape/venue/session.h>

namespace tape::venue::kraken_futures {

[[nodiscard]] const LiveInfo* live();

}  // namespace tape::venue::kraken_futures
