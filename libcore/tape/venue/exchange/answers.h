// REST answers of the tape, by what was asked: the last one, and clients that wait for the next.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// A question is a text of the venue's choice.
class Answers {
 public:
  /// The tape has an answer; who waited for it gets it. Throws nothing.
  void record(std::string_view question, ExchangeReply answer, ExchangeHost& host);
  [[nodiscard]] const ExchangeReply* last(std::string_view question) const;

  void wait(ClientId client, std::string question, Nanos until);
  /// Whether somebody waits.
  [[nodiscard]] bool awaited(std::string_view question) const;
  void gone(ClientId client);

  struct Waiting {
    ClientId client = 0;
    std::string question;
    Nanos until = 0;
  };
  /// Takes out those whose time is over.
  [[nodiscard]] std::vector<Waiting> overdue(Nanos now);

 private:
  std::map<std::string, ExchangeReply, std::less<>> last_;
  std::vector<Waiting> waiting_;
};

}  // namespace tape::venue
