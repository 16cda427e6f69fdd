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

  /// The tape will have it: the first one counts.
  void foresee(std::string_view question, ExchangeReply answer);
  [[nodiscard]] const ExchangeReply* first(std::string_view question) const;

  void wait(ClientId client, std::string question, Nanos since);
  /// Whether somebody waits.
  [[nodiscard]] bool awaited(std::string_view question) const;
  void gone(ClientId client);

  struct Waiting {
    ClientId client = 0;
    std::string question;
    Nanos since = 0;
  };
  /// Takes out those that waited for so long.
  [[nodiscard]] std::vector<Waiting> overdue(Nanos now, Nanos patience);

 private:
  std::map<std::string, ExchangeReply, std::less<>> last_;
  std::map<std::string, ExchangeReply, std::less<>> first_;
  std::vector<Waiting> waiting_;
};

/// How long a client waits for an answer now. A tape that does not run has none: it is only given
/// the time in which the same client may start it.
[[nodiscard]] Nanos patience_of(const ExchangeOptions& options, const ExchangeHost& host);

}  // namespace tape::venue
