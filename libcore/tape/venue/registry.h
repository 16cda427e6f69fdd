// The venues there are.
#pragma once

#include <tape/venue/venue.h>

#include <span>
#include <string_view>

namespace tape::venue {

[[nodiscard]] std::span<const Venue> venues();

/// Nothing when there is no such venue.
[[nodiscard]] const Venue* find_venue(std::string_view name);

/// A Protocol that tells the venue of each frame by its shape: the venue that understood the last
/// frame is asked first. A frame that none understands is recorded by the one that understood the
/// last.
[[nodiscard]] std::unique_ptr<Protocol> make_any_venue();

}  // namespace tape::venue
