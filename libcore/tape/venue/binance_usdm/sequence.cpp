#include <tape/venue/binance_usdm/sequence.h>

#include <algorithm>

namespace tape::venue::binance_usdm {
namespace {

// Far more than the venue has; frames that make up symbols must not take memory without bound.
constexpr std::size_t kMaxChains = 16384;
constexpr std::size_t kMaxSymbol = 64;
// So many repeated updates that follow each other: the venue counts anew.
constexpr std::uint32_t kMaxRun = 16;

}  // namespace

std::optional<Break> Sequence::on_depth(std::uint32_t connection, std::string_view symbol,
                                        const DepthNumbers& numbers, Nanos now) {
  if (numbers.previous == 0 || symbol.size() > kMaxSymbol) return std::nullopt;
  const auto found = chains_.find(KeyView{connection, symbol});
  if (found == chains_.end()) {
    if (chains_.size() >= kMaxChains) {
      chains_.clear();
      broken_ = 0;
    }
    chains_.emplace(Key{connection, std::string(symbol)}, Chain{numbers.last, false, 0, 0, 0, 0});
    return std::nullopt;
  }
  auto& chain = found->second;
  if (numbers.previous == chain.last) {
    chain.last = numbers.last;
    chain.repeated = chain.run = 0;
    return std::nullopt;
  }
  auto kind = numbers.previous > chain.last ? Break::Kind::missing : Break::Kind::reset;
  if (numbers.last <= chain.last) {
    chain.run = numbers.previous == chain.repeated ? chain.run + 1 : 1;
    chain.repeated = numbers.last;
    // What was received already changes nothing; the chain goes on where it was.
    if (chain.run <= kMaxRun) return Break{Break::Kind::repeated, chain.last, numbers.last};
    kind = Break::Kind::reset;
  }
  const Break result{kind, chain.last, numbers.previous};
  if (!chain.broken) {
    ++broken_;
    chain.broken_at = now;
  }
  chain = {numbers.last, true, chain.broken_at, numbers.first, 0, 0};
  return result;
}

std::optional<Nanos> Sequence::on_snapshot(std::string_view symbol, std::uint64_t id, Nanos now) {
  if (broken_ == 0) return std::nullopt;
  std::optional<Nanos> longest;
  for (auto& [key, chain] : chains_) {
    if (!chain.broken || key.symbol != symbol || id < chain.resumed) continue;
    chain.broken = false;
    --broken_;
    longest = std::max(longest.value_or(0), now - chain.broken_at);
  }
  return longest;
}

void Sequence::on_connection(std::uint32_t connection) {
  for (auto chain = chains_.begin(); chain != chains_.end();) {
    if (chain->first.connection != connection) {
      ++chain;
      continue;
    }
    if (chain->second.broken) --broken_;
    chain = chains_.erase(chain);
  }
}

}  // namespace tape::venue::binance_usdm
