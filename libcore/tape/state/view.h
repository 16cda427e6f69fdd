// A state as text for people: what is held first, what is suspect marked with its reason.
#pragma once

#include <tape/event/json.h>
#include <tape/state/state.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tape::state {

enum class View : std::uint8_t { account, positions, orders, books, status, all };

inline constexpr std::string_view kViewNames = "account, positions, orders, books, status, all";
[[nodiscard]] std::optional<View> view_from_name(std::string_view name);

/// What a venue wrote must not steer a terminal: control characters as \\xNN.
[[nodiscard]] std::string printable(std::string_view text);

/// Sets which lists of the state the view needs.
void restrict_to(View view, Scope& scope);

/// Appends the state as tables, with a heading that says at which event it stands. The form is for
/// reading and may change; programs take JSON. Control characters in texts of the venue are
/// escaped.
void append_text(const State& state, const Scope& scope, View view, std::string& out);
void append_text(schema::State::Reader state, View view, std::string& out);

/// Appends the state as one JSON object and a newline (schemas/state.md).
void append_json(const State& state, const Scope& scope, event::JsonWriter& writer,
                 std::string& out);

}  // namespace tape::state
