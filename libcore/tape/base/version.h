// The version of the project, in one place for --version, the preamble and the session event.
#pragma once

#include <string_view>

namespace tape {

/// Such as "0.1.0".
[[nodiscard]] std::string_view version();

}  // namespace tape
