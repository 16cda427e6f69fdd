#include <tape/base/diag.h>
#include <tape/serve/faults/breaker.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::serve {
namespace {

constexpr std::string_view kBadGateway =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad "
    "Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
constexpr std::string_view kUnavailable =
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n";
// As Kraken says it (notifications 419 and 420 of 2022-06-22).
constexpr std::string_view kPostOnly =
    "All contracts are now in post-only mode. Orders can be placed or cancelled, but no trades or "
    "liquidations can occur until post-only is disabled.";
constexpr std::string_view kResumed = "Post-only mode is now disabled and trading has resumed.";
constexpr std::string_view kMaintenance = "The platform will be down for maintenance.";
constexpr Nanos kMinute = 60 * kSecond;

std::string_view half(std::string_view text) {
  auto size = text.size() / 2;
  // Not within a character: a WebSocket would be closed for it.
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}

}  // namespace

/// What a client said and nobody heard yet.
struct Breaker::Parked {
  enum class What : std::uint8_t { open, message, call };
  What what = What::open;
  venue::ClientId client = 0;
  std::string method;
  std::string target;
  std::string body;  // or message
  std::vector<std::pair<std::string, std::string>> headers;
};

Breaker::Breaker(FaultOptions options, venue::ExchangeHost& sockets, Pause pause)
    : plan_(std::move(options.faults), options.seed),
      truth_(std::move(options.tell)),
      sockets_(sockets),
      pause_(std::move(pause)) {}
Breaker::~Breaker() = default;

Nanos Breaker::now() const { return playing_ ? now_ : std::max(now_, sockets_.tape_now()); }

Late::Lane Breaker::lane() const { return playing_ ? Late::Lane::frames : Late::Lane::answers; }

Nanos Breaker::latency(Late::Lane lane) const {
  using Concerns = FaultSpec::Concerns;
  return plan_.latency(lane == Late::Lane::frames ? Concerns::frames : Concerns::answers, now());
}

std::optional<venue::ExchangeReply> Breaker::on_upgrade(venue::ClientId client,
                                                        const venue::ClientCall& call) {
  if (plan_.active(FaultKind::refuse)) {
    constexpr std::uint16_t kStatus = 503;
    truth_.request(FaultKind::refuse, now(), call, kStatus);
    return venue::ExchangeReply{kStatus, std::string(kUnavailable), "text/html"};
  }
  return exchange_->on_upgrade(client, call);
}

void Breaker::on_open(venue::ClientId client) {
  open_.insert(client);
  if (!silent_) return exchange_->on_open(client);
  pause_(client, true);
  parked_.push_back({Parked::What::open, client, {}, {}, {}, {}});
}

void Breaker::on_message(venue::ClientId client, std::string_view message) {
  if (!silent_) return exchange_->on_message(client, message);
  parked_.push_back({Parked::What::message, client, {}, {}, std::string(message), {}});
}

void Breaker::on_call(venue::ClientId client, const venue::ClientCall& call) {
  if (silent_) {
    parked_.push_back({Parked::What::call,
                       client,
                       std::string(call.method),
                       std::string(call.target),
                       std::string(call.body),
                       {call.headers.begin(), call.headers.end()}});
    return;
  }
  if (auto refused = refusal(call)) return reply(client, std::move(*refused));
  exchange_->on_call(client, call);
}

void Breaker::on_gone(venue::ClientId client) {
  open_.erase(client);
  std::erase_if(parked_, [&](const Parked& parked) { return parked.client == client; });
  exchange_->on_gone(client);
}

std::optional<venue::ExchangeReply> Breaker::refusal(const venue::ClientCall& call) {
  std::optional<venue::ExchangeReply> reply;
  auto kind = FaultKind::http502;
  Nanos until = 0;
  if (plan_.active(FaultKind::http502)) {
    reply = venue::ExchangeReply{502, std::string(kBadGateway), "text/html"};
  } else if (plan_.active(FaultKind::empty_body)) {
    kind = FaultKind::empty_body;
    reply = venue::ExchangeReply{200, {}};
  } else if (const auto* const ban = plan_.ban(until)) {
    kind = FaultKind::ban;
    reply = exchange_->banned(ban->status, until);
    const auto left = ban->retry > 0 ? ban->retry : std::max<Nanos>(until - now(), 0);
    reply->headers.emplace_back("Retry-After", std::to_string((left + kSecond - 1) / kSecond));
  }
  if (reply) truth_.request(kind, now(), call, reply->status);
  return reply;
}

void Breaker::see(const venue::TapeEvent& event, Nanos at) {
  plan_.see(event.event, std::max(now_, at));
}

std::optional<Plan::Turn> Breaker::turn(Tape tape) const {
  return tape == Tape::over ? plan_.next_end() : plan_.next();
}

std::optional<Nanos> Breaker::next(Tape tape) const {
  const auto first = turn(tape);
  const auto late = late_.next();
  if (first && late) return std::min(first->at, *late);
  return first ? std::optional(first->at) : late;
}

void Breaker::step(Tape tape) {
  const auto first = turn(tape);
  const auto late = late_.next();
  now_ = std::max(now_, next(tape).value_or(now_));
  if (late && (!first || *late <= first->at)) return release(late_.take());
  if (first) take(*first);
}

void Breaker::take(const Plan::Turn& turn) {
  const auto& fault = *turn.fault;
  if (turn.phase == Plan::Phase::lead) {
    Truth::Figures figures;
    const auto minutes = std::max<Nanos>((fault.lasts + kMinute - 1) / kMinute, 1);
    figures.effective_at = turn.at + fault.lead;
    notify({"maintenance", "high", std::string(fault.note.empty() ? kMaintenance : fault.note),
            figures.effective_at, minutes},
           figures);
    plan_.take(turn);
    return truth_.turn(turn, figures);
  }
  if (turn.phase == Plan::Phase::begin) return begin(turn);
  end(turn);
}

void Breaker::begin(const Plan::Turn& turn) {
  const auto& fault = *turn.fault;
  wanted_ = std::max(wanted_, exchange_->subscriptions());
  plan_.take(turn);
  Truth::Figures figures;
  switch (fault.kind) {
    case FaultKind::silence:
      hush();
      figures.clients = open_.size();
      break;
    case FaultKind::drop:
    case FaultKind::maintenance:
      drop(fault.code, figures);
      break;
    case FaultKind::post_only:
      exchange_->set_post_only(true);
      notify({"market", "high", std::string(kPostOnly), turn.at}, figures);
      break;
    case FaultKind::expire_keys:
      sent_ = 0;
      exchange_->expire_keys();
      figures.clients = sent_;
      break;
    case FaultKind::notice:
      notify({fault.type, fault.priority, fault.note}, figures);
      break;
    default:
      break;
  }
  truth_.turn(turn, figures);
  if (fault.lasts == 0) expect(fault);
}

void Breaker::end(const Plan::Turn& turn) {
  const auto& fault = *turn.fault;
  plan_.take(turn);
  Truth::Figures figures;
  if (fault.kind == FaultKind::silence && !plan_.active(FaultKind::silence)) {
    figures.frames = std::exchange(lost_, 0);
    truth_.turn(turn, figures);
    speak();
    return expect(fault);
  }
  if (fault.kind == FaultKind::post_only && !plan_.active(FaultKind::post_only)) {
    exchange_->set_post_only(false);
    notify({"market", "high", std::string(kResumed), turn.at}, figures);
  }
  if (fault.kind == FaultKind::delay) {
    figures.frames = std::exchange(frames_, 0);
    figures.answers = std::exchange(answers_, 0);
  }
  truth_.turn(turn, figures);
  expect(fault);
}

void Breaker::drop(std::uint16_t code, Truth::Figures& figures) {
  const std::vector<venue::ClientId> clients(open_.begin(), open_.end());
  figures.clients = clients.size();
  for (const auto client : clients) {
    sockets_.close(client, code, "");
    on_gone(client);
  }
}

void Breaker::notify(const venue::Notice& notice, Truth::Figures& figures) {
  sent_ = 0;
  exchange_->notify(notice);
  figures.clients = sent_;
  figures.note = notice.note;
}

void Breaker::hush() {
  silent_ = true;
  for (const auto client : open_) pause_(client, true);
}

void Breaker::speak() {
  silent_ = false;
  for (const auto client : std::set(open_)) {
    pause_(client, false);
    // Nobody could be heard, which nobody is to blame for.
    exchange_->on_ping(client);
  }
  for (auto& held : std::exchange(held_, {})) sockets_.reply(held.client, std::move(held.reply));
  for (const auto& parked : std::exchange(parked_, {})) {
    switch (parked.what) {
      case Parked::What::open:
        exchange_->on_open(parked.client);
        break;
      case Parked::What::message:
        exchange_->on_message(parked.client, parked.body);
        break;
      case Parked::What::call:
        on_call(parked.client, {parked.method, parked.target, parked.body, parked.headers});
        break;
    }
  }
}

void Breaker::expect(const FaultSpec& fault) {
  if (fault.wait == 0) return;
  patience_ = std::max(patience_, fault.wait);
  waits_since_ = sockets_.monotonic();
}

bool Breaker::waits() {
  if (patience_ == 0) return false;
  const bool back = exchange_->subscriptions() >= wanted_;
  if (!back && sockets_.monotonic() - waits_since_ < patience_) return true;
  if (!back) {
    diag::warning(fmt::format("{} of {} subscriptions came back within {}; the tape goes on",
                              exchange_->subscriptions(), wanted_, format_duration(patience_)));
  }
  patience_ = 0;
  wanted_ = 0;
  return false;
}

void Breaker::play(const venue::TapeEvent& event, std::uint64_t ordinal, Nanos at) {
  now_ = std::max(now_, at);
  spoiling_ = {plan_.treat(event, now_), 0};
  playing_ = true;
  try {
    exchange_->on_event(event);
  } catch (...) {
    playing_ = false;
    spoiling_ = {};
    throw;
  }
  playing_ = false;
  const auto spoilt = std::exchange(spoiling_, {});
  if (spoilt.fault == nullptr || spoilt.clients == 0) return;
  plan_.treated(*spoilt.fault);
  truth_.frame(*spoilt.fault, now_, event, ordinal, spoilt.clients);
}

void Breaker::finish() {
  for (const auto* const fault : plan_.left()) {
    truth_.never(*fault, now_);
    diag::warning(
        fmt::format("fault {} did not take place: the tape was over before", name_of(fault->kind)));
  }
}

void Breaker::send(std::span<const venue::ClientId> clients, std::string_view text) {
  if (clients.empty()) return;
  if (silent_) {
    if (playing_) lost_ += clients.size();
    return;
  }
  if (playing_ && spoiling_.fault != nullptr) {
    spoiling_.clients += clients.size();
    if (spoiling_.fault->kind == FaultKind::skip_seq) return;
    if (spoiling_.fault->kind == FaultKind::cut_frame) return put(clients, half(text));
    put(clients, text);
  }
  put(clients, text);
}

void Breaker::put(std::span<const venue::ClientId> clients, std::string_view text) {
  sent_ += clients.size();
  const auto by = lane();
  const auto late = latency(by);
  if (!late_.waits(by, late)) return sockets_.send(clients, text);
  (playing_ ? frames_ : answers_) += clients.size();
  late_.add(by, now(), late, Late::Text{{clients.begin(), clients.end()}, std::string(text)});
}

void Breaker::close(venue::ClientId client, std::uint16_t code, std::string_view reason) {
  open_.erase(client);
  const auto by = Late::Lane::frames;
  if (!late_.waits(by, 0)) return sockets_.close(client, code, reason);
  late_.add(by, now(), 0, Late::Close{client, code, std::string(reason)});
}

void Breaker::ping(venue::ClientId client) {
  if (!silent_) sockets_.ping(client);
}

void Breaker::reply(venue::ClientId client, venue::ExchangeReply reply) {
  if (silent_) {
    held_.push_back({client, std::move(reply)});
    return;
  }
  const auto by = Late::Lane::answers;
  const auto late = latency(by);
  if (!late_.waits(by, late)) return sockets_.reply(client, std::move(reply));
  ++answers_;
  late_.add(by, now(), late, Late::Reply{client, std::move(reply)});
}

void Breaker::release(Late::Item item) {
  if (auto* const text = std::get_if<Late::Text>(&item)) {
    if (!silent_) return sockets_.send(text->clients, text->text);
    lost_ += text->clients.size();
    return;
  }
  if (auto* const reply = std::get_if<Late::Reply>(&item)) {
    if (silent_) return held_.push_back(std::move(*reply));
    return sockets_.reply(reply->client, std::move(reply->reply));
  }
  if (const auto* const close = std::get_if<Late::Close>(&item)) {
    sockets_.close(close->client, close->code, close->reason);
  }
}

}  // namespace tape::serve
