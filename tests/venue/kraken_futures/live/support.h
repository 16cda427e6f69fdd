// A session against a host that keeps what it is told, a venue that is played, and time by hand.
#pragma once

#include <tape/base/error.h>
#include <tape/venue/kraken_futures/live/session.h>
#include <tape/venue/kraken_futures/protocol.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kraken_live {

using tape::kMillisecond;
using tape::kSecond;
using tape::Nanos;
using tape::venue::LinkId;

inline constexpr auto* kKey = "theKeyOfDesk";
/// The documented pair of secret and challenge.
inline constexpr auto* kSecret =
    "7zxMEF5p/Z8l2p2U7Ghv6x14Af+Fx+92tPgUdVQ748FOIrEoT9bgT+bTRfXc5pz8na+hL/QdrCVG7bh9KpT0eMTm";
inline constexpr auto* kChallenge = "c100b894-1729-464d-ace1-52dbce11db42";
inline constexpr auto* kSigned =
    "4JEpF3ix66GA2B+ooK128Ift4XQVtc137N9yeg4Kqsn9PI0Kpzbysl9M1IeCEdjg0zl00wkVqcsnG4bmnlMb3A==";

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class KeptHost final : public tape::venue::Host {
 public:
  void connect(const tape::venue::Link& link) override { links.push_back(link); }
  void disconnect(LinkId link, std::string_view /*why*/) override { open.erase(link); }
  void restart(LinkId link, std::string_view why) override {
    open.erase(link);
    restarts.emplace_back(link, why);
  }
  void send(LinkId link, std::string_view text) override {
    REQUIRE(open.contains(link));
    sent.emplace_back(link, text);
  }
  void request(const tape::venue::Request& request) override { requests.push_back(request); }
  void conceal(std::string_view secret) override { concealed.emplace(secret); }
  void note(tape::event::Message& /*message*/) override { ++notes; }
  void warn(std::string_view text) override { warnings.emplace_back(text); }

  std::vector<tape::venue::Link> links;
  std::set<LinkId> open;
  std::vector<std::pair<LinkId, std::string>> restarts;
  std::vector<std::pair<LinkId, std::string>> sent;
  std::vector<tape::venue::Request> requests;
  std::set<std::string> concealed;
  std::vector<std::string> warnings;
  int notes = 0;
};

struct Reply {
  std::uint16_t status = 200;
  std::string body;
  std::string cause;
  std::vector<std::pair<std::string, std::string>> headers;
};

inline Reply good(std::string_view url) {
  const auto path = url.substr(0, url.find('?'));
  const auto ends = [&](std::string_view end) { return path.ends_with(end); };
  std::string list;
  if (ends("/accounts"))
    list = R"("accounts":{"cash":{"type":"cashAccount","balances":{"xbt":"1"}}})";
  if (ends("/openpositions")) list = R"("openPositions":[])";
  if (ends("/openorders")) list = R"("openOrders":[])";
  if (ends("/fills")) list = R"("fills":[])";
  if (ends("/notifications")) list = R"("notifications":[])";
  if (ends("/instruments")) list = R"("instruments":[])";
  if (ends("/instruments/status")) list = R"("instrumentStatus":[])";
  if (ends("/tickers")) list = R"("tickers":[])";
  if (ends("/history")) list = R"("history":[])";
  if (ends("/summary.json")) {
    return {200, R"({"page":{"id":"p"},"status":{"indicator":"none","description":"d"}})", "", {}};
  }
  return {200,
          R"({"result":"success",)" + list + R"(,"serverTime":"2026-11-25T10:00:00.000Z"})",
          "",
          {}};
}

class Rig final : public tape::venue::Outbox {
 public:
  explicit Rig(tape::venue::SessionOptions options)
      : session(tape::venue::kraken_futures::live()->make_session(std::move(options))) {}

  KeptHost host;
  std::unique_ptr<tape::venue::Session> session;
  Nanos now = 1000 * kSecond;
  bool acknowledges = true;  // the played venue
  /// How requests are answered; null: not at all.
  std::function<Reply(const tape::venue::Request&)> answers = [](const auto& request) {
    return good(request.url);
  };

  [[nodiscard]] tape::venue::Session::Now moment() const {
    return {now, 1'795'000'000 * kSecond + now};
  }

  void start() { session->start(moment(), host); }
  void open(LinkId link) {
    host.open.insert(link);
    protocols_[link] = tape::venue::kraken_futures::make_protocol();
    session->on_open(link, moment(), host);
    play();
  }
  void lose(LinkId link) {
    host.open.erase(link);
    session->on_lost(link, moment(), host);
  }
  /// A frame of the venue: as bytes to the session, then what it was decoded to.
  void receive(LinkId link, std::string_view text) {
    session->on_frame(link, text, moment(), host);
    std::string bytes(text);
    bytes.append(tape::event::kFramePadding, '\0');
    tape::event::Frame frame;
    frame.bytes = {bytes.data(), text.size()};
    frame.stamp.received_at = now;
    frame.connection = link;
    frame.transport = tape::schema::Transport::WEBSOCKET;
    link_ = link;
    auto& protocol = protocols_[link];
    if (!protocol) protocol = tape::venue::kraken_futures::make_protocol();
    (void)protocol->on_frame(frame, *this, tape::venue::Unknown::record);
    play();
  }
  void event(tape::event::Message& message) override {
    session->on_event(link_, message.event().asReader(), moment(), host);
  }
  /// Ten ticks a second, as the host promises.
  void pass(Nanos span) {
    for (const auto end = now + span; now < end;) {
      now += 100 * kMillisecond;
      session->on_tick(moment(), host);
      play();
    }
  }
  void answer(std::uint64_t id, const Reply& reply) {
    tape::venue::Answer answer;
    answer.id = id;
    answer.status = reply.status;
    answer.cause = reply.cause;
    answer.body = reply.body;
    answer.headers = reply.headers;
    session->on_answer(answer, moment(), host);
  }

  /// Texts sent on a link since the last call that begin so; all where `begins` is empty.
  std::vector<std::string> take_sent(LinkId link, std::string_view begins = "") {
    std::vector<std::string> taken;
    for (const auto& [to, text] : host.sent) {
      if (to == link && text.starts_with(begins)) taken.push_back(text);
    }
    std::erase_if(host.sent, [&](const auto& sent) { return sent.first == link; });
    played_ = host.sent.size();
    return taken;
  }
  /// Requests so far whose URL holds this.
  [[nodiscard]] std::size_t asked(std::string_view part, std::string_view account = "") const {
    return static_cast<std::size_t>(
        std::count_if(host.requests.begin(), host.requests.end(), [&](const auto& request) {
          return has(request.url, part) && (account.empty() || request.account == account);
        }));
  }
  [[nodiscard]] std::size_t warned(std::string_view part) const {
    return static_cast<std::size_t>(
        std::count_if(host.warnings.begin(), host.warnings.end(),
                      [&](const auto& text) { return has(text, part); }));
  }
  [[nodiscard]] double counter(std::string_view name, std::string_view account = "") const {
    for (const auto& counter : session->counters()) {
      if (counter.name == name && counter.account == account) return counter.value;
    }
    FAIL("no counter " << name);
    return -1;
  }

 private:
  /// The venue acknowledges and answers what came since the last call.
  void play() {
    while (played_ < host.sent.size()) {
      const auto [link, text] = host.sent[played_++];
      if (!acknowledges || !host.open.contains(link)) continue;
      constexpr std::string_view kSubscribe = R"({"event":"subscribe",)";
      if (has(text, R"("event":"challenge")")) {
        receive(link, std::string(R"({"event":"challenge","message":")") + kChallenge + "\"}");
      } else if (text.starts_with(kSubscribe)) {
        receive(link, R"({"event":"subscribed",)" + text.substr(kSubscribe.size()));
      }
    }
    while (answers && answered_ < host.requests.size()) {
      const auto request = host.requests[answered_++];
      answer(request.id, answers(request));
    }
  }

  std::map<LinkId, std::unique_ptr<tape::venue::Protocol>> protocols_;
  LinkId link_ = 0;
  std::size_t played_ = 0;
  std::size_t answered_ = 0;
};

inline void add_account(tape::venue::SessionOptions& options, std::string label,
                        std::string key = kKey) {
  tape::venue::Account account;
  account.label = std::move(label);
  account.key = tape::Secret(std::move(key));
  account.secret = tape::Secret(std::string(kSecret));
  options.accounts.push_back(std::move(account));
}

inline tape::venue::SessionOptions symbols(std::vector<std::string> names) {
  tape::venue::SessionOptions options;
  options.symbols = std::move(names);
  return options;
}

/// One symbol, and one account named desk on link 2.
inline tape::venue::SessionOptions desk() {
  auto options = symbols({"PF_XBTUSD"});
  add_account(options, "desk");
  return options;
}

inline std::string book(const char* feed, std::uint64_t number,
                        const std::string& product = "PF_XBTUSD") {
  const bool snapshot = std::string_view(feed) == "book_snapshot";
  return std::string(R"({"feed":")") + feed + R"(","product_id":")" + product + R"(","seq":)" +
         std::to_string(number) + R"(,"timestamp":1612269953629,)" +
         (snapshot ? R"("tickSize":null,"bids":[],"asks":[]})"
                   : R"("side":"buy","price":1,"qty":1})");
}

inline std::string balances(const char* feed, std::uint64_t number) {
  return std::string(R"({"feed":")") + feed +
         R"(","account":"a","holding":{},"timestamp":1640995200000,"seq":)" +
         std::to_string(number) + "}";
}

inline std::string positions(std::uint64_t number) {
  return R"({"feed":"open_positions","account":"a","positions":[],"seq":)" +
         std::to_string(number) + R"(,"timestamp":1640995200000})";
}

inline std::string trade(std::uint64_t number) {
  return R"({"feed":"trade","product_id":"PF_XBTUSD","uid":"u","side":"buy","type":"fill","seq":)" +
         std::to_string(number) + R"(,"time":1612266317519,"qty":1,"price":1})";
}

/// The first message of every private feed.
inline void first_messages(Rig& rig, LinkId link) {
  rig.receive(link, balances("balances_snapshot", 0));
  rig.receive(link, positions(0));
  rig.receive(link, R"({"feed":"fills_snapshot","account":"a","fills":[]})");
  rig.receive(link, R"({"feed":"open_orders_verbose_snapshot","account":"a","orders":[]})");
  rig.receive(link, R"({"feed":"account_log_snapshot","logs":[]})");
  rig.receive(link, R"({"feed":"notifications_auth","notifications":[]})");
}

}  // namespace kraken_live
