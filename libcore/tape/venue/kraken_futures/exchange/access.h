// Who a client is: challenges of the socket and signatures of requests, checked as the venue does.
#pragma once

#include <tape/venue/budget.h>
#include <tape/venue/exchange/keys.h>
#include <tape/venue/exchange/message.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

class Access {
 public:
  explicit Access(const ExchangeOptions& options) : keys_(options), random_(options.seed) {}

  /// A challenge for this connection, a UUID; nothing for a key that nobody has.
  [[nodiscard]] std::optional<std::string> challenge(ClientId client, std::string_view key);

  /// Of a private subscription: the account's label, or why not.
  struct Verdict {
    std::optional<std::string> label;
    std::string_view refusal;
  };
  [[nodiscard]] Verdict subscribe(ClientId client, const ClientMessage& message) const;
  /// Of a request: the refusal is the venue's code.
  [[nodiscard]] Verdict call(const ClientCall& call, Nanos monotonic);
  void gone(ClientId client) { challenges_.erase(client); }

 private:
  struct Used {
    Budget budget;
    std::deque<std::string> nonces;  // the last ones
  };

  Keys keys_;
  std::mt19937_64 random_;
  std::map<ClientId, std::string> challenges_;
  std::map<std::string, Used, std::less<>> used_;  // by key
};

}  // namespace tape::venue::kraken_futures
