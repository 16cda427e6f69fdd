// The REST side of the exchange: what the tape answered, else what its books say.
#pragma once

#include <tape/venue/binance_usdm/exchange/access.h>
#include <tape/venue/binance_usdm/exchange/orders/trading.h>
#include <tape/venue/binance_usdm/exchange/pages.h>
#include <tape/venue/budget.h>
#include <tape/venue/exchange/answers.h>

#include <string>
#include <string_view>

namespace tape::venue::binance_usdm {

class Rest {
 public:
  /// All of them outlive it.
  Rest(const ExchangeOptions& options, Access& access, Trading& trading, ExchangeHost& host);

  void on_call(ClientId client, const ClientCall& call);
  void on_event(const TapeEvent& event);
  /// One that is to come.
  void on_ahead(const TapeEvent& event);
  /// Lock step: whether a client asks what the recorder asked here.
  [[nodiscard]] bool ready(const TapeEvent& event) const;
  void on_tick();
  void gone(ClientId client) { answers_.gone(client); }

 private:
  [[nodiscard]] ExchangeReply limited(std::string_view method, std::string_view endpoint,
                                      bool& refused);
  /// What the tape has said of it, up to this moment.
  [[nodiscard]] std::optional<ExchangeReply> so_far(const std::string& label,
                                                    std::string_view endpoint,
                                                    const ClientCall& call,
                                                    std::string_view question);
  [[nodiscard]] ExchangeReply time() const;
  [[nodiscard]] std::optional<ExchangeReply> computed(const ClientCall& call) const;
  [[nodiscard]] std::optional<ExchangeReply> of_account(const std::string& label,
                                                        std::string_view endpoint,
                                                        const ClientCall& call);
  void answer(ClientId client, ExchangeReply reply);
  /// What the tape begins with where it does not run yet, else what comes next.
  void answer_later(ClientId client, std::string question);

  const ExchangeOptions& options_;
  Access& access_;
  Trading& trading_;
  ExchangeHost& host_;
  Pages pages_;
  Answers answers_;
  Budget weight_;
};

}  // namespace tape::venue::binance_usdm
