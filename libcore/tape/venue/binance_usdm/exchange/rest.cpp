#include <tape/venue/binance_usdm/exchange/rest.h>
#include <tape/venue/binance_usdm/live/rest/answers.h>
#include <tape/venue/binance_usdm/protocol.h>
#include <tape/venue/exchange/message.h>
#include <tape/venue/question.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace tape::venue::binance_usdm {
namespace {

constexpr std::uint32_t kWeights = 2400;  // a minute
constexpr Nanos kMinute = 60 * kSecond;
constexpr std::size_t kDepth = 500;
constexpr std::size_t kDeepest = 1000;

struct Weight {
  std::string_view endpoint;
  std::uint32_t units;
  std::string_view method = {};  // empty: any
};
constexpr auto kCosts = std::to_array<Weight>({
    {"account", 5},
    {"positionRisk", 5},
    {"balance", 5},
    {"openOrders", 40},
    {"positionSide/dual", 30},
    {"multiAssetsMargin", 30},
    {"depth", 20},
    {"countdownCancelAll", 10},
    {"batchOrders", 1, "DELETE"},
    {"batchOrders", 5},
});

/// "positionSide/dual" of "/fapi/v1/positionSide/dual".
std::string_view endpoint_of(std::string_view path) {
  constexpr std::string_view kRoot = "/fapi/v";
  if (!path.starts_with(kRoot) || path.size() < kRoot.size() + 3) return {};
  return path[kRoot.size() + 1] == '/' ? path.substr(kRoot.size() + 2) : std::string_view();
}

std::string question_of(std::string_view account, std::string_view target) {
  return fmt::format("{} {}", account, without_parameters(target, kStamps));
}
/// Of a request or an answer of the tape.
std::string question_of(schema::Event::Reader event) {
  return question_of(event::view(event.getAccount()), event::view(event.getRest().getTarget()));
}

ExchangeReply answer_of(schema::Event::Reader event, std::string_view body) {
  return {event.getRest().getStatus(), std::string(body),
          body.starts_with('<') ? "text/html" : "application/json"};
}

void append_side(const std::vector<std::pair<Decimal, Decimal>>& levels, std::string& out) {
  out += '[';
  for (const auto& [price, quantity] : levels) {
    fmt::format_to(std::back_inserter(out), R"(["{}","{}"],)", format_decimal(price),
                   format_decimal(quantity));
  }
  if (!levels.empty()) out.pop_back();
  out += ']';
}

ExchangeReply busy() {
  return rest_error(503, -1001,
                    "Internal error; unable to process your request. Please try again.");
}

}  // namespace

Rest::Rest(const ExchangeOptions& options, Access& access, Trading& trading, ExchangeHost& host)
    : options_(options),
      access_(access),
      trading_(trading),
      host_(host),
      pages_(options, host),
      weight_(kWeights, kMinute) {}

ExchangeReply Rest::limited(std::string_view method, std::string_view endpoint, bool& refused) {
  const auto* const cost = std::find_if(kCosts.begin(), kCosts.end(), [&](const Weight& weight) {
    return weight.endpoint == endpoint && (weight.method.empty() || weight.method == method);
  });
  refused = !weight_.take(cost == kCosts.end() ? 1 : cost->units, host_.monotonic());
  if (!refused) return {};
  auto reply = rest_error(429, -1003,
                          fmt::format("Too many requests; current limit of IP is {} requests per "
                                      "minute.",
                                      kWeights));
  reply.headers.emplace_back("Retry-After", "60");
  return reply;
}

void Rest::answer(ClientId client, ExchangeReply reply) {
  reply.headers.emplace_back("X-MBX-USED-WEIGHT-1M",
                             std::to_string(weight_.used(host_.monotonic())));
  host_.reply(client, std::move(reply));
}

void Rest::answer_later(ClientId client, std::string question) {
  const auto* const first = host_.running() ? nullptr : answers_.first(question);
  if (first != nullptr) return answer(client, *first);
  answers_.wait(client, std::move(question), host_.monotonic());
}

void Rest::on_call(ClientId client, const ClientCall& call) {
  const auto endpoint = endpoint_of(call.path());
  bool refused = false;
  auto refusal = limited(call.method, endpoint, refused);
  if (refused) return answer(client, std::move(refusal));
  if (endpoint == "ping") return answer(client, {200, "{}"});
  if (endpoint == "time" && !options_.lockstep) return answer(client, time());
  if (endpoint == "listenKey") return answer(client, access_.listen_key(call));
  if (Trading::takes(call.method, endpoint)) {
    auto verdict = access_.signature(call);
    return answer(client, verdict.label ? trading_.on_call(*verdict.label, endpoint, call)
                                        : std::move(verdict.refusal));
  }
  std::string label;
  const bool is_signed =
      !parameter(call.query(), "signature").empty() || !parameter(call.body, "signature").empty();
  if (is_signed) {
    auto verdict = access_.signature(call);
    if (!verdict.label) return answer(client, std::move(verdict.refusal));
    label = std::move(*verdict.label);
  }
  if (endpoint.empty() || call.method != "GET") {
    if (is_signed) return answer(client, rest_error(400, -2010, "NEW_ORDER_REJECTED"));
    return answer(
        client, rest_error(404, -5000,
                           fmt::format("Path {}, Method {} is invalid", call.path(), call.method)));
  }
  auto question = question_of(label, call.target);
  // What a client did to its orders no answer of the tape knows.
  if (is_signed && trading_.touched(label)) {
    if (auto own = trading_.look_up(label, endpoint, call)) return answer(client, std::move(*own));
  }
  if (endpoint == "depth" && parameter(call.query(), "symbol").empty()) {
    return answer(client, rest_error(400, -1102,
                                     "Mandatory parameter 'symbol' was not sent, was empty/null, "
                                     "or malformed."));
  }
  if (!options_.lockstep) {
    if (auto said = so_far(label, endpoint, call, question)) {
      return answer(client, std::move(*said));
    }
  }
  answer_later(client, std::move(question));
}

std::optional<ExchangeReply> Rest::so_far(const std::string& label, std::string_view endpoint,
                                          const ClientCall& call, std::string_view question) {
  if (endpoint == "depth") return computed(call);
  if (const auto* const last = answers_.last(question)) return *last;
  return label.empty() ? std::nullopt : of_account(label, endpoint, call);
}

ExchangeReply Rest::time() const {
  return {200, fmt::format(R"({{"serverTime":{}}})", host_.tape_now() / kMillisecond)};
}

std::optional<ExchangeReply> Rest::of_account(const std::string& label, std::string_view endpoint,
                                              const ClientCall& call) {
  if (auto orders = trading_.look_up(label, endpoint, call)) return orders;
  auto page = pages_.rest(endpoint, label, parameter(call.query(), "symbol"));
  return page ? std::optional(ExchangeReply{200, std::move(*page)}) : std::nullopt;
}

std::optional<ExchangeReply> Rest::computed(const ClientCall& call) const {
  const auto limit = live::parse_integer(parameter(call.query(), "limit")).value_or(kDepth);
  const auto levels = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 5, kDeepest));
  const auto book = host_.book(parameter(call.query(), "symbol"), levels);
  if (!book) return std::nullopt;
  const auto at = book->exchange_at / kMillisecond;
  auto body = fmt::format(R"({{"lastUpdateId":{},"E":{},"T":{},"bids":)", book->sequence, at, at);
  append_side(book->bids, body);
  body += R"(,"asks":)";
  append_side(book->asks, body);
  return ExchangeReply{200, body + '}'};
}

void Rest::on_event(const TapeEvent& tape) {
  const auto event = tape.event;
  const auto account = event::view(event.getAccount());
  if (event.getBody().isRequestFailed()) {
    const auto failed = event.getBody().getRequestFailed();
    if (failed.getStatus() == 0) {
      answers_.record(question_of(account, event::view(failed.getTarget())), ExchangeReply{0, {}},
                      host_);
    }
    return;
  }
  if (!tape.received(schema::Transport::REST)) return;
  const auto target = event::view(event.getRest().getTarget());
  const auto endpoint = endpoint_of(target.substr(0, target.find('?')));
  // These are the exchange's own.
  if (endpoint == "listenKey" || endpoint == "ping") return;
  answers_.record(question_of(tape.event), answer_of(tape.event, host_.frame()), host_);
}

void Rest::on_ahead(const TapeEvent& tape) {
  answers_.foresee(question_of(tape.event), answer_of(tape.event, host_.frame()));
}

bool Rest::ready(const TapeEvent& tape) const {
  const auto asked = tape.event.getRest();
  const auto target = event::view(asked.getTarget());
  const auto endpoint = endpoint_of(target.substr(0, target.find('?')));
  if (event::view(asked.getMethod()) != "GET" || endpoint.empty() || endpoint == "ping")
    return true;
  return answers_.awaited(question_of(tape.event));
}

void Rest::on_tick() {
  for (const auto& waiting : answers_.overdue(host_.monotonic(), patience_of(options_, host_))) {
    const auto* const last = answers_.last(waiting.question);
    const bool clock = waiting.question.ends_with("/time");
    answer(waiting.client, last != nullptr ? *last : clock ? time() : busy());
  }
}

}  // namespace tape::venue::binance_usdm
