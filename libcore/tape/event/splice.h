// An event's message with the bytes of its frame put behind it, without building it anew.
#pragma once

#include <tape/event/event.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tape::event {

/// Writes the message of an event whose frame is rendered as it leaves a tape, with `frame` as
/// `raw.text`: the words as they are, the text behind them, three pointers and sizes set. The same
/// event as Message::copy_with_raw() makes, several times faster. False, and nothing of use in
/// `out`, where that does not do: several segments, a shape or residual text to be dropped, bytes
/// that are no text.
[[nodiscard]] bool splice_raw(std::span<const capnp::word> framed, std::string_view frame,
                              std::vector<std::uint64_t>& out);

}  // namespace tape::event
