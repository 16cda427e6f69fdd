// Who gets which frame of the tape: subscriptions of clients, and the connection of the tape that
// each feed comes by.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// A feed is a text of the venue's choice. Where several connections of the tape bring one (a
/// recorder that replaces connections in time), clients get it from one of them: the first, until
/// it is lost.
class Feeds {
 public:
  /// snapshot: nothing before the next frame that is whole.
  enum class Join : bool { at_once, snapshot };

  void add(ClientId client, std::string_view feed, Join join);
  [[nodiscard]] bool remove(ClientId client, std::string_view feed);
  void gone(ClientId client);
  [[nodiscard]] bool has(ClientId client, std::string_view feed) const;
  [[nodiscard]] std::vector<std::string> of(ClientId client) const;
  [[nodiscard]] std::size_t count(ClientId client) const;
  /// Of all clients.
  [[nodiscard]] std::size_t total() const;
  /// Whether there ever was a subscription.
  [[nodiscard]] bool any() const { return any_; }

  /// From now on the client gets what comes by that connection of the tape, and nothing else.
  void bind(ClientId client, TapeSource source);

  enum class Frame : bool { change, whole };
  /// Of a frame at hand: who gets it. Valid until the next call.
  [[nodiscard]] std::span<const ClientId> receivers(std::string_view feed, TapeSource source,
                                                    Frame frame);
  /// Who has what the feed begins with, whatever connection it comes by: for what no tape holds.
  [[nodiscard]] std::vector<ClientId> subscribers(std::string_view feed) const;
  /// Those who get anything by that connection: for frames that nobody understands.
  [[nodiscard]] std::span<const ClientId> followers(TapeSource source);

  /// Whether something was lost of it, and nothing whole came since.
  [[nodiscard]] bool cold(std::string_view feed) const;
  void chill(std::string_view feed);
  /// The connection ended: its feeds come by another one, and begin anew. Returns its followers.
  std::vector<ClientId> lost(TapeSource source);
  /// A recording ended: its feeds come by connections of the next one, if there is one.
  void lost_session(std::uint64_t session);

 private:
  struct Subscriber {
    ClientId client = 0;
    bool waiting = false;
  };
  struct Feed {
    std::optional<TapeSource> owner;
    bool cold = false;
    std::vector<Subscriber> subscribers;  // in the order of their subscriptions
  };
  struct Client {
    std::set<std::string, std::less<>> feeds;
    std::optional<TapeSource> source;
  };

  std::map<std::string, Feed, std::less<>> feeds_;
  std::map<ClientId, Client> clients_;
  std::vector<ClientId> receivers_;
  bool any_ = false;
};

}  // namespace tape::venue
