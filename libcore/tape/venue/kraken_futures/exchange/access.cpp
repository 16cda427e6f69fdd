#include <tape/base/bytes.h>
#include <tape/venue/kraken_futures/exchange/access.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/live/sign.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tape::venue::kraken_futures {
namespace {

// docs.kraken.com, futures REST, "rate limits" (read 2026-10).
constexpr std::uint32_t kAllowance = 500;
constexpr Nanos kWindow = 10 * kSecond;
constexpr std::size_t kNonces = 64;

struct Cost {
  std::string_view endpoint;
  std::uint32_t units;
};
constexpr auto kCosts = std::to_array<Cost>({
    {"accounts", 2},
    {"openpositions", 2},
    {"openorders", 2},
    {"fills", 2},
    {"cancelallordersafter", 25},
    {"cancelallorders", 25},
    {"sendorder", 10},
    {"editorder", 10},
    {"cancelorder", 10},
    {"orders/status", 1},
});

/// 9, and one for each element.
std::uint32_t cost_of_batch(const ClientCall& call) {
  auto json = parameter(call.body, "json");
  if (json.empty()) json = parameter(call.query(), "json");
  const auto message = ClientMessage::parse(json);
  const auto elements = message ? message->objects("batchOrder") : std::nullopt;
  return 9 + static_cast<std::uint32_t>(elements ? elements->size() : 1);
}

std::uint32_t cost_of(const ClientCall& call) {
  const auto endpoint = endpoint_of(call.path());
  if (endpoint == "fills" && call.query().find("lastFillTime=") != std::string_view::npos) {
    return 25;
  }
  if (endpoint == "batchorder") return cost_of_batch(call);
  const auto* const found = std::find_if(
      kCosts.begin(), kCosts.end(), [&](const Cost& cost) { return cost.endpoint == endpoint; });
  return found == kCosts.end() ? 1 : found->units;
}

}  // namespace

std::optional<std::string> Access::challenge(ClientId client, std::string_view key) {
  if (!keys_.find(key)) return std::nullopt;
  return challenges_[client] = uuid(random_);
}

Access::Verdict Access::subscribe(ClientId client, const ClientMessage& message) const {
  const auto owner = keys_.find(message.text("api_key"));
  if (!owner) return {std::nullopt, "Invalid API key"};
  if (owner->account == nullptr) return {owner->label, {}};
  const auto made = challenges_.find(client);
  if (made == challenges_.end() || message.text("original_challenge") != made->second) {
    return {std::nullopt, "Invalid challenge"};
  }
  if (message.text("signed_challenge") != sign_challenge(made->second, owner->account->secret)) {
    return {std::nullopt, "Invalid signature"};
  }
  return {owner->label, {}};
}

Access::Verdict Access::call(const ClientCall& call, Nanos monotonic) {
  const auto key = call.header("apikey");
  const auto owner = keys_.find(key);
  if (!owner) return {std::nullopt, "authenticationError"};
  const std::string nonce(call.header("nonce"));
  if (owner->account != nullptr) {
    const auto parameters = fmt::format("{}{}", call.query(), call.body);
    const auto path = call.path();
    constexpr std::string_view kPrefix = "/derivatives";
    const auto signed_part = path.starts_with(kPrefix) ? path.substr(kPrefix.size()) : path;
    if (call.header("authent") != authent(parameters, nonce, signed_part, owner->account->secret)) {
      return {std::nullopt, "authenticationError"};
    }
  }
  auto& used =
      used_.try_emplace(std::string(key), Used{Budget(kAllowance, kWindow), {}}).first->second;
  if (!nonce.empty()) {
    if (std::find(used.nonces.begin(), used.nonces.end(), nonce) != used.nonces.end()) {
      return {std::nullopt, "nonceDuplicate"};
    }
    used.nonces.push_back(nonce);
    if (used.nonces.size() > kNonces) used.nonces.pop_front();
  }
  if (!used.budget.take(cost_of(call), monotonic)) {
    return {std::nullopt, "apiLimitExceeded"};
  }
  return {owner->label, {}};
}

}  // namespace tape::venue::kraken_futures
