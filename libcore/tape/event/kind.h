// The kinds of the Event: the members of its body.
#pragma once

#include <tape/schemas/event.capnp.h>

#include <cstddef>
#include <optional>
#include <string_view>

namespace tape::event {

using Kind = schema::Event::Body::Which;
inline constexpr std::size_t kKinds = 47;
/// The member's name in the schema: "bookDelta".
[[nodiscard]] std::string_view kind_name(Kind kind);
[[nodiscard]] std::optional<Kind> kind_from_name(std::string_view name);
/// About an account, or something we sent: flushed at once, never shed, bytes always kept.
[[nodiscard]] bool is_account_kind(Kind kind);
/// What the recorder itself notices: no bytes.
[[nodiscard]] bool is_recorder_kind(Kind kind);

}  // namespace tape::event
