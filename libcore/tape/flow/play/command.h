// What an operator may ask of a run, and its JSON form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tape::flow {

struct Command {
  enum class Verb : std::uint8_t { status, pause, resume, step, seek, speed, stop, credit };
  Verb verb = Verb::status;
  std::uint64_t count = 1;  // step, credit
  double speed = 1;         // 0 = max
  std::string at;           // seek: a time as on the command line
};

/// "2", "0.5" or "max", which is 0. Throws Error{usage}.
[[nodiscard]] double parse_speed(const std::string& text);

/// {"command":"pause"}, {"command":"step","count":5}, {"command":"seek","at":"+5m"},
/// {"command":"speed","speed":10} or "max", ... Throws Error{usage}: no JSON, an unknown command or
/// key, a value that cannot be.
[[nodiscard]] Command parse_command(std::string_view json);

}  // namespace tape::flow
