// The REST side of the exchange: what the tape answered, else what its books say.
#pragma once

#include <tape/venue/exchange/answers.h>
#include <tape/venue/kraken_futures/exchange/access.h>

#include <set>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

class Rest {
 public:
  /// All of them outlive it.
  Rest(const ExchangeOptions& options, Access& access, ExchangeHost& host);

  void on_call(ClientId client, const ClientCall& call);
  /// A REST event of the tape.
  void on_event(const TapeEvent& event);
  void on_tick();
  void gone(ClientId client) { answers_.gone(client); }

 private:
  [[nodiscard]] const ExchangeReply* recorded(std::string_view label, std::string_view endpoint,
                                              std::string_view query) const;
  [[nodiscard]] std::optional<ExchangeReply> computed(std::string_view endpoint,
                                                      std::string_view query);
  [[nodiscard]] ExchangeReply unavailable(std::string_view endpoint) const;

  const ExchangeOptions& options_;
  Access& access_;
  ExchangeHost& host_;
  Answers answers_;
  std::set<std::string, std::less<>> channels_;  // of the catalogue
};

}  // namespace tape::venue::kraken_futures
