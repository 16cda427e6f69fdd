// What a run that starts in the middle tells first.
#pragma once

#include <tape/state/primer.h>

#include <cstdint>

namespace tape::flow {

enum class Prime : std::uint8_t {
  checkpoint,  // the whole state, as checkpoint events
  venue,       // the venue's own snapshots, as frames that the venue might have sent
  off,
};

/// Empty for Prime::off.
[[nodiscard]] state::MakePrimer primer(Prime prime);

}  // namespace tape::flow
