// What the selection options of a tool mean: which events, and what of a file has to be read for
// them.
#pragma once

#include <tape/cli/input.h>
#include <tape/cli/source.h>
#include <tape/event/select.h>

#include <cstdint>
#include <optional>

namespace tape::cli {

/// `from` and `to` are the moments that the options' times were resolved into. Throws Error{usage}.
[[nodiscard]] event::Selection make_selection(const SelectOptions& options,
                                              std::optional<Nanos> from, std::optional<Nanos> to);

[[nodiscard]] Window make_window(const event::Selection& selection, std::uint64_t context);

}  // namespace tape::cli
