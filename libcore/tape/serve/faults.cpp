#include <tape/event/json.h>
#include <tape/serve/faults.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::serve {
namespace {

constexpr std::string_view kBadGateway =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad "
    "Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

void member(std::string_view name, std::string_view value, std::string& out) {
  if (value.empty()) return;
  out += fmt::format(R"(,"{}":)", name);
  event::append_json_string(value, out);
}

std::string line(const Fault& fault, std::string_view what, Nanos now) {
  return fmt::format(R"({{"at":"{}","fault":"{}","what":"{}")", format_rfc3339(now),
                     name_of(fault.kind), what);
}

bool same(std::string_view wanted, std::string_view got) { return wanted.empty() || wanted == got; }

}  // namespace

Faults::Faults(std::vector<Fault> faults, std::uint64_t seed,
               std::function<void(const std::string&)> tell)
    : random_(seed), tell_(std::move(tell)) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  for (auto& fault : faults) planned_.push_back({std::move(fault)});
}

std::vector<Faults::Turn> Faults::advance(Nanos now) {
  now_ = std::max(now_, now);
  std::vector<Turn> turns;
  const auto turn = [&](Planned& planned, bool& done, Nanos at, Phase phase) {
    if (done || now_ < at) return;
    done = true;
    turns.push_back({&planned.fault, phase});
    tell_turn(planned.fault, phase);
  };
  for (auto& planned : planned_) {
    const auto& fault = planned.fault;
    if (is_of_frames(fault.kind)) continue;
    if (fault.lead > 0) turn(planned, planned.led, fault.at - fault.lead, Phase::lead);
    turn(planned, planned.begun, fault.at, Phase::begin);
    if (fault.lasts > 0) turn(planned, planned.ended, fault.at + fault.lasts, Phase::end);
  }
  return turns;
}

bool Faults::fits(const Planned& planned, const venue::TapeEvent& event) {
  const auto& fault = planned.fault;
  if (!is_of_frames(fault.kind) || now_ < fault.at) return false;
  if (fault.lasts > 0 && now_ >= fault.at + fault.lasts) return false;
  if (fault.probability >= 1 && planned.done >= fault.count) return false;
  const auto reader = event.event;
  if (!same(fault.channel, event::view(reader.getChannel())) ||
      !same(fault.symbol, event::view(reader.getSymbol())) ||
      !same(fault.account, event::view(reader.getAccount()))) {
    return false;
  }
  // Without a channel, a number is what tells that a frame is missing.
  if (fault.kind == FaultKind::skip_seq && fault.channel.empty() && reader.getSequence() == 0) {
    return false;
  }
  constexpr double kScale = 1.0 / 18446744073709551616.0;
  return fault.probability >= 1 || static_cast<double>(random_()) * kScale < fault.probability;
}

Faults::Treatment Faults::treat(const venue::TapeEvent& event, std::uint64_t ordinal) {
  if (planned_.empty() || !event.received(schema::Transport::WEBSOCKET)) return Treatment::deliver;
  const auto body = event.event.getBody();
  // What answers a client is no part of a feed.
  if (body.isSubscription() || body.isError()) return Treatment::deliver;
  for (auto& planned : planned_) {
    if (!fits(planned, event)) continue;
    ++planned.done;
    tell_frame(planned.fault, event, ordinal);
    if (planned.fault.kind == FaultKind::skip_seq) return Treatment::skip;
    return planned.fault.kind == FaultKind::duplicate ? Treatment::twice : Treatment::cut;
  }
  return Treatment::deliver;
}

bool Faults::active(FaultKind kind) const {
  return std::any_of(planned_.begin(), planned_.end(), [&](const Planned& planned) {
    if (planned.fault.kind != kind && planned.fault.kind != FaultKind::maintenance) return false;
    const bool part =
        planned.fault.kind == kind || kind == FaultKind::http502 || kind == FaultKind::refuse;
    return part && planned.begun && !planned.ended;
  });
}

std::optional<venue::ExchangeReply> Faults::reply(std::string_view method,
                                                  std::string_view target) {
  std::optional<venue::ExchangeReply> reply;
  FaultKind kind = FaultKind::http502;
  if (active(FaultKind::http502)) {
    reply = venue::ExchangeReply{502, std::string(kBadGateway), "text/html"};
  } else if (active(FaultKind::empty_body)) {
    kind = FaultKind::empty_body;
    reply = venue::ExchangeReply{200, {}};
  } else if (active(FaultKind::ban)) {
    kind = FaultKind::ban;
    reply = venue::ExchangeReply{418,
                                 R"({"code":-1003,"msg":"Way too many requests; IP banned."})",
                                 "application/json",
                                 {{"Retry-After", "60"}}};
  }
  if (!reply) return reply;
  auto text = fmt::format(R"({{"at":"{}","fault":"{}","what":"request")", format_rfc3339(now_),
                          name_of(kind));
  member("method", method, text);
  // What stands behind the path may be signed, or name an order.
  member("path", target.substr(0, target.find('?')), text);
  tell_(text + fmt::format(R"(,"status":{}}})", reply->status));
  return reply;
}

void Faults::tell_turn(const Fault& fault, Phase phase) const {
  constexpr std::string_view kPhases[] = {"lead", "begin", "end"};
  auto text = line(fault, kPhases[static_cast<std::size_t>(phase)], now_);
  if (fault.code != 0) text += fmt::format(R"(,"code":{})", fault.code);
  member("note", fault.note, text);
  if (fault.lasts > 0) text += fmt::format(R"(,"for":"{}")", format_duration(fault.lasts));
  tell_(text + '}');
}

void Faults::tell_frame(const Fault& fault, const venue::TapeEvent& event,
                        std::uint64_t ordinal) const {
  const auto reader = event.event;
  auto text = line(fault, "frame", now_);
  text += fmt::format(R"(,"session":"{}","ordinal":{},"connection":{})", hex(event.session),
                      ordinal, reader.getConnection());
  member("account", event::view(reader.getAccount()), text);
  member("channel", event::view(reader.getChannel()), text);
  member("symbol", event::view(reader.getSymbol()), text);
  if (reader.getSequence() != 0) text += fmt::format(R"(,"sequence":{})", reader.getSequence());
  tell_(text + '}');
}

}  // namespace tape::serve
