// How the text of a value follows back from the field that a leaf of a table fills. Internal to
// venue/.
#pragma once

#include <tape/shape/learn.h>
#include <tape/venue/program.h>

#include <string_view>

namespace tape::venue {

/// `text` is what stands in one frame; values like it are written the same way. Residual where the
/// field does not tell the text.
[[nodiscard]] shape::Binding binding_of(const Leaf& leaf, const shape::Item& item,
                                        std::string_view text);

}  // namespace tape::venue
