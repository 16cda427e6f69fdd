// Which members of two events' JSON differ.
#pragma once

#include <tape/flow/diff/diff.h>

#include <string>
#include <string_view>
#include <vector>

namespace tape::flow {

/// Both are JSON objects of event::JsonWriter.
[[nodiscard]] std::vector<FieldChange> changed_fields(const DiffOptions& options,
                                                      std::string_view a, std::string_view b);

/// A JSON object without the members that do not count.
[[nodiscard]] std::string without_ignored(const DiffOptions& options, std::string_view event);

}  // namespace tape::flow
