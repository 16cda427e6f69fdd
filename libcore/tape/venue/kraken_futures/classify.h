// Which message of Kraken Futures a frame is: by its event or feed, by the REST path, or by its
// members.
#pragma once

#include <tape/event/frame.h>
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/parser.h>

#include <cstddef>
#include <optional>

namespace tape::venue::kraken_futures {

/// Index in all_tables(), as a Dialect wants it.
[[nodiscard]] std::optional<std::size_t> classify(Parser& parser, const event::Frame& frame);

/// A frame of the socket without a member "event": classify() asks the parser only.
[[nodiscard]] bool is_feed(const event::Frame& frame);

/// Whether "event" stands in the bytes: control frames only have such a member, and nearly no frame
/// is one.
[[nodiscard]] bool mentions_event(std::string_view bytes);

}  // namespace tape::venue::kraken_futures
