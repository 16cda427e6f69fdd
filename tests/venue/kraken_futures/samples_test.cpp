#include <tape/base/bytes.h>

#include <catch2/catch.hpp>
#include <zstd.h>

#include "support.h"
#include <map>

using namespace kraken;

namespace {

const std::string kSamples = TAPE_SOURCE_DIR "/samples/kraken_futures/";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (end != at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string decompressed(const std::string& path) {
  const auto packed = read_file(path);
  std::string text(std::size_t{8} << 20U, '\0');
  const auto size = ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  REQUIRE_FALSE(ZSTD_isError(size));
  text.resize(size);
  return text;
}

/// One answer of fixtures_jkorf/rest: method, path, whether signed, then the body.
std::string rest_sample(Wire& wire, const std::string& name, bool with_path) {
  auto text = read_file(kSamples + "fixtures_jkorf/rest/" + name + ".txt");
  std::string head[3];
  for (auto& line : head) {
    line = text.substr(0, text.find('\n'));
    text.erase(0, line.size() + 1);
  }
  return summary(with_path ? wire.answer(head[1], text, head[0]) : wire.send(text));
}

}  // namespace

TEST_CASE("kraken futures samples: half a minute of public feeds") {
  Wire wire;
  std::map<std::string, int> kinds;
  for (const auto& line : lines_of(decompressed(kSamples + "cf_20210722_ws.txt.zst"))) {
    const auto frame = line.find(": {");
    if (frame == std::string::npos || line.starts_with("configuration")) continue;
    wire.direction =
        line.starts_with("wss") ? tape::schema::Direction::SENT : tape::schema::Direction::RECEIVED;
    const auto event = wire.send(std::string_view(line).substr(frame + 2));
    ++kinds[std::string(tape::event::kind_name(kind(event)))];
    if (wire.count() != 1 || event.getUnknownFields() != 0 || event.getAnomalies().size() != 0) {
      FAIL(line.substr(0, 200) << " is " << summary(event) << " of " << wire.count() << " events");
    }
  }
  CHECK(kinds == std::map<std::string, int>{{"bookDelta", 7014},
                                            {"bookSnapshot", 10},
                                            {"subscription", 34},
                                            {"ticker", 107},
                                            {"trade", 3},
                                            {"tradeSnapshot", 10}});
}

TEST_CASE("kraken futures samples: one frame of every feed") {
  Wire wire;
  std::vector<std::string> said;
  for (const auto* file : {"gct_20261009_ws.ndjson", "docs_private_examples.ndjson"}) {
    for (const auto& line : lines_of(read_file(kSamples + file)))
      said.push_back(summary(wire.send(line)));
  }
  CHECK(said == std::vector<std::string>{"subscription",
                                         "heartbeat heartbeat",
                                         "ticker ticker PF_XBTUSD",
                                         "bookSnapshot book PF_XBTUSD",
                                         "bookDelta book PF_XBTUSD",
                                         "bookDelta book PF_XBTUSD",
                                         "bookDelta book PF_XBTUSD",
                                         "tradeSnapshot trade PF_XBTUSD",
                                         "trade trade PF_XBTUSD",
                                         "openOrders open_orders",
                                         "orderUpdate open_orders PF_XBTUSD",
                                         "orderUpdate open_orders",
                                         "fill fills",
                                         "balances balances",
                                         "balances balances",
                                         "balances balances",
                                         "balances balances",
                                         "positions open_positions",
                                         "notification notifications_auth",
                                         "accountLog account_log",
                                         "openOrders open_orders_verbose",
                                         "orderUpdate open_orders_verbose PI_XBTUSD",
                                         "orderUpdate open_orders_verbose",
                                         "error"});
}

TEST_CASE("kraken futures samples: REST answers, by their path and by their shape") {
  Wire wire;
  const std::pair<const char*, const char*> answers[] = {
      {"CancelAllOrderAfter", "deadMansSwitch cancelallordersafter"},
      {"CancelOrder", "orderAnswer cancelorder"},
      {"EditOrder", "orderAnswer editorder"},
      {"PlaceOrder", "orderAnswer sendorder"},
      {"GetAccountLog", "accountLog account-log"},
      {"GetBalances", "balances accounts"},
      {"GetExecutionEvents", "fill executions"},
      {"GetLeverage", "accountConfig leveragepreferences"},
      {"GetOpenOrders", "openOrders openorders"},
      {"GetOpenPositions", "positions openpositions"},
      {"GetOrderBook", "bookSnapshot orderbook"},
      {"GetPlatformNotifications", "notification notifications"},
      {"GetPnlCurrency", "accountConfig pnlpreferences"},
      {"GetSymbolStatus", "venueStatus instruments/status"},
      {"GetSymbols", "instruments instruments"},
      {"GetTickers", "tickers tickers"},
      {"GetTrades", "tradeSnapshot history"},
      {"GetUserTrades", "fill fills"},
      // Copied by its author from another answer.
      {"GetSelfTradeStrategy", "fill fills"},
      // No table is about these.
      {"GetHistoricalFundingRates", "opaque: unknownKind, no table knows this message"},
      {"GetKlines", "opaque: unknownKind, no table knows this message"},
      {"Transfer", "opaque: unknownKind, no table knows this message"},
      {"SetSelfTradeStrategy", "opaque: unknownKind, no table knows this message"},
  };
  for (const auto& [name, expected] : answers) {
    INFO(name);
    CHECK(rest_sample(wire, name, true) == expected);
    CHECK(rest_sample(wire, name, false) == expected);
  }
  CHECK(rest_sample(wire, "CancelAllOrders", true) == "orderAnswer cancelallorders");
  CHECK(rest_sample(wire, "SetLeverage", true) == "accountConfig");
  CHECK(rest_sample(wire, "SetPnlCurrency", true) == "accountConfig");
  CHECK(rest_sample(wire, "GetOrders", true) ==
        "opaque: missingField, orders/status: member 'orders' is missing");
  CHECK(rest_sample(wire, "GetOrders", false) ==
        "opaque: unknownKind, no table knows this message");

  CHECK(summary(wire.send(read_file(kSamples + "account_log_rest_20260811.json"))) ==
        "accountLog account-log");
  const auto capture = lines_of(read_file(kSamples + "cf_20210722_rest.txt")).front();
  const auto event = wire.send(std::string_view(capture).substr(capture.find(": {") + 2));
  CHECK(summary(event) == "instruments instruments");
  CHECK(body(event, "items[0].symbol") == "pi_xbtusd");
}

TEST_CASE("kraken futures samples: exchanges on a private connection") {
  Wire wire;
  for (const auto* name : {"OrderUpdate", "Ticker", "UserTrade"}) {
    auto text = read_file(kSamples + "fixtures_jkorf/ws/" + name + ".txt");
    const auto message = text.find("\n= ") + 3;
    for (const auto& line : lines_of(text.substr(0, message - 3))) {
      INFO(line);
      const auto event = wire.send(std::string_view(line).substr(2));
      CHECK(kind(event) == Kind::SUBSCRIPTION);
      CHECK(event.getUnknownFields() == 0);
      CHECK(wire.bytes.find("MTIz") == std::string::npos);
    }
    const auto event = wire.send(text.substr(message));
    CHECK(kind(event) != Kind::OPAQUE);
    CHECK(event.getUnknownFields() == 0);
    CHECK(anomalies(event).empty());
  }
}

TEST_CASE("kraken futures samples: notices and assignments, whole, repaired and broken") {
  Wire wire;
  const auto seed = [&](const std::string& name) {
    return wire.send(read_file(kSamples + "seeds/" + name));
  };
  CHECK(summary(seed("kraken_rest_fills_assignee.repaired.json")) == "fill fills");
  CHECK(summary(seed("kraken_rest_notifications.json")) == "notification notifications");
  CHECK(summary(seed("kraken_ws_fills_assignee.repaired.json")) ==
        "fill fills PI_BTCUSD, unitChanged fills[].time");
  CHECK(summary(seed("kraken_ws_notification_419_post_only.json")) ==
        "notification notifications_auth");
  CHECK(summary(seed("kraken_ws_notification_420_resumed.repaired.json")) ==
        "notification notifications_auth");
  CHECK(summary(seed("kraken_ws_notifications_template.repaired.json")) ==
        "notification notifications_auth");

  const std::pair<const char*, int> broken[] = {
      {"seeds/kraken_ws_notification_420_resumed.bad.txt", 44},  // a colon is missing
      {"seeds/kraken_ws_notifications_template.bad.txt", 201},   // three dots
      {"seeds/kraken_ws_fills_assignee.bad.txt", 1},             // no-break spaces
      {"seeds/kraken_rest_fills_assignee.bad.txt", 1},
      {"docs_account_log_delta_malformed.txt", 469},  // a comma is missing
  };
  for (const auto& [name, at] : broken) {
    INFO(name);
    const auto text = read_file(kSamples + name);
    const auto event = wire.send(text);
    CHECK(kind(event) == Kind::OPAQUE);
    CHECK(body(event, "kind") == "malformed");
    CHECK(body(event, "at") == std::to_string(at));
    CHECK(body(event, "reason").starts_with("byte " + std::to_string(at) + ": "));
    CHECK(tape::event::raw_bytes(event) == text);
  }
}
