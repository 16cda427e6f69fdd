// Who a client is: signatures of requests, checked as the venue does, and listen keys.
#pragma once

#include <tape/venue/exchange/keys.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::binance_usdm {

/// {"code":-1022,"msg":"..."}.
[[nodiscard]] ExchangeReply rest_error(std::uint16_t status, int code, std::string_view message);
/// The answer to an address that is banned, or with status 429 to one that soon will be.
[[nodiscard]] ExchangeReply banned(std::uint16_t status, Nanos until);

class Access {
 public:
  Access(const ExchangeOptions& options, const ExchangeHost& host)
      : keys_(options), host_(host), random_(options.seed) {}

  struct Verdict {
    std::optional<std::string> label;  // of the account
    ExchangeReply refusal;             // else
  };
  /// Of the key alone.
  [[nodiscard]] Verdict key(const ClientCall& call) const;
  /// Of key, time and signature. The time may be that of clients or that of the tape.
  [[nodiscard]] Verdict signature(const ClientCall& call) const;

  /// POST, PUT and DELETE of a listen key.
  [[nodiscard]] ExchangeReply listen_key(const ClientCall& call);
  /// The account of a live listen key.
  [[nodiscard]] std::optional<std::string> owner(std::string_view listen_key) const;

  /// Keys that are over now: their time is up, or the tape says so of the account (empty: of none).
  [[nodiscard]] std::vector<std::string> expire(std::optional<std::string_view> account);

 private:
  struct Listen {
    std::string key;
    Nanos until = 0;  // monotonic
  };

  [[nodiscard]] bool in_time(std::int64_t timestamp, std::int64_t window) const;

  Keys keys_;
  const ExchangeHost& host_;
  std::mt19937_64 random_;
  std::map<std::string, Listen, std::less<>> listening_;  // by account
};

}  // namespace tape::venue::binance_usdm
