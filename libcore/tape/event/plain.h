// Scalar fields as plain text: what a cell of CSV or a line for people shows.
#pragma once

#include <tape/event/catalog.h>

#include <string>
#include <string_view>

namespace tape::event {

/// Appends the value of a field that is neither struct nor list; false, and nothing, if it is
/// absent. Decimals in plain notation, moments as RFC 3339, enumerations by name, a Tri as true or
/// false, data as hexadecimal.
bool append_plain(const Field& field, const Sections& value, std::string& out);

/// Whether append_plain shows it.
[[nodiscard]] bool is_scalar(SlotType type);

/// Appends `text`; bytes that are not UTF-8 become U+FFFD.
void append_utf8(std::string_view text, std::string& out);

}  // namespace tape::event
