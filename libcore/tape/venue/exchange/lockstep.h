// Clients in step with the recorder of the tape: each is paired with one of its connections, and
// the tape waits until it asks what the recorder asked.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

class Lockstep {
 public:
  /// What a client asked, as a text of the venue's choice.
  void asked(ClientId client, std::string what);
  void gone(ClientId client);
  void lost(TapeSource source);

  /// The recorder asked all of these on that connection. True once its client did, too; a
  /// connection without a client takes the first free one that did. What many ask (`telling`
  /// false) finds no client.
  [[nodiscard]] bool pass(TapeSource source, const std::vector<std::string>& what, bool telling);

  [[nodiscard]] std::optional<ClientId> client_of(TapeSource source) const;
  [[nodiscard]] bool paired(ClientId client) const;

 private:
  using Asked = std::vector<std::string>;
  [[nodiscard]] static bool take(Asked& asked, const std::vector<std::string>& what);

  std::map<ClientId, Asked> asked_;
  std::map<TapeSource, ClientId> pairs_;
};

/// Answers of the exchange that wait for the moment at which the tape has them.
class Held {
 public:
  void hold(ClientId client, std::string what, std::string text, Nanos until);
  /// The oldest of the client about that; an empty `what` is about anything.
  [[nodiscard]] std::optional<std::string> take(ClientId client, std::string_view what);
  void gone(ClientId client);
  /// Sends those whose time is over.
  void release(Nanos now, ExchangeHost& host);

 private:
  struct Answer {
    ClientId client = 0;
    std::string what;
    std::string text;
    Nanos until = 0;
  };
  std::vector<Answer> answers_;
};

}  // namespace tape::venue
