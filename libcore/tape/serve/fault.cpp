#include <tape/base/error.h>
#include <tape/serve/fault.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tape::serve {
namespace {

struct Named {
  FaultKind kind;
  std::string_view name;
  bool lasts;  // needs a duration
};

constexpr auto kKinds = std::to_array<Named>({
    {FaultKind::drop, "drop", false},
    {FaultKind::silence, "silence", true},
    {FaultKind::http502, "http502", true},
    {FaultKind::empty_body, "empty-body", true},
    {FaultKind::ban, "ban", true},
    {FaultKind::refuse, "refuse", true},
    {FaultKind::post_only, "post-only", true},
    {FaultKind::maintenance, "maintenance", true},
    {FaultKind::skip_seq, "skip-seq", false},
    {FaultKind::duplicate, "duplicate", false},
    {FaultKind::cut_frame, "cut-frame", false},
    {FaultKind::expire_keys, "expire-keys", false},
    {FaultKind::notice, "notice", false},
});

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(tape::Fault::usage, where + ": " + what);
}

const Named& named(std::string_view name, const std::string& where) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(),
                                         [&](const Named& kind) { return kind.name == name; });
  if (found != kKinds.end()) return *found;
  std::string known;
  for (const auto& kind : kKinds) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.name);
  }
  refuse(where, fmt::format("no fault \"{}\"; there are {}", name, known));
}

Nanos duration(const std::string& text, const std::string& where) {
  const auto parsed = parse_duration(text);
  if (!parsed) refuse(where, text + " is no duration, such as 250ms or 1h30m");
  return *parsed;
}

template <class Number>
Number number(const std::string& text, const std::string& where, Number least, Number most) {
  Number value{};
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < least || value > most) {
    refuse(where, fmt::format("{}: expected a number from {} to {}", text, least, most));
  }
  return value;
}

/// False when there is no such setting.
bool set_text(Fault& fault, const std::string& key, const std::string& value) {
  for (const auto& [name, member] :
       {std::pair{"channel", &fault.channel}, std::pair{"symbol", &fault.symbol},
        std::pair{"account", &fault.account}, std::pair{"note", &fault.note},
        std::pair{"type", &fault.type}, std::pair{"priority", &fault.priority}}) {
    if (key != name) continue;
    *member = value;
    return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(FaultKind kind) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(),
                                         [&](const Named& named) { return named.kind == kind; });
  return found->name;
}

bool is_of_frames(FaultKind kind) {
  return kind == FaultKind::skip_seq || kind == FaultKind::duplicate ||
         kind == FaultKind::cut_frame;
}

Settings parse_fault_spec(std::string_view spec) {
  const auto at = spec.find('@');
  const std::string where = fmt::format("--fault {}", spec);
  if (at == std::string_view::npos) refuse(where, "expected NAME@TIME or NAME@TIME+DURATION");
  const auto name = spec.substr(0, at);
  auto time = spec.substr(at + 1);
  Settings settings{{"do", std::string(name)}};
  if (named(name, where).lasts) {
    // A leading + belongs to the time.
    const auto plus = time.rfind('+');
    if (plus == std::string_view::npos || plus == 0) refuse(where, "expected NAME@TIME+DURATION");
    settings.emplace_back("for", time.substr(plus + 1));
    time = time.substr(0, plus);
  }
  settings.emplace_back("at", time);
  return settings;
}

Fault make_fault(const Settings& settings, const std::string& where,
                 const std::function<Nanos(const std::string&)>& moment) {
  Fault fault;
  const Named* kind = nullptr;
  bool timed = false;
  for (const auto& [key, value] : settings) {
    if (key == "do") {
      kind = &named(value, where);
      fault.kind = kind->kind;
    } else if (key == "at") {
      fault.at = moment(value);
      timed = true;
    } else if (key == "for") {
      fault.lasts = duration(value, where);
    } else if (key == "lead") {
      fault.lead = duration(value, where);
    } else if (key == "count") {
      fault.count = number<std::uint64_t>(value, where, 1, 1'000'000'000);
    } else if (key == "code") {
      fault.code = number<std::uint16_t>(value, where, 1000, 4999);
    } else if (key == "probability") {
      fault.probability = number<double>(value, where, 0, 1);
    } else if (!set_text(fault, key, value)) {
      refuse(where, fmt::format("\"{}\" is no setting of a fault", key));
    }
  }
  if (kind == nullptr || !timed) refuse(where, "a fault needs what to do and at which time");
  if (kind->lasts && fault.lasts <= 0) refuse(where, "it needs to last: for = \"30s\"");
  return fault;
}

}  // namespace tape::serve
