#include <tape/event/json.h>
#include <tape/venue/binance_usdm/exchange/access.h>
#include <tape/venue/binance_usdm/live/rest/answers.h>
#include <tape/venue/binance_usdm/live/rest/sign.h>
#include <tape/venue/exchange/message.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue::binance_usdm {
namespace {

constexpr Nanos kLifetime = Nanos{3600} * kSecond;
constexpr std::int64_t kWindow = 5000;
constexpr std::int64_t kLargestWindow = 60'000;
constexpr std::size_t kKeySize = 64;
constexpr std::string_view kSignature = "signature=";

ExchangeReply mandatory(std::string_view name) {
  return rest_error(400, -1102,
                    fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or "
                                "malformed.",
                                name));
}

ExchangeReply unknown_listen_key() {
  return rest_error(400, -1125, "This listenKey does not exist.");
}

}  // namespace

ExchangeReply rest_error(std::uint16_t status, int code, std::string_view message) {
  std::string body = fmt::format(R"({{"code":{},"msg":)", code);
  event::append_json_string(message, body);
  return {status, body + '}'};
}

ExchangeReply banned(std::uint16_t status, Nanos until) {
  // developers.binance.com, USD-M "General Info" and "Error Code", -1003 (read 2026-10).
  constexpr std::uint16_t kTooMany = 429;
  constexpr std::uint16_t kBanned = 418;
  if (status == kTooMany) {
    return rest_error(status, -1003,
                      "Too many requests; current limit of IP is 2400 requests per minute.");
  }
  return rest_error(status == 0 ? kBanned : status, -1003,
                    fmt::format("Way too many requests; IP banned until {}. Please use the "
                                "websocket for live updates to avoid bans.",
                                until / kMillisecond));
}

Access::Verdict Access::key(const ClientCall& call) const {
  const auto key = call.header("x-mbx-apikey");
  if (key.empty()) return {std::nullopt, rest_error(401, -2014, "API-key format invalid.")};
  auto owner = keys_.find(key);
  if (!owner) {
    return {std::nullopt,
            rest_error(401, -2015, "Invalid API-key, IP, or permissions for action.")};
  }
  return {std::move(owner->label), {}};
}

bool Access::in_time(std::int64_t timestamp, std::int64_t window) const {
  const auto fits = [&](Nanos now) {
    const auto server = now / kMillisecond;
    return timestamp < server + 1000 && server - timestamp <= window;
  };
  return fits(host_.utc()) || fits(host_.tape_now());
}

Access::Verdict Access::signature(const ClientCall& call) const {
  auto verdict = key(call);
  if (!verdict.label) return verdict;
  const auto owner = keys_.find(call.header("x-mbx-apikey"));
  const auto total = fmt::format("{}{}", call.query(), call.body);
  const auto at = total.rfind(kSignature);
  if (at == std::string::npos || (at > 0 && total[at - 1] != '&')) {
    return {std::nullopt, mandatory("signature")};
  }
  const auto text = std::string_view(total).substr(0, at == 0 ? 0 : at - 1);
  const auto timestamp = live::parse_integer(parameter(text, "timestamp"));
  if (!timestamp) return {std::nullopt, mandatory("timestamp")};
  const auto window = std::min(live::parse_integer(parameter(text, "recvWindow")).value_or(kWindow),
                               kLargestWindow);
  if (!in_time(*timestamp, window)) {
    return {std::nullopt,
            rest_error(400, -1021, "Timestamp for this request is outside of the recvWindow.")};
  }
  const auto given = std::string_view(total).substr(at + kSignature.size());
  if (owner && owner->account != nullptr && given != live::sign(owner->account->secret, text)) {
    return {std::nullopt, rest_error(400, -1022, "Signature for this request is not valid.")};
  }
  return verdict;
}

ExchangeReply Access::listen_key(const ClientCall& call) {
  const auto verdict = key(call);
  if (!verdict.label) return verdict.refusal;
  const auto found = listening_.find(*verdict.label);
  const auto until = host_.monotonic() + kLifetime;
  if (call.method == "DELETE") {
    if (found == listening_.end()) return unknown_listen_key();
    listening_.erase(found);
    return {200, "{}"};
  }
  if (call.method == "PUT") {
    if (found == listening_.end()) return unknown_listen_key();
    found->second.until = until;
    return {200, fmt::format(R"({{"listenKey":"{}"}})", found->second.key)};
  }
  if (call.method != "POST") return rest_error(405, -1, "Method not allowed.");
  auto& listen = listening_[*verdict.label];
  listen.until = until;
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  while (listen.key.size() < kKeySize) listen.key += kLetters[random_() % kLetters.size()];
  return {200, fmt::format(R"({{"listenKey":"{}"}})", listen.key)};
}

std::optional<std::string> Access::owner(std::string_view listen_key) const {
  for (const auto& [label, listen] : listening_) {
    if (listen.key == listen_key) return label;
  }
  return std::nullopt;
}

std::vector<std::string> Access::expire(std::optional<std::string_view> account) {
  std::vector<std::string> over;
  const auto now = host_.monotonic();
  std::erase_if(listening_, [&](const auto& entry) {
    const bool due = account ? entry.first == *account : entry.second.until <= now;
    if (due) over.push_back(entry.second.key);
    return due;
  });
  return over;
}

}  // namespace tape::venue::binance_usdm
