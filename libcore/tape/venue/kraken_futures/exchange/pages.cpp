#include <tape/venue/exchange/json_object.h>
#include <tape/venue/exchange/message.h>
#include <tape/venue/exchange/orders/account_now.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/orders/rules.h>
#include <tape/venue/kraken_futures/exchange/pages.h>

#include <capnp/message.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::size_t kFills = 100;  // of an answer
constexpr std::array<FixedMember, 1> kSuccess = {FixedMember{"result", "success"}};

capnp::Text::Reader text(const std::string& value) { return {value.c_str(), value.size()}; }

/// Of an account that nothing is known of.
schema::AccountState::Reader nobody() { return {}; }

void in_rest_words(schema::Order::Builder order) {
  const std::string type(event::view(order.asReader().getType()));
  order.setType(text(std::string(rest_type(type))));
  const bool untouched = event::get_decimal(order.getFilled()).zero();
  order.setStatus(untouched ? "untouched" : "partiallyFilled");
}

void in_stream_words(schema::Order::Builder order) {
  const std::string type(event::view(order.asReader().getType()));
  order.setType(text(std::string(stream_type(type))));
}

/// Sizes are positive in REST, flat instruments absent.
void put_positions(schema::AccountState::Reader account, schema::Event::Builder event) {
  std::vector<schema::Position::Reader> open;
  for (const auto position : account.getPositions()) {
    const auto size = event::get_decimal(position.getQuantity());
    if (!size.absent() && !size.zero()) open.push_back(position);
  }
  auto items = event.getBody().initPositions().initItems(static_cast<capnp::uint>(open.size()));
  for (capnp::uint i = 0; i < items.size(); ++i) {
    items.setWithCaveats(i, open[i]);
    auto size = event::get_decimal(open[i].getQuantity());
    if (open[i].getSide() == schema::Side::UNKNOWN) {
      items[i].setSide(size.mantissa < 0 ? schema::Side::SELL : schema::Side::BUY);
    }
    size.mantissa = std::abs(size.mantissa);
    event::set_decimal(items[i].getQuantity(), size);
  }
}

void put_balances(schema::AccountState::Reader account, schema::Event::Builder event) {
  auto body = event.getBody().initBalances();
  body.setHolding(account.getHolding());
  body.setWallets(account.getWallets());
  if (account.hasMultiCollateral()) body.setMultiCollateral(account.getMultiCollateral());
}

void put_fills(schema::AccountState::Reader account, Nanos before, schema::Event::Builder event) {
  std::vector<schema::Fill::Reader> fills;
  for (const auto known : account.getFills()) {
    const auto fill = known.getFill();
    if (before == 0 || fill.getFilledAt() < before) fills.push_back(fill);
  }
  std::reverse(fills.begin(), fills.end());
  std::stable_sort(fills.begin(), fills.end(),
                   [](const auto& a, const auto& b) { return a.getFilledAt() > b.getFilledAt(); });
  if (fills.size() > kFills) fills.resize(kFills);
  auto items = event.getBody().initFill().initItems(static_cast<capnp::uint>(fills.size()));
  for (capnp::uint i = 0; i < items.size(); ++i) items.setWithCaveats(i, fills[i]);
}

}  // namespace

Pages::Pages(const ExchangeOptions& options, const ClientOrders& orders, const Notices& notices,
             const Trades& trades, ExchangeHost& host)
    : options_(options), orders_(orders), notices_(notices), trades_(trades), host_(host) {}

std::string Pages::write(Kind kind, std::span<const FixedMember> fixed, const Fill& fill) {
  auto& writer = writers_[kind];
  if (!writer) {
    const Spelling spelling{.position_sides = kind == Kind::rest_open_positions};
    writer = std::make_unique<TableWriter>(all_tables()[static_cast<std::size_t>(kind)], spelling);
  }
  auto event = message_.start();
  fill(event);
  std::string out;
  writer->append(event.asReader(), fixed, out);
  return out;
}

std::string Pages::answer(Kind kind, const Fill& fill) {
  return write(kind, kSuccess, [&](schema::Event::Builder event) {
    fill(event);
    event.setExchangeAt(host_.tape_now());
  });
}

std::optional<std::string> Pages::rest(std::string_view endpoint, const std::string& account,
                                       std::string_view query) {
  if (endpoint == "openorders") return open_orders(account);
  if (endpoint == "openpositions") {
    return of_account(Kind::rest_open_positions, "positions", account, put_positions);
  }
  if (endpoint == "accounts") {
    return of_account(Kind::rest_accounts, "balances", account, put_balances);
  }
  if (endpoint == "fills") return fills(account, parameter(query, "lastFillTime"));
  if (endpoint == "notifications") {
    JsonObject json;
    json.text("result", "success")
        .list("notifications", notification_list(Way::rest))
        .text("serverTime", server_time(host_.tape_now()));
    return json.str();
  }
  if (endpoint == "history") return history(query);
  if (endpoint == "tickers") return tickers("");
  constexpr std::string_view kOne = "tickers/";
  if (endpoint.starts_with(kOne)) return tickers(capitals(endpoint.substr(kOne.size())));
  return std::nullopt;
}

std::optional<std::string> Pages::of_account(
    Kind kind, std::string_view part, const std::string& account,
    const std::function<void(schema::AccountState::Reader, schema::Event::Builder)>& fill) {
  std::optional<std::string> body;
  host_.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) {
      for (const auto each : known.getParts()) {
        if (event::view(each.getPart()) != part || !each.getComplete()) continue;
        body = answer(kind, [&](schema::Event::Builder event) { fill(known, event); });
      }
    }
  });
  if (body || on_tape(options_, account)) return body;
  return answer(kind, [&](schema::Event::Builder event) { fill(nobody(), event); });
}

std::optional<std::string> Pages::open_orders(const std::string& account) {
  const auto put = [&](schema::AccountState::Reader /*account*/, schema::Event::Builder event) {
    orders_.write(account, event.getBody().initOpenOrders(), in_rest_words);
  };
  if (!orders_.touched(account)) return of_account(Kind::rest_open_orders, "orders", account, put);
  return answer(Kind::rest_open_orders,
                [&](schema::Event::Builder event) { put(nobody(), event); });
}

std::optional<std::string> Pages::fills(const std::string& account, std::string_view before) {
  const auto moment = before.empty() ? std::optional<Nanos>(0) : parse_moment(before);
  if (!moment) return std::nullopt;
  // The last ones are known of every account that any came of.
  std::optional<std::string> body;
  host_.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) {
      if (known.getFills().size() == 0) continue;
      body = answer(Kind::rest_fills,
                    [&](schema::Event::Builder event) { put_fills(known, *moment, event); });
    }
  });
  if (body || on_tape(options_, account)) return body;
  return answer(Kind::rest_fills,
                [](schema::Event::Builder event) { put_fills(nobody(), 0, event); });
}

std::optional<std::string> Pages::tickers(std::string_view symbol) {
  std::optional<std::string> body;
  host_.look(Part::market, symbol, [&](schema::State::Reader state) {
    std::vector<schema::MarketState::Reader> known;
    for (const auto market : state.getMarkets()) {
      if (market.getTickerAt() != 0) known.push_back(market);
    }
    if (known.empty()) return;
    const auto kind = symbol.empty() ? Kind::rest_tickers : Kind::rest_ticker;
    body = answer(kind, [&](schema::Event::Builder event) {
      auto items = event.getBody().initTickers().initItems(static_cast<capnp::uint>(known.size()));
      for (capnp::uint i = 0; i < items.size(); ++i) {
        items.setWithCaveats(i, known[i].getTicker());
        items[i].setSymbol(known[i].getSymbol());
      }
    });
  });
  return body;
}

std::optional<std::string> Pages::history(std::string_view query) const {
  const auto last = parameter(query, "lastTime");
  const auto before = last.empty() ? std::optional<Nanos>(0) : parse_moment(last);
  if (!before) return std::nullopt;
  const auto trades = trades_.history(capitals(parameter(query, "symbol")), *before);
  if (!trades) return std::nullopt;
  JsonObject json;
  json.text("result", "success")
      .json("history", *trades)
      .text("serverTime", server_time(host_.tape_now()));
  return json.str();
}

std::string Pages::orders(std::string_view feed, const std::string& account) {
  const auto name = std::string(feed) + "_snapshot";
  const std::array<FixedMember, 1> fixed = {FixedMember{"feed", name}};
  const bool verbose = feed == "open_orders_verbose";
  return write(verbose ? Kind::open_orders_verbose_snapshot : Kind::open_orders_snapshot, fixed,
               [&](schema::Event::Builder event) {
                 orders_.write(account, event.getBody().initOpenOrders(), in_stream_words);
               });
}

std::string Pages::notifications() {
  JsonObject json;
  json.text("feed", "notifications_auth").list("notifications", notification_list(Way::socket));
  return json.str();
}

std::optional<std::string> Pages::empty(std::string_view feed) {
  if (feed == "notifications_auth") return notifications();
  const auto begin = [&](Kind kind, std::string_view name, const Fill& fill) {
    const std::array<FixedMember, 1> fixed = {FixedMember{"feed", name}};
    return write(kind, fixed, fill);
  };
  if (feed == "fills") {
    return begin(Kind::fills_snapshot, "fills_snapshot",
                 [](schema::Event::Builder event) { put_fills(nobody(), 0, event); });
  }
  if (feed == "open_positions") {
    return begin(Kind::open_positions, feed,
                 [](schema::Event::Builder event) { put_positions(nobody(), event); });
  }
  if (feed == "balances") {
    return begin(Kind::balances_snapshot, "balances_snapshot",
                 [](schema::Event::Builder event) { put_balances(nobody(), event); });
  }
  return std::nullopt;
}

/// Those of the tape, then those that were made up.
std::vector<std::string> Pages::notification_list(Way way) {
  std::vector<std::string> list;
  const auto add = [&](std::string_view id, const Notice& notice) {
    const bool rest = way == Way::rest;
    JsonObject json;
    if (!rest) json.json("id", id);
    json.text("type", notice.type).text("priority", notice.priority).text("note", notice.note);
    if (notice.effective_at != 0 && rest) {
      json.text("effectiveTime", server_time(notice.effective_at));
    } else if (notice.effective_at != 0) {
      json.integer("effective_time", notice.effective_at / kMillisecond);
    }
    if (notice.minutes >= 0) {
      json.integer(rest ? "expectedDowntimeMinutes" : "expected_downtime_minutes", notice.minutes);
    }
    list.push_back(json.str());
  };
  host_.look(Part::market, "-", [&](schema::State::Reader state) {
    for (const auto venue : state.getVenues()) {
      for (const auto known : venue.getNotices()) {
        const auto read = known.getNotification();
        const auto id = event::view(read.getId());
        const bool number = !id.empty() && id.find_first_not_of("0123456789") == id.npos;
        add(number ? id : "null",
            {std::string(event::view(read.getType())), std::string(event::view(read.getPriority())),
             std::string(event::view(read.getNote())), read.getEffectiveAt(),
             read.getExpectedDowntimeMinutes()});
      }
    }
  });
  for (const auto& sent : notices_.sent()) add(std::to_string(sent.id), sent.notice);
  return list;
}

}  // namespace tape::venue::kraken_futures
