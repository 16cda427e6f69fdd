// What a request asks, without what differs from one asking to the next.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tape::venue {

/// A target's path and query without the parameters of these names.
[[nodiscard]] std::string without_parameters(std::string_view target,
                                             std::span<const std::string_view> names);

/// The same without what a request to that venue says of its own time and sender.
[[nodiscard]] std::string asked_of(std::string_view venue, std::string_view target);

}  // namespace tape::venue
