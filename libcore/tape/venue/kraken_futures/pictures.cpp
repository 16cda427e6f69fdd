// Snapshots as a new subscription gets them (docs.kraken.com, futures WebSocket v1).
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/protocol.h>
#include <tape/venue/pictures.h>

namespace tape::venue::kraken_futures {
namespace {

constexpr auto kBook = std::to_array<FixedMember>({{"feed", "book_snapshot"}});
constexpr auto kTicker = std::to_array<FixedMember>({{"feed", "ticker"}});
constexpr auto kOrders = std::to_array<FixedMember>({{"feed", "open_orders_snapshot"}});
constexpr auto kPositions = std::to_array<FixedMember>({{"feed", "open_positions"}});
constexpr auto kBalances = std::to_array<FixedMember>({{"feed", "balances_snapshot"}});
constexpr auto kFills = std::to_array<FixedMember>({{"feed", "fills_snapshot"}});

constexpr auto kPictures = std::to_array<Picture>({
    {PictureOf::book, "book_snapshot", "", kBook},
    {PictureOf::ticker, "ticker", "", kTicker},
    {PictureOf::balances, "balances_snapshot", "", kBalances},
    {PictureOf::positions, "open_positions", "", kPositions},
    {PictureOf::orders, "open_orders_snapshot", "", kOrders},
    {PictureOf::fills, "fills_snapshot", "", kFills},
});

}  // namespace

const PictureInfo& pictures() {
  static const PictureInfo kInfo{kPictures, {}, all_tables};
  return kInfo;
}

}  // namespace tape::venue::kraken_futures
