#include <tape/base/diag.h>

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

namespace tape::diag {
namespace {

// The name of the process and its verbosity are the process's own; set once, before threads.
std::string& name() {
  static std::string text = "tape";
  return text;
}
std::atomic<bool>& verbose() {
  static std::atomic<bool> on{false};
  return on;
}

void line(std::string_view kind, std::string_view message) {
  const auto text = fmt::format("{}: {}{}\n", name(), kind, message);
  // A closed stderr is no reason to fail.
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

void set_program(std::string_view program_name) { name() = program_name; }
std::string_view program() { return name(); }
void error(std::string_view message) { line("error: ", message); }
void warning(std::string_view message) { line("warning: ", message); }
void note(std::string_view message) {
  if (verbose()) line("", message);
}
void set_verbose(bool on) { verbose() = on; }

}  // namespace tape::diag
