// The REST side of the exchange: what the tape answered, else what its books say.
#pragma once

#include <tape/venue/exchange/answers.h>
#include <tape/venue/kraken_futures/exchange/access.h>
#include <tape/venue/kraken_futures/exchange/orders/trading.h>
#include <tape/venue/kraken_futures/exchange/pages.h>

#include <set>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

class Rest {
 public:
  /// All of them outlive it.
  Rest(const ExchangeOptions& options, Access& access, Trading& trading, Pages& pages,
       const Notices& notices, ExchangeHost& host);

  void on_call(ClientId client, const ClientCall& call);
  /// A REST event of the tape.
  void on_event(const TapeEvent& event);
  /// One that is to come.
  void on_ahead(const TapeEvent& event);
  /// Lock step: whether a client asks what the recorder asked here.
  [[nodiscard]] bool ready(const TapeEvent& event) const;
  void on_tick();
  void gone(ClientId client) { answers_.gone(client); }
  /// Every market is in the order management period, whatever the tape says.
  void set_post_only(bool on) { post_only_ = on; }

 private:
  /// What the tape has said of it, up to this moment.
  [[nodiscard]] std::optional<ExchangeReply> so_far(const std::string& label,
                                                    std::string_view endpoint,
                                                    std::string_view query);
  void change(ClientId client, const ClientCall& call, std::string_view endpoint,
              const std::string& label);
  void reply(ClientId client, std::string_view endpoint, ExchangeReply reply);
  enum class Told : bool { last, first };
  [[nodiscard]] const ExchangeReply* recorded(std::string_view label, std::string_view endpoint,
                                              std::string_view query, Told told) const;
  /// Whether the tape's answer is not true any more.
  [[nodiscard]] bool outdated(std::string_view endpoint, const std::string& label) const;
  [[nodiscard]] std::optional<ExchangeReply> computed(std::string_view endpoint,
                                                      const std::string& label,
                                                      std::string_view query);
  [[nodiscard]] ExchangeReply unavailable(std::string_view endpoint) const;

  const ExchangeOptions& options_;
  Access& access_;
  Trading& trading_;
  Pages& pages_;
  const Notices& notices_;
  ExchangeHost& host_;
  Answers answers_;
  std::set<std::string, std::less<>> channels_;  // of the catalogue
  bool post_only_ = false;
};

}  // namespace tape::venue::kraken_futures
