// Which kind a frame is: by stream wrapper and event name, by the target of a REST answer, else by
// its members.
#pragma once

#include <tape/event/frame.h>
#include <tape/venue/binance_usdm/fields.h>
#include <tape/venue/parser.h>

#include <optional>

namespace tape::venue::binance_usdm {

/// Nothing: not a frame of this venue. Descends into the wrapper {"stream": .., "data": ..}.
[[nodiscard]] std::optional<Kind> classify(Parser& parser, const event::Frame& frame);

}  // namespace tape::venue::binance_usdm
