// The user data of one account: its listen key, the connections that it opens, and the snapshots
// that each of them needs.
#pragma once

#include <tape/venue/binance_usdm/live/feeds.h>
#include <tape/venue/binance_usdm/live/legs.h>
#include <tape/venue/binance_usdm/live/rest/client.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::binance_usdm::live {

/// The connection is <private>/ws/<listenKey>: no subscription that could be refused, the same form
/// at the old single address, and the key stands in the URL only, where /stream would repeat it in
/// every frame. The key is never deleted: other programs of the account have the same.
class User {
 public:
  User(const Plan& plan, std::size_t account, std::uint32_t number, LinkIds& ids, Client& client);

  void start(Session::Now now);
  [[nodiscard]] bool has(LinkId link) const { return legs_.has(link); }
  void opened(LinkId link, Session::Now now);
  void lost(LinkId link, Session::Now now, Host& host);
  void heard(LinkId link) { legs_.heard(link); }
  /// The venue said that the listen key is no more.
  void expired(Session::Now now);
  /// Of a call about this account.
  void answered(const Client::Result& result, Session::Now now, Host& host);
  void tick(Session::Now now, Host& host);

  void count(std::vector<Session::Counter>& counters) const;

 private:
  void renew(Session::Now now);
  void take_key(std::string value, Session::Now now, Host& host);
  void connect(LinkId link, Host& host) const;
  void snapshot(Session::Now now);

  std::string url_;    // of the private endpoint
  std::string label_;  // of the account; a view of it stands in the counters
  LinkIds& ids_;
  Client& client_;
  Legs legs_;
  Client::Job create_;
  Client::Job keep_;
  std::vector<Client::Job> snapshots_;
  Secret key_;
  bool stale_ = false;        // connections with the old key say nothing any more
  Nanos kept_at_ = 0;         // when the key's hour began
  Nanos revive_at_ = kNever;  // not connected until then: perhaps the key is at fault
  std::uint64_t created_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t expired_ = 0;
  std::uint64_t replaced_ = 0;
};

}  // namespace tape::venue::binance_usdm::live
