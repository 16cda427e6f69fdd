#include <tape/venue/exchange/orders/account_now.h>

#include <algorithm>

namespace tape::venue {

bool on_tape(const ExchangeOptions& options, std::string_view account) {
  const auto& labels = options.labels;
  return options.catalogue.empty() ||
         std::find(labels.begin(), labels.end(), account) != labels.end();
}

bool complete(ExchangeHost& host, std::string_view account, std::string_view part) {
  bool found = false;
  host.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) {
      for (const auto each : known.getParts()) {
        found = found || (event::view(each.getPart()) == part && each.getComplete());
      }
    }
  });
  return found;
}

bool reduces(ExchangeHost& host, std::string_view account, std::string_view symbol,
             schema::Side side) {
  bool found = false;
  host.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) {
      for (const auto position : known.getPositions()) {
        const auto size = event::get_decimal(position.getQuantity());
        if (event::view(position.getSymbol()) != symbol || size.absent() || size.zero()) continue;
        const bool is_short = position.getSide() == schema::Side::SELL || size.mantissa < 0;
        found = found || is_short == (side == schema::Side::BUY);
      }
    }
  });
  return found;
}

}  // namespace tape::venue
