#include <tape/base/error.h>
#include <tape/venue/pictures.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue {
namespace {

void fill_book(schema::BookState::Reader from, schema::Event::Builder event) {
  auto body = event.getBody().initBookSnapshot();
  body.setBids(from.getBids());
  body.setAsks(from.getAsks());
  body.setUpdateId(from.getSequence());
  event.setSymbol(from.getSymbol());
  event.setSequence(from.getSequence());
  event.setExchangeAt(from.getExchangeAt());
}

void fill_ticker(schema::MarketState::Reader from, schema::Event::Builder event) {
  event.getBody().setTicker(from.getTicker());
  event.setSymbol(from.getSymbol());
  event.setExchangeAt(from.getTickerAt());
}

void fill_balances(schema::AccountState::Reader from, schema::Event::Builder event) {
  auto body = event.getBody().initBalances();
  body.setHolding(from.getHolding());
  body.setWallets(from.getWallets());
  if (from.hasMultiCollateral()) body.setMultiCollateral(from.getMultiCollateral());
  event::set_decimal(body.getCashValue(), event::get_decimal(from.getCashValue()));
  event::set_decimal(body.getUnrealizedPnlCashValue(),
                     event::get_decimal(from.getUnrealizedPnlCashValue()));
}

void fill_fills(schema::AccountState::Reader from, schema::Event::Builder event) {
  const auto known = from.getFills();
  auto items = event.getBody().initFill().initItems(known.size());
  for (capnp::uint i = 0; i < known.size(); ++i) items.setWithCaveats(i, known[i].getFill());
}

/// False: the state does not know all of it.
bool fill_account(PictureOf of, schema::AccountState::Reader from, schema::Event::Builder event) {
  const auto complete = [&](std::string_view part) {
    for (const auto each : from.getParts()) {
      if (event::view(each.getPart()) == part) return each.getComplete();
    }
    return false;
  };
  event.setExchangeAt(from.getReceivedAt());
  switch (of) {
    case PictureOf::orders:
      if (!complete("orders")) return false;
      event.getBody().initOpenOrders().setItems(from.getOrders());
      return true;
    case PictureOf::positions:
      if (!complete("positions")) return false;
      event.getBody().initPositions().setItems(from.getPositions());
      return true;
    case PictureOf::balances:
      if (!complete("balances")) return false;
      fill_balances(from, event);
      return true;
    case PictureOf::account: {
      if (!complete("balances") || !complete("positions")) return false;
      if (from.hasTotals()) event.getBody().setAccountUpdate(from.getTotals());
      auto body = from.hasTotals() ? event.getBody().getAccountUpdate()
                                   : event.getBody().initAccountUpdate();
      body.setBalances(from.getBalances());
      body.setPositions(from.getPositions());
      body.setMultiAssets(from.getMultiAssets());
      return true;
    }
    case PictureOf::fills:
      if (from.getFills().size() == 0) return false;
      fill_fills(from, event);
      return true;
    case PictureOf::book:
    case PictureOf::ticker:
      break;
  }
  return false;
}

std::string target_of(std::string_view pattern, std::string_view symbol) {
  std::string target(pattern);
  constexpr std::string_view kPlace = "{symbol}";
  if (const auto at = target.find(kPlace); at != std::string::npos)
    target.replace(at, kPlace.size(), symbol);
  return target;
}

}  // namespace

struct PictureWriter::Impl {
  struct Rendered {
    const Picture* picture;
    std::unique_ptr<TableWriter> writer;
  };

  explicit Impl(const Venue& venue) : name(venue.name) {
    if (venue.pictures == nullptr) return;
    const auto& info = venue.pictures();
    const auto tables = info.tables();
    for (const auto& picture : info.pictures) {
      const auto table = std::find_if(tables.begin(), tables.end(), [&](const Table& each) {
        return each.name == picture.table;
      });
      if (table == tables.end())
        throw Error(Fault::internal, fmt::format("no table {} of {}", picture.table, name));
      rendered.push_back({&picture, std::make_unique<TableWriter>(*table, info.spelling)});
    }
  }

  void render(const Rendered& by, std::string_view account,
              const std::function<void(const PictureFrame&)>& take) {
    const auto event = message.event().asReader();
    text.clear();
    by.writer->append(event, by.picture->fixed, text);
    const auto target = target_of(by.picture->target, event::view(event.getSymbol()));
    take({text, account, target});
  }

  void books(schema::State::Reader state, const Rendered& by,
             const std::function<void(const PictureFrame&)>& take) {
    for (const auto book : state.getBooks()) {
      if (event::view(book.getVenue()) != name || !book.getComplete()) continue;
      fill_book(book, message.start());
      render(by, {}, take);
    }
  }

  void tickers(schema::State::Reader state, const Rendered& by,
               const std::function<void(const PictureFrame&)>& take) {
    for (const auto market : state.getMarkets()) {
      if (event::view(market.getVenue()) != name || market.getTickerAt() == 0) continue;
      fill_ticker(market, message.start());
      render(by, {}, take);
    }
  }

  void accounts(schema::State::Reader state, const Rendered& by,
                const std::function<void(const PictureFrame&)>& take) {
    for (const auto account : state.getAccounts()) {
      if (event::view(account.getVenue()) != name) continue;
      if (fill_account(by.picture->of, account, message.start()))
        render(by, event::view(account.getAccount()), take);
    }
  }

  std::string_view name;
  std::vector<Rendered> rendered;
  event::Message message;
  std::string text;
};

PictureWriter::PictureWriter(const Venue& venue) : impl_(std::make_unique<Impl>(venue)) {}
PictureWriter::~PictureWriter() = default;

void PictureWriter::write(schema::State::Reader state,
                          const std::function<void(const PictureFrame&)>& take) {
  for (const auto& by : impl_->rendered) {
    switch (by.picture->of) {
      case PictureOf::book:
        impl_->books(state, by, take);
        break;
      case PictureOf::ticker:
        impl_->tickers(state, by, take);
        break;
      default:
        impl_->accounts(state, by, take);
    }
  }
}

}  // namespace tape::venue
