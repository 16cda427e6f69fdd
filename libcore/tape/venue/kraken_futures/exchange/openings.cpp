#include <tape/venue/exchange/orders/account_now.h>
#include <tape/venue/kraken_futures/exchange/openings.h>

#include <fmt/format.h>

namespace tape::venue::kraken_futures {

bool is_whole(schema::Event::Reader event) {
  const auto body = event.getBody();
  switch (body.which()) {
    case event::Kind::BOOK_SNAPSHOT:
    case event::Kind::TRADE_SNAPSHOT:
    case event::Kind::POSITIONS:
    case event::Kind::TICKER:
    case event::Kind::NOTIFICATION:
      return true;
    case event::Kind::FILL:
      return body.getFill().getSnapshot();
    case event::Kind::OPEN_ORDERS:
      return body.getOpenOrders().getSnapshot();
    case event::Kind::BALANCES:
      return body.getBalances().getSnapshot();
    case event::Kind::ACCOUNT_LOG:
      return body.getAccountLog().getSnapshot();
    default:
      return false;
  }
}

void Openings::take(const FeedKind& feed, std::string_view name, const TapeEvent& tape) {
  if (feed.repeats || (feed.account && is_whole(tape.event))) {
    last_.insert_or_assign(std::string(name), host_.frame());
  }
}

std::optional<std::string> Openings::of(const FeedKind& feed, const std::string& name,
                                        const std::string& symbol, const std::string& account) {
  if (feed.name == "book") return host_.show(Shown::book, symbol);
  if (feed.name == "trade") return trades_.snapshot(symbol);
  if (feed.account && !feed.name.starts_with("open_orders") && !on_tape(options_, account)) {
    return pages_.empty(feed.name);
  }
  std::optional<std::string> text;
  if (feed.name == "fills") text = host_.show(Shown::fills, account);
  if (feed.name == "open_positions") text = host_.show(Shown::positions, account);
  if (feed.name == "balances") text = host_.show(Shown::balances, account);
  if (feed.name.starts_with("open_orders")) text = of_orders(feed.name, account);
  if (feed.name == "notifications_auth" && !notices_.sent().empty()) {
    text = pages_.notifications();
  }
  if (text) return text;
  const auto found = last_.find(name);
  return found == last_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Openings::of_orders(std::string_view feed, const std::string& account) {
  if (!on_tape(options_, account) || orders_.touched(account)) return pages_.orders(feed, account);
  auto text = host_.show(Shown::orders, account);
  constexpr std::string_view kPlain = R"("open_orders_snapshot")";
  const auto at = text ? text->find(kPlain) : std::string::npos;
  if (at != std::string::npos) {
    text->replace(at, kPlain.size(), fmt::format(R"("{}_snapshot")", feed));
  }
  return text;
}

}  // namespace tape::venue::kraken_futures
