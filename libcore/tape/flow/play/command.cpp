#include <tape/base/error.h>
#include <tape/flow/play/command.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace tape::flow {
namespace {

using Json = nlohmann::json;

const std::map<std::string, Command::Verb, std::less<>>& verbs() {
  using Verb = Command::Verb;
  static const std::map<std::string, Verb, std::less<>> kVerbs{
      {"status", Verb::status}, {"pause", Verb::pause},  {"resume", Verb::resume},
      {"step", Verb::step},     {"seek", Verb::seek},    {"speed", Verb::speed},
      {"stop", Verb::stop},     {"credit", Verb::credit}};
  return kVerbs;
}

/// The one key that a command takes besides its name.
std::string_view argument_of(Command::Verb verb) {
  switch (verb) {
    case Command::Verb::step:
    case Command::Verb::credit:
      return "count";
    case Command::Verb::seek:
      return "at";
    case Command::Verb::speed:
      return "speed";
    default:
      return "";
  }
}

Error wrong(const std::string& why) { return {Fault::usage, "control: " + why}; }

std::uint64_t count_of(const Json& value) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() == 0)
    throw wrong("count is a whole number above 0");
  return value.get<std::uint64_t>();
}

double speed_of(const Json& value) {
  if (value.is_string()) return parse_speed(value.get<std::string>());
  if (value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() > 0)
    return value.get<double>();
  throw wrong("speed is a number above 0 or \"max\"");
}

}  // namespace

double parse_speed(const std::string& text) {
  if (text == "max") return 0;
  double speed = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, speed);
  if (error != std::errc{} || stop != end || !std::isfinite(speed) || speed <= 0) {
    throw Error(Fault::usage, fmt::format("--speed {}: is neither a number above 0 nor max", text));
  }
  return speed;
}

Command parse_command(std::string_view json) {
  const auto asked = Json::parse(json, nullptr, false);
  if (!asked.is_object() || !asked.contains("command") || !asked["command"].is_string())
    throw wrong(R"(expected one JSON object, such as {"command":"status"})");
  const auto name = asked["command"].get<std::string>();
  const auto found = verbs().find(name);
  if (found == verbs().end()) {
    throw wrong(fmt::format(
        "no command \"{}\"; there are status, pause, resume, step, seek, speed, stop, credit",
        name));
  }
  Command command;
  command.verb = found->second;
  const auto argument = argument_of(command.verb);
  for (const auto& [key, value] : asked.items()) {
    if (key == "command") continue;
    if (key != argument) throw wrong(fmt::format("{} takes no \"{}\"", name, key));
    if (key == "count") command.count = count_of(value);
    if (key == "speed") command.speed = speed_of(value);
    if (key == "at" && value.is_string()) command.at = value.get<std::string>();
  }
  if (command.verb == Command::Verb::seek && command.at.empty())
    throw wrong(R"(seek needs a time: {"command":"seek","at":"+5m"})");
  if (command.verb == Command::Verb::speed && !asked.contains("speed"))
    throw wrong(R"(speed needs a number or "max": {"command":"speed","speed":10})");
  return command;
}

}  // namespace tape::flow
