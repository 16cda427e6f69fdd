#include <tape/event/event.h>
#include <tape/venue/kraken_futures/sequence.h>

#include <algorithm>

namespace tape::venue::kraken_futures {
namespace {

// More than the venue has products times feeds; names from a hostile peer must not fill memory.
constexpr std::size_t kMaxChains = std::size_t{1} << 16U;

}  // namespace

Sequence::Chain& Sequence::chain(const KeyView& key) {
  const auto found = chains_.find(key);
  if (found != chains_.end()) return found->second;
  if (chains_.size() >= kMaxChains) chains_.clear();
  return chains_.try_emplace(Key{key.connection, key.feed, std::string(key.name)}).first->second;
}

Finding Sequence::follow(Chain& chain, std::uint64_t number, Nanos now) {
  Finding finding;
  if (chain.known && number != chain.last + 1) {
    auto& gap = finding.gap.emplace();
    gap.expected = chain.last + 1;
    gap.got = number;
    if (number > chain.last) {
      gap.missing = number - gap.expected;
    } else if (chain.last - number > kLate || (number <= 1 && chain.last > 2)) {
      gap.kind = schema::GapKind::RESET;
    } else {
      gap.kind = schema::GapKind::REPEATED;
      return finding;
    }
    if (!chain.broken) chain.broken_at = now;
    chain.broken = true;
  }
  chain.known = true;
  chain.last = number;
  return finding;
}

Finding Sequence::restart(Chain& chain, std::uint64_t number, Nanos now) {
  Finding finding;
  if (chain.known && number < chain.last) {
    finding.gap = Break{schema::GapKind::RESET, chain.last + 1, number, 0};
  }
  if (chain.broken) finding.resynchronised = now - chain.broken_at;
  chain = {true, number, false, 0};
  return finding;
}

Finding Sequence::check(schema::Event::Reader event) {
  const auto body = event.getBody();
  const auto now = event.getReceivedAt();
  const auto channel = event::view(event.getChannel());
  const auto key = [&](Feed feed, capnp::Text::Reader name) {
    return KeyView{event.getConnection(), feed, event::view(name)};
  };
  switch (body.which()) {
    case event::Kind::BOOK_DELTA:
      return follow(chain(key(Feed::book, event.getSymbol())), event.getSequence(), now);
    case event::Kind::BOOK_SNAPSHOT:
      if (channel != "book") break;  // a REST answer: no number
      return restart(chain(key(Feed::book, event.getSymbol())), event.getSequence(), now);
    case event::Kind::TRADE:
      if (event.getSequence() == 0) break;
      return follow(chain(key(Feed::trade, event.getSymbol())), event.getSequence(), now);
    case event::Kind::TRADE_SNAPSHOT: {
      std::uint64_t last = 0;
      for (const auto trade : body.getTradeSnapshot().getItems()) {
        last = std::max(last, trade.getSequence());
      }
      if (channel != "trade" || last == 0) break;
      return restart(chain(key(Feed::trade, event.getSymbol())), last, now);
    }
    case event::Kind::BALANCES: {
      if (channel != "balances") break;
      const auto balances = body.getBalances();
      auto& numbers = chain(key(Feed::balances, balances.getUser()));
      return balances.getSnapshot() ? restart(numbers, event.getSequence(), now)
                                    : follow(numbers, event.getSequence(), now);
    }
    case event::Kind::POSITIONS: {
      // Older frames have no number, and the first of a subscription may have 0.
      if (channel != "open_positions" || event.getSequence() == 0) break;
      auto& numbers = chain(key(Feed::positions, body.getPositions().getUser()));
      auto finding = follow(numbers, event.getSequence(), now);
      numbers.broken = false;  // each message is whole
      return finding;
    }
    default:
      break;
  }
  return {};
}

void Sequence::on_connection(std::uint32_t connection) {
  std::erase_if(chains_, [&](const auto& entry) { return entry.first.connection == connection; });
}

}  // namespace tape::venue::kraken_futures
