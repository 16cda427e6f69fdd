// REST answers about an account that the tape does not hold, made of what it said so far.
#pragma once

#include <tape/venue/binance_usdm/fields.h>
#include <tape/venue/exchange/exchange.h>
#include <tape/venue/writer.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tape::venue::binance_usdm {

class Pages {
 public:
  /// Both outlive it.
  Pages(const ExchangeOptions& options, ExchangeHost& host) : options_(options), host_(host) {}

  /// account, balance, positionRisk, userTrades, positionSide/dual; nothing where the tape does not
  /// know enough, or the endpoint is another.
  [[nodiscard]] std::optional<std::string> rest(std::string_view endpoint,
                                                const std::string& account,
                                                std::string_view symbol);

 private:
  using Fill = std::function<void(schema::AccountState::Reader, schema::Event::Builder)>;
  [[nodiscard]] std::string write(Kind kind, schema::AccountState::Reader account,
                                  const Fill& fill);
  /// The last ones that the tape told.
  [[nodiscard]] std::string trades(const std::string& account, std::string_view symbol);
  [[nodiscard]] std::optional<std::string> mode(const std::string& account);

  const ExchangeOptions& options_;
  ExchangeHost& host_;
  std::map<Kind, std::unique_ptr<TableWriter>> writers_;
  event::Message message_;
};

}  // namespace tape::venue::binance_usdm
