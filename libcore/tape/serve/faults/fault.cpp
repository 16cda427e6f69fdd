#include <tape/base/error.h>
#include <tape/serve/faults/fault.h>

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
    {FaultKind::delay, "delay", true},
    {FaultKind::skip_seq, "skip-seq", false},
    {FaultKind::duplicate, "duplicate", false},
    {FaultKind::cut_frame, "cut-frame", false},
    {FaultKind::expire_keys, "expire-keys", false},
    {FaultKind::notice, "notice", false},
});

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(Fault::usage, where + ": " + what);
}

const Named& named(std::string_view name, const std::string& where) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(),
                                         [&](const Named& kind) { return kind.name == name; });
  if (found != kKinds.end()) return *found;
  std::string known;
  for (const auto& kind : kKinds) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.name);
  }
  refuse(where, fmt::format("there is no fault \"{}\"; expected one of {}", name, known));
}

bool same(std::string_view wanted, std::string_view got) { return wanted.empty() || wanted == got; }

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

bool Match::fits(schema::Event::Reader event) const {
  if (kind && *kind != event.getBody().which()) return false;
  if (sequence != 0 && sequence != event.getSequence()) return false;
  return same(channel, event::view(event.getChannel())) &&
         same(symbol, event::view(event.getSymbol())) &&
         same(account, event::view(event.getAccount()));
}

SettingTable parse_fault_spec(std::string_view spec) {
  const auto at = spec.find('@');
  const std::string where = fmt::format("--fault {}", spec);
  if (at == std::string_view::npos) refuse(where, "expected NAME@TIME or NAME@TIME+DURATION");
  const auto name = spec.substr(0, at);
  auto time = spec.substr(at + 1);
  std::vector<Setting> settings{{"do", std::string(name), where}};
  if (named(name, where).lasts) {
    // A leading + belongs to the time.
    const auto plus = time.rfind('+');
    if (plus == std::string_view::npos || plus == 0) refuse(where, "expected NAME@TIME+DURATION");
    settings.push_back({"for", std::string(time.substr(plus + 1)), where});
    time = time.substr(0, plus);
  }
  settings.push_back({"at", std::string(time), where});
  return {std::move(settings), where};
}

namespace {

/// What several settings say together.
struct Draft {
  FaultSpec spec;
  const Named* kind = nullptr;
  std::optional<std::string> at;
  std::vector<std::string> between;
  std::string between_where;
  std::uint64_t times = 1;
  Nanos every = 0;
  Nanos post_only = 0;
  bool counted = false;
  std::string at_where;
};

Nanos duration(const Setting& setting) {
  const auto parsed = parse_duration(setting.value);
  if (!parsed) {
    refuse(setting.where, fmt::format("{}: expected a duration, such as 250ms or 1h30m, not {}",
                                      setting.key, setting.value));
  }
  return *parsed;
}

template <class Number>
Number number(const Setting& setting, Number least, Number most) {
  const auto& text = setting.value;
  const auto* const end = text.data() + text.size();
  Number value{};
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < least || value > most) {
    refuse(setting.where, fmt::format("{}: expected a number from {} to {}, not {}", setting.key,
                                      least, most, text));
  }
  return value;
}

std::uint64_t whole(const Setting& setting, std::uint64_t least, std::uint64_t most) {
  return number<std::uint64_t>(setting, least, most);
}

FaultSpec::Concerns concerns(const Setting& setting) {
  if (setting.value == "frames") return FaultSpec::Concerns::frames;
  if (setting.value == "answers") return FaultSpec::Concerns::answers;
  if (setting.value == "both") return FaultSpec::Concerns::both;
  refuse(setting.where, fmt::format("of: expected frames, answers or both, not {}", setting.value));
}

constexpr std::string_view kWhen = "when.";
constexpr std::uint64_t kMany = 1'000'000'000;

/// False when there is no such setting of a match.
bool set_match(Match& match, std::string_view key, const Setting& setting) {
  if (key == "channel") {
    match.channel = setting.value;
  } else if (key == "symbol") {
    match.symbol = setting.value;
  } else if (key == "account") {
    match.account = setting.value;
  } else if (key == "kind") {
    match.kind = event::kind_from_name(setting.value);
    if (!match.kind) {
      refuse(setting.where,
             fmt::format("{}: expected a kind of event, such as fill or bookDelta, not {}",
                         setting.key, setting.value));
    }
  } else if (key == "sequence") {
    match.sequence = whole(setting, 1, ~std::uint64_t{0});
  } else {
    return false;
  }
  return true;
}

using Set = void (*)(Draft&, const Setting&);
struct Key {
  std::string_view name;
  Set set;
  std::vector<FaultKind> kinds;  // empty: all
};

const std::vector<Key>& keys() {
  using Kind = FaultKind;
  static const std::vector<Key> kKeys = {
      {"after", [](Draft& d, const Setting& s) { d.spec.after = duration(s); }, {}},
      {"wait", [](Draft& d, const Setting& s) { d.spec.wait = duration(s); }, {}},
      {"times", [](Draft& d, const Setting& s) { d.times = whole(s, 1, 10'000); }, {}},
      {"every", [](Draft& d, const Setting& s) { d.every = duration(s); }, {}},
      {"for", [](Draft& d, const Setting& s) { d.spec.lasts = duration(s); }, {}},
      {"count",
       [](Draft& d, const Setting& s) {
         d.spec.count = whole(s, 1, kMany);
         d.counted = true;
       },
       {Kind::skip_seq, Kind::duplicate, Kind::cut_frame}},
      {"probability",
       [](Draft& d, const Setting& s) { d.spec.probability = number<double>(s, 0, 1); },
       {Kind::skip_seq, Kind::duplicate, Kind::cut_frame}},
      {"code",
       [](Draft& d, const Setting& s) {
         d.spec.code = static_cast<std::uint16_t>(whole(s, 1000, 4999));
       },
       {Kind::drop, Kind::maintenance}},
      {"status",
       [](Draft& d, const Setting& s) {
         d.spec.status = static_cast<std::uint16_t>(whole(s, 200, 599));
       },
       {Kind::ban}},
      {"retry", [](Draft& d, const Setting& s) { d.spec.retry = duration(s); }, {Kind::ban}},
      {"note",
       [](Draft& d, const Setting& s) { d.spec.note = s.value; },
       {Kind::notice, Kind::maintenance}},
      {"type", [](Draft& d, const Setting& s) { d.spec.type = s.value; }, {Kind::notice}},
      {"priority", [](Draft& d, const Setting& s) { d.spec.priority = s.value; }, {Kind::notice}},
      {"lead", [](Draft& d, const Setting& s) { d.spec.lead = duration(s); }, {Kind::maintenance}},
      {"post-only",
       [](Draft& d, const Setting& s) { d.post_only = duration(s); },
       {Kind::maintenance}},
      {"latency", [](Draft& d, const Setting& s) { d.spec.latency = duration(s); }, {Kind::delay}},
      {"least", [](Draft& d, const Setting& s) { d.spec.least = duration(s); }, {Kind::delay}},
      {"of", [](Draft& d, const Setting& s) { d.spec.concerns = concerns(s); }, {Kind::delay}},
  };
  return kKeys;
}

void apply(Draft& draft, const Setting& setting) {
  const std::string_view key = setting.key;
  if (key == "do") return;
  if (key == "at") {
    draft.at = setting.value;
    draft.at_where = setting.where;
    return;
  }
  if (key == "between") {
    draft.between.push_back(setting.value);
    draft.between_where = setting.where;
    return;
  }
  if (key.starts_with(kWhen)) {
    if (!draft.spec.when) draft.spec.when.emplace();
    const auto name = key.substr(kWhen.size());
    if (name == "nth") {
      draft.spec.nth = whole(setting, 1, kMany);
    } else if (!set_match(*draft.spec.when, name, setting)) {
      refuse(setting.where,
             fmt::format("when: \"{}\" is no condition; expected channel, symbol, account, kind, "
                         "sequence or nth",
                         name));
    }
    return;
  }
  if (is_of_frames(draft.spec.kind) && set_match(draft.spec.of, key, setting)) return;
  const auto& all = keys();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Key& one) { return one.name == key; });
  std::string known = "at, between, when";
  for (const auto& one : all) {
    const bool fits = one.kinds.empty() || std::find(one.kinds.begin(), one.kinds.end(),
                                                     draft.spec.kind) != one.kinds.end();
    if (fits && found != all.end() && &one == &*found) return one.set(draft, setting);
    if (fits) known += fmt::format(", {}", one.name);
  }
  if (is_of_frames(draft.spec.kind)) known += ", channel, symbol, account, kind, sequence";
  refuse(setting.where, fmt::format("\"{}\" is no setting of {}; expected one of do, {}", key,
                                    draft.kind->name, known));
}

/// When it happens: once an occurrence.
std::vector<Nanos> moments(const Draft& draft, const std::string& where, FaultContext& context) {
  const int said =
      int{draft.at.has_value()} + int{draft.spec.when.has_value()} + int{!draft.between.empty()};
  if (said != 1) {
    refuse(where, "expected one of at = TIME, between = [TIME, TIME] and when = {...}");
  }
  const auto moment = [&](const std::string& text, const std::string& at_where) {
    try {
      return context.moment(text);
    } catch (const Error& error) {
      refuse(at_where, error.what());
    }
  };
  std::vector<Nanos> all;
  if (draft.between.empty()) {
    const Nanos first = draft.at ? moment(*draft.at, draft.at_where) : 0;
    for (std::uint64_t i = 0; i < draft.times; ++i) {
      all.push_back(first + static_cast<Nanos>(i) * draft.every);
    }
    return all;
  }
  if (draft.between.size() != 2) refuse(draft.between_where, "between: expected two times");
  const auto from = moment(draft.between[0], draft.between_where);
  const auto to = moment(draft.between[1], draft.between_where);
  if (to <= from) refuse(draft.between_where, "between: expected the second time to be later");
  for (std::uint64_t i = 0; i < draft.times; ++i) {
    const auto span = static_cast<std::uint64_t>(to - from);
    all.push_back(from + static_cast<Nanos>(context.random() % span));
  }
  std::sort(all.begin(), all.end());
  return all;
}

void check(const Draft& draft, const std::string& where) {
  const auto& spec = draft.spec;
  if (draft.kind->lasts && spec.lasts <= 0) {
    refuse(where,
           fmt::format("{} lasts: expected for = \"30s\" or another duration", draft.kind->name));
  }
  if (!draft.kind->lasts && !is_of_frames(spec.kind) && spec.lasts > 0) {
    refuse(where, fmt::format("{} does not last: expected no \"for\"", draft.kind->name));
  }
  if (draft.times > 1 && draft.every <= 0 && draft.between.empty()) {
    refuse(where, "times: expected every = \"5s\" or another duration beside it");
  }
  if (spec.kind == FaultKind::delay && spec.latency <= 0) {
    refuse(where, "delay: expected latency = \"2s\" or another duration");
  }
  if (spec.kind == FaultKind::notice && spec.note.empty()) {
    refuse(where, "notice: expected note = \"what it says\"");
  }
  if (!spec.when && spec.after != 0) refuse(where, "after: expected when = {...} beside it");
}

void make(const SettingTable& table, FaultContext& context, std::vector<FaultSpec>& faults) {
  Draft draft;
  for (const auto& setting : table.settings) {
    if (setting.key == "do") draft.kind = &named(setting.value, setting.where);
  }
  if (draft.kind == nullptr) refuse(table.where, "expected do = \"drop\" or another fault");
  draft.spec.kind = draft.kind->kind;
  for (const auto& setting : table.settings) apply(draft, setting);
  check(draft, table.where);
  // A span or a chance is a bound of its own.
  if (!draft.counted && (draft.spec.probability < 1 || draft.spec.lasts > 0)) draft.spec.count = 0;
  Nanos occurrence = 0;
  for (const auto at : moments(draft, table.where, context)) {
    auto fault = draft.spec;
    fault.at = at;
    if (fault.when) fault.after += occurrence++ * draft.every;
    faults.push_back(fault);
    if (draft.post_only <= 0) continue;
    auto behind = fault;
    behind.kind = FaultKind::post_only;
    behind.at += fault.lasts;
    behind.after += fault.lasts;
    behind.lasts = draft.post_only;
    behind.lead = behind.wait = 0;
    behind.code = 0;
    behind.note.clear();
    faults.push_back(std::move(behind));
  }
}

}  // namespace

std::vector<FaultSpec> make_faults(const std::vector<SettingTable>& tables, FaultContext context) {
  std::vector<FaultSpec> faults;
  for (const auto& table : tables) make(table, context, faults);
  return faults;
}

}  // namespace tape::serve
