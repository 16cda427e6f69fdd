#include <tape/venue/exchange/message.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/rest.h>

#include <fmt/format.h>

#include <iterator>
#include <limits>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::string_view kStatusPage =
    R"({"page":{"id":"tape","name":"tape","url":"","time_zone":"Etc/UTC","updated_at":"TIME"},)"
    R"("components":[],"incidents":[],"scheduled_maintenances":[],)"
    R"("status":{"indicator":"none","description":"All Systems Operational"}})";

void append_side(const std::vector<std::pair<Decimal, Decimal>>& levels, std::string& out) {
  out += '[';
  for (const auto& [price, quantity] : levels) {
    fmt::format_to(std::back_inserter(out), "[{},{}],", format_decimal(price),
                   format_decimal(quantity));
  }
  if (!levels.empty()) out.pop_back();
  out += ']';
}

std::string_view type_of(std::string_view body) {
  return body.starts_with('<') ? "text/html" : "application/json";
}

/// Of a target of the tape; nothing where it is none of the venue's.
std::optional<std::string> question_of(std::string_view account, std::string_view target) {
  const ClientCall call{{}, target, {}, {}};
  const auto endpoint = endpoint_of(call.path());
  if (endpoint.empty()) return std::nullopt;
  return question(account, endpoint, call.query());
}
std::optional<std::string> question_of(schema::Event::Reader event) {
  return question_of(event::view(event.getAccount()), event::view(event.getRest().getTarget()));
}

ExchangeReply answer_of(schema::Event::Reader event, std::string_view body) {
  return {event.getRest().getStatus(), std::string(body), std::string(type_of(body))};
}

}  // namespace

Rest::Rest(const ExchangeOptions& options, Access& access, Trading& trading, Pages& pages,
           const Notices& notices, ExchangeHost& host)
    : options_(options),
      access_(access),
      trading_(trading),
      pages_(pages),
      notices_(notices),
      host_(host) {
  for (const auto& [channel, symbol] : options.catalogue) channels_.insert(channel);
}

void Rest::on_call(ClientId client, const ClientCall& call) {
  const auto endpoint = endpoint_of(call.path());
  if (endpoint.empty()) {
    auto reply = rest_error("notFound", host_.tape_now());
    reply.status = 404;
    return host_.reply(client, std::move(reply));
  }
  std::string label;
  if (!is_public(endpoint)) {
    auto verdict = access_.call(call, host_.monotonic());
    if (!verdict.label) {
      return host_.reply(client, rest_error(verdict.refusal, host_.tape_now()));
    }
    label = std::move(*verdict.label);
  }
  if (call.method != "GET") return change(client, call, endpoint, label);
  // In step, the tape's own answer comes.
  if (!options_.lockstep || outdated(endpoint, label)) {
    if (auto said = so_far(label, endpoint, call.query())) {
      return reply(client, endpoint, std::move(*said));
    }
  }
  if (!host_.running()) {
    const auto* const first = recorded(label, endpoint, call.query(), Told::first);
    if (first != nullptr) return reply(client, endpoint, *first);
  }
  const auto channel = endpoint == "status page" ? "status" : endpoint;
  if (!channels_.empty() && !channels_.contains(channel)) {
    return host_.reply(client, unavailable(endpoint));
  }
  answers_.wait(client, question(label, endpoint, call.query()), host_.monotonic());
}

std::optional<ExchangeReply> Rest::so_far(const std::string& label, std::string_view endpoint,
                                          std::string_view query) {
  const auto* const answer = recorded(label, endpoint, query, Told::last);
  if (answer != nullptr && !outdated(endpoint, label)) return *answer;
  return computed(endpoint, label, query);
}

void Rest::change(ClientId client, const ClientCall& call, std::string_view endpoint,
                  const std::string& label) {
  auto answer = is_public(endpoint) ? std::nullopt : trading_.on_call(label, endpoint, call);
  // The tape holds no answer to what was never asked.
  host_.reply(client, answer ? std::move(*answer) : rest_error("Unavailable", host_.tape_now()));
}

void Rest::reply(ClientId client, std::string_view endpoint, ExchangeReply reply) {
  if (post_only_ && is_public(endpoint)) reply.body = with_post_only(reply.body);
  host_.reply(client, std::move(reply));
}

bool Rest::outdated(std::string_view endpoint, const std::string& label) const {
  if (endpoint == "openorders") return trading_.orders().touched(label);
  return endpoint == "notifications" && !notices_.sent().empty();
}

/// By the same parameters, else without any; pages of a list are not one another.
const ExchangeReply* Rest::recorded(std::string_view label, std::string_view endpoint,
                                    std::string_view query, Told told) const {
  const auto find = [&](std::string_view asked) {
    const auto what = question(label, endpoint, asked);
    return told == Told::last ? answers_.last(what) : answers_.first(what);
  };
  const auto* const answer = find(query);
  const bool page = endpoint == "history" || (endpoint == "fills" && !query.empty());
  if (answer != nullptr || page) return answer;
  return find("");
}

std::optional<ExchangeReply> Rest::computed(std::string_view endpoint, const std::string& label,
                                            std::string_view query) {
  if (endpoint != "orderbook") {
    auto page = pages_.rest(endpoint, label, query);
    return page ? std::optional(ExchangeReply{200, std::move(*page)}) : std::nullopt;
  }
  const auto book =
      host_.book(capitals(parameter(query, "symbol")), std::numeric_limits<std::size_t>::max());
  if (!book) return std::nullopt;
  std::string body = R"({"result":"success","orderBook":{"bids":)";
  append_side(book->bids, body);
  body += R"(,"asks":)";
  append_side(book->asks, body);
  body += fmt::format(R"(}},"serverTime":"{}"}})", server_time(host_.tape_now()));
  return ExchangeReply{200, std::move(body)};
}

ExchangeReply Rest::unavailable(std::string_view endpoint) const {
  const auto now = host_.tape_now();
  if (endpoint != "status page") return rest_error("Unavailable", now);
  std::string page(kStatusPage);
  constexpr std::string_view kTime = "TIME";
  return {200, page.replace(page.find(kTime), kTime.size(), server_time(now))};
}

void Rest::on_event(const TapeEvent& tape) {
  const auto event = tape.event;
  const auto account = event::view(event.getAccount());
  if (event.getBody().isRequestFailed()) {
    const auto failed = event.getBody().getRequestFailed();
    if (failed.getStatus() != 0) return;
    // Nothing came: the client gets nothing, either.
    if (const auto asked = question_of(account, event::view(failed.getTarget())))
      answers_.record(*asked, ExchangeReply{0, {}}, host_);
    return;
  }
  if (!tape.received(schema::Transport::REST)) return;
  if (const auto asked = question_of(event))
    answers_.record(*asked, answer_of(event, host_.frame()), host_);
}

bool Rest::ready(const TapeEvent& tape) const {
  const auto asked = question_of(tape.event);
  const bool get = event::view(tape.event.getRest().getMethod()) == "GET";
  return !get || !asked || answers_.awaited(*asked);
}

void Rest::on_ahead(const TapeEvent& tape) {
  if (const auto asked = question_of(tape.event))
    answers_.foresee(*asked, answer_of(tape.event, host_.frame()));
}

void Rest::on_tick() {
  for (const auto& waiting : answers_.overdue(host_.monotonic(), patience_of(options_, host_))) {
    if (const auto* const last = answers_.last(waiting.question)) {
      host_.reply(waiting.client, *last);
      continue;
    }
    const bool page = waiting.question.find("status page") != std::string::npos;
    host_.reply(waiting.client, unavailable(page ? "status page" : ""));
  }
}

}  // namespace tape::venue::kraken_futures
