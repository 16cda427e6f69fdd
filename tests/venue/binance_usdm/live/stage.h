// A live session on a stage: a host that keeps what it is told, clocks that a test moves, and the
// venue's real protocol between frames and events.
#pragma once

#include <tape/venue/binance_usdm/live/session.h>

#include <venue/binance_usdm/support.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stage {

using tape::kMillisecond;
using tape::kSecond;
using tape::Nanos;
using tape::venue::Account;
using tape::venue::LinkId;
using tape::venue::Request;
using tape::venue::SessionOptions;

inline constexpr Nanos kMinute = 60 * kSecond;
inline constexpr Nanos kHour = 60 * kMinute;

class FakeHost final : public tape::venue::Host {
 public:
  void connect(const tape::venue::Link& link) override {
    links[link.id] = link;
    said.push_back("connect " + link.url);
  }
  void disconnect(LinkId link, std::string_view why) override {
    CHECK(links.erase(link) == 1);
    CHECK_FALSE(why.empty());
    said.push_back("disconnect " + std::to_string(link));
  }
  void restart(LinkId link, std::string_view why) override {
    CHECK_FALSE(why.empty());
    said.push_back("restart " + std::to_string(link));
  }
  void send(LinkId link, std::string_view text) override { sent.emplace_back(link, text); }
  void request(const Request& request) override { requests.push_back(request); }
  void conceal(std::string_view secret) override { concealed.emplace_back(secret); }
  void note(tape::event::Message& /*message*/) override { ++notes; }
  void warn(std::string_view text) override { warnings.emplace_back(text); }

  std::map<LinkId, tape::venue::Link> links;
  std::vector<std::string> said;
  std::vector<std::pair<LinkId, std::string>> sent;
  std::vector<Request> requests;  // not answered yet
  std::vector<std::string> concealed;
  std::vector<std::string> warnings;
  int notes = 0;
};

inline Account account(std::string label) {
  return {label, tape::Secret("key of " + label), tape::Secret("secret of " + label)};
}

inline SessionOptions options(std::vector<std::string> symbols, std::vector<std::string> feeds = {},
                              const std::vector<std::string>& accounts = {}) {
  SessionOptions made;
  made.symbols = std::move(symbols);
  made.feeds = std::move(feeds);
  for (const auto& label : accounts) made.accounts.push_back(account(label));
  return made;
}

inline const std::string kKeyOne =
    "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1";
inline const std::string kKeyTwo =
    "XaEAKTsQSRLZAGH9tuIu37plSRsdjmlAVBoNYPUITlTAko1WI22PgmBMpI1rS8Yh";

using Headers = std::vector<std::pair<std::string, std::string>>;

class Stage {
 public:
  explicit Stage(SessionOptions options)
      : session(tape::venue::binance_usdm::live::make_session(std::move(options))) {
    session->start(now, host);
  }

  void tick(Nanos by) {
    now.monotonic += by;
    now.utc += by;
    session->on_tick(now, host);
  }
  void advance(Nanos by, Nanos step = 100 * kMillisecond) {
    for (; by > 0; by -= step) tick(std::min(by, step));
  }
  /// The same, while every request is answered well.
  void live(Nanos by, Nanos step = kSecond) {
    for (; by > 0; by -= step) {
      tick(std::min(by, step));
      answer_all();
    }
  }

  void open(LinkId link) {
    wire.protocol->on_connection(link);
    session->on_open(link, now, host);
  }
  void lose(LinkId link) { session->on_lost(link, now, host); }
  void frame(LinkId link, std::string_view text) {
    session->on_frame(link, text, now, host);
    wire.connection = link;
    wire.send(text);
    for (std::size_t i = 0; i < wire.count(); ++i) {
      session->on_event(link, wire.at(i), now, host);
    }
  }

  void answer(const Request& request, std::uint16_t status, std::string_view body,
              const Headers& headers = {}, std::string_view cause = {}) {
    tape::venue::Answer made;
    made.id = request.id;
    made.status = status;
    made.body = body;
    made.cause = cause;
    made.headers = headers;
    session->on_answer(made, now, host);
  }
  /// The oldest request that is not answered whose method and URL hold the text: taken.
  Request take(std::string_view what) {
    const auto found =
        std::find_if(host.requests.begin(), host.requests.end(), [&](const Request& request) {
          return (request.method + " " + request.url).find(what) != std::string::npos;
        });
    INFO("no request '" << what << "'");
    REQUIRE(found != host.requests.end());
    auto request = *found;
    host.requests.erase(found);
    return request;
  }
  [[nodiscard]] std::size_t waiting(std::string_view what) const {
    return static_cast<std::size_t>(
        std::count_if(host.requests.begin(), host.requests.end(), [&](const Request& request) {
          return (request.method + " " + request.url).find(what) != std::string::npos;
        }));
  }

  [[nodiscard]] std::string good(const Request& request) const {
    const auto asks = [&](std::string_view path) {
      return request.url.find(path) != std::string::npos;
    };
    if (asks("/listenKey")) return "{\"listenKey\":\"" + key + "\"}";
    if (asks("/time")) {
      return "{\"serverTime\":" + std::to_string(now.utc / kMillisecond) + "}";
    }
    if (asks("/dual")) return R"({"dualSidePosition":true})";
    if (asks("/v2/account")) return R"({"assets":[{"asset":"USDT"}],"positions":[]})";
    if (asks("/multiAssetsMargin")) return R"({"multiAssetsMargin":false})";
    if (asks("/exchangeInfo")) return R"({"rateLimits":[],"symbols":[{"symbol":"BTCUSDT"}]})";
    if (asks("/depth")) return R"({"lastUpdateId":1000,"bids":[],"asks":[]})";
    return "[]";
  }
  void answer_all() {
    for (int round = 0; round < 50 && !host.requests.empty(); ++round) {
      const auto requests = std::exchange(host.requests, {});
      for (const auto& request : requests) {
        ++answered[request.url.substr(0, request.url.find('?'))];
        answer(request, 200, good(request), {{"x-mbx-used-weight-1m", "10"}});
      }
    }
  }

  /// The link at whose URL is the text, the youngest.
  [[nodiscard]] LinkId link(std::string_view url) const {
    LinkId found = 0;
    for (const auto& [id, entry] : host.links) {
      if (entry.url.find(url) != std::string::npos) found = id;
    }
    return found;
  }
  /// Acknowledges everything sent so far.
  void acknowledge() {
    for (const auto& [link, text] : std::exchange(host.sent, {})) {
      frame(link, "{\"result\":null,\"id\":" + id_of(text) + "}");
    }
  }
  static std::string id_of(const std::string& text) {
    const auto at = text.rfind("\"id\":");
    REQUIRE(at != std::string::npos);
    return text.substr(at + 5, text.size() - at - 6);
  }

  void change(LinkId link, std::string_view symbol, int first, int last, int previous) {
    const auto number = [](int value) { return std::to_string(value); };
    frame(link,
          "{\"stream\":\"x@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1600000000000,"
          "\"T\":1600000000000,\"s\":\"" +
              std::string(symbol) + "\",\"U\":" + number(first) + ",\"u\":" + number(last) +
              ",\"pu\":" + number(previous) + ",\"b\":[[\"1.0\",\"2.0\"]],\"a\":[]}}");
  }

  [[nodiscard]] double counter(std::string_view name, std::string_view account = {}) const {
    for (const auto& entry : session->counters()) {
      if (entry.name == name && entry.account == account) return entry.value;
    }
    FAIL("no counter " << name);
    return 0;
  }
  [[nodiscard]] std::size_t said(std::string_view what) const {
    return static_cast<std::size_t>(
        std::count_if(host.said.begin(), host.said.end(),
                      [&](const std::string& text) { return text.starts_with(what); }));
  }
  [[nodiscard]] std::size_t warned(std::string_view what) const {
    return static_cast<std::size_t>(std::count_if(
        host.warnings.begin(), host.warnings.end(),
        [&](const std::string& text) { return text.find(what) != std::string::npos; }));
  }

  tape::venue::Session::Now now{1'000 * kSecond, binance::kNow};
  FakeHost host;
  binance::Wire wire;
  std::unique_ptr<tape::venue::Session> session;
  std::string key = kKeyOne;  // that answer_all gives
  std::map<std::string, int> answered;
};

}  // namespace stage
