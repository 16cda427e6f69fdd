// An event's message as it leaves a tape, laid out from its words without building it anew.
#pragma once

#include <tape/event/event.h>
#include <tape/event/memory.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tape::event {

/// Writes the message of an event whose frame is rendered, with `frame` as `raw.text`: the words as
/// they are, the text behind them, three pointers and sizes set. The same event as
/// Message::copy_with_raw() makes of one without packed levels, several times faster. Empty where
/// that does not do: several segments, a shape or residual text to be dropped, bytes that are no
/// text.
[[nodiscard]] std::span<const std::uint64_t> splice_raw(std::span<const capnp::word> framed,
                                                        std::string_view frame, Memory& memory);

/// The same for an event with packed levels, as lists; without `frame`, `raw` stays as it is: what
/// Message::copy_with_raw() and copy_unpacked() make. Throws kj::Exception on damaged levels. Empty
/// also where the body has more than levels and texts.
[[nodiscard]] std::span<const std::uint64_t> splice_levels(std::span<const capnp::word> framed,
                                                           std::optional<std::string_view> frame,
                                                           Memory& memory);

}  // namespace tape::event
