#include <tape/venue/binance_usdm/exchange/orders/forms.h>
#include <tape/venue/binance_usdm/exchange/pages.h>
#include <tape/venue/exchange/json_object.h>
#include <tape/venue/exchange/orders/account_now.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tape::venue::binance_usdm {
namespace {

constexpr std::size_t kTrades = 500;  // of an answer, the last ones

void put_account(schema::AccountState::Reader account, schema::Event::Builder event) {
  if (account.hasTotals()) event.getBody().setAccountUpdate(account.getTotals());
  auto body = account.hasTotals() ? event.getBody().getAccountUpdate()
                                  : event.getBody().initAccountUpdate();
  body.setBalances(account.getBalances());
  body.setPositions(account.getPositions());
  body.setMultiAssets(account.getMultiAssets());
}

void put_balances(schema::AccountState::Reader account, schema::Event::Builder event) {
  event.getBody().initBalances().setAssets(account.getBalances());
}

void put_positions(schema::AccountState::Reader account, std::string_view symbol,
                   schema::Event::Builder event) {
  std::vector<schema::Position::Reader> positions;
  for (const auto position : account.getPositions()) {
    if (symbol.empty() || event::view(position.getSymbol()) == symbol) {
      positions.push_back(position);
    }
  }
  auto items =
      event.getBody().initPositions().initItems(static_cast<capnp::uint>(positions.size()));
  for (capnp::uint i = 0; i < items.size(); ++i) items.setWithCaveats(i, positions[i]);
}

bool complete_in(schema::AccountState::Reader account, std::string_view part) {
  for (const auto each : account.getParts()) {
    if (event::view(each.getPart()) == part) return each.getComplete();
  }
  return false;
}

}  // namespace

std::string Pages::write(Kind kind, schema::AccountState::Reader account, const Fill& fill) {
  auto& writer = writers_[kind];
  if (!writer) {
    writer =
        std::make_unique<TableWriter>(tables()[static_cast<std::size_t>(kind)],
                                      Spelling{.quoted_decimals = true, .capital_sides = true});
  }
  auto event = message_.start();
  fill(account, event);
  event.setExchangeAt(host_.tape_now());
  std::string out;
  writer->append(event.asReader(), {}, out);
  return out;
}

std::string Pages::trades(const std::string& account, std::string_view symbol) {
  std::vector<std::string> list;
  host_.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) {
      for (const auto each : known.getFills()) {
        const auto fill = each.getFill();
        if (symbol.empty() || event::view(fill.getSymbol()) == symbol) {
          list.push_back(trade_answer(fill));
        }
      }
    }
  });
  const auto from = list.size() > kTrades ? list.size() - kTrades : 0;
  return json_list(std::span(list).subspan(from));
}

/// One-way, unless the tape says otherwise.
std::optional<std::string> Pages::mode(const std::string& account) {
  auto hedge = schema::Tri::UNKNOWN;
  host_.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) hedge = known.getHedgeMode();
  });
  if (hedge == schema::Tri::UNKNOWN && on_tape(options_, account)) return std::nullopt;
  return hedge == schema::Tri::YES ? R"({"dualSidePosition":true})"
                                   : R"({"dualSidePosition":false})";
}

std::optional<std::string> Pages::rest(std::string_view endpoint, const std::string& account,
                                       std::string_view symbol) {
  struct Page {
    std::string_view endpoint;
    Kind kind;
    std::vector<std::string_view> parts;
    Fill fill;
  };
  const std::array<Page, 3> pages = {
      Page{"account", Kind::account, {"balances", "positions"}, put_account},
      Page{"balance", Kind::balance, {"balances"}, put_balances},
      Page{"positionRisk",
           Kind::position_risk,
           {"positions"},
           [symbol](schema::AccountState::Reader known, schema::Event::Builder event) {
             put_positions(known, symbol, event);
           }}};
  const auto* const page = std::find_if(
      pages.begin(), pages.end(), [&](const Page& each) { return each.endpoint == endpoint; });
  if (endpoint == "positionSide/dual") return mode(account);
  if (endpoint == "userTrades") return trades(account, symbol);
  if (page == pages.end()) return std::nullopt;
  std::optional<std::string> body;
  host_.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) {
      const bool whole =
          std::all_of(page->parts.begin(), page->parts.end(),
                      [&](std::string_view part) { return complete_in(known, part); });
      if (whole) body = write(page->kind, known, page->fill);
    }
  });
  if (body || on_tape(options_, account)) return body;
  // The tape has nothing of the account: there is nothing.
  return write(page->kind, {}, page->fill);
}

}  // namespace tape::venue::binance_usdm
