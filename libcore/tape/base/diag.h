// Diagnostics: one line each on stderr, prefixed by the program's name. Data never goes here.
#pragma once

#include <string>
#include <string_view>

namespace tape::diag {

/// Sets the name that begins every line; call first in main.
void set_program(std::string_view name);
[[nodiscard]] std::string_view program();

/// "tape-record: warning: MESSAGE" and so on; a message has no final newline. Thread-safe, one
/// write a line.
void error(std::string_view message);
void warning(std::string_view message);
/// Only with -v.
void note(std::string_view message);
void set_verbose(bool on);

}  // namespace tape::diag
