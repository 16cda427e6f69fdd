#include <tape/event/json.h>
#include <tape/log/reader.h>
#include <tape/serve/faults/truth.h>

#include <fmt/format.h>

namespace tape::serve {
namespace {

void member(std::string_view name, std::string_view value, std::string& out) {
  if (value.empty()) return;
  out += fmt::format(R"(,"{}":)", name);
  event::append_json_string(value, out);
}

void member(std::string_view name, const std::optional<std::uint64_t>& value, std::string& out) {
  if (value) out += fmt::format(R"(,"{}":{})", name, *value);
}

std::string line(FaultKind kind, std::string_view what, Nanos at) {
  return fmt::format(R"({{"at":"{}","fault":"{}","what":"{}")", format_rfc3339(at), name_of(kind),
                     what);
}

std::string_view name_of_phase(const Plan::Turn& turn) {
  if (turn.phase == Plan::Phase::lead) return "lead";
  if (turn.phase == Plan::Phase::end) return "end";
  return turn.fault->lasts > 0 ? "begin" : "once";
}

}  // namespace

void Truth::turn(const Plan::Turn& turn, const Figures& figures) const {
  if (!tell_) return;
  const auto& fault = *turn.fault;
  auto text = line(fault.kind, name_of_phase(turn), turn.at);
  if (turn.phase == Plan::Phase::begin) {
    if (fault.code != 0) text += fmt::format(R"(,"code":{})", fault.code);
    if (fault.lasts > 0) text += fmt::format(R"(,"for":"{}")", format_duration(fault.lasts));
    if (fault.latency > 0) {
      text += fmt::format(R"(,"latency":"{}")", format_duration(fault.latency));
    }
  }
  member("clients", figures.clients, text);
  member("frames", figures.frames, text);
  member("answers", figures.answers, text);
  member("note", figures.note, text);
  if (figures.effective_at != 0) {
    member("effectiveAt", format_rfc3339(figures.effective_at), text);
  }
  tell_(text + '}');
}

void Truth::frame(const FaultSpec& fault, Nanos at, const venue::TapeEvent& event,
                  std::uint64_t ordinal, std::uint64_t clients) const {
  if (!tell_) return;
  const auto reader = event.event;
  auto text = line(fault.kind, "frame", at);
  text +=
      fmt::format(R"(,"session":"{}","ordinal":{},"connection":{},"kind":"{}")", hex(event.session),
                  ordinal, reader.getConnection(), event::kind_name(reader.getBody().which()));
  member("account", event::view(reader.getAccount()), text);
  member("channel", event::view(reader.getChannel()), text);
  member("symbol", event::view(reader.getSymbol()), text);
  if (reader.getSequence() != 0) member("sequence", reader.getSequence(), text);
  member("clients", clients, text);
  tell_(text + '}');
}

void Truth::request(FaultKind kind, Nanos at, const venue::ClientCall& call,
                    std::uint16_t status) const {
  if (!tell_) return;
  auto text = line(kind, "request", at);
  member("method", call.method, text);
  // What stands behind the path may be signed, or name an order.
  member("path", call.path(), text);
  tell_(text + fmt::format(R"(,"status":{}}})", status));
}

void Truth::never(const FaultSpec& fault, Nanos at) const {
  if (tell_) tell_(line(fault.kind, "never", at) + '}');
}

}  // namespace tape::serve
