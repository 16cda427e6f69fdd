// Snapshots as REST answers them (developers.binance.com, USD-M futures).
#include <tape/venue/binance_usdm/fields.h>
#include <tape/venue/binance_usdm/protocol.h>
#include <tape/venue/pictures.h>

namespace tape::venue::binance_usdm {
namespace {

constexpr auto kPictures = std::to_array<Picture>({
    {PictureOf::book, "REST depth", "/fapi/v1/depth?symbol={symbol}&limit=1000", {}},
    {PictureOf::account, "account", "/fapi/v2/account", {}},
    {PictureOf::orders, "openOrders", "/fapi/v1/openOrders", {}},
});

std::vector<Table> all_tables() { return {tables().begin(), tables().end()}; }

}  // namespace

const PictureInfo& pictures() {
  static const PictureInfo kInfo{
      kPictures, {.quoted_decimals = true, .capital_sides = true}, all_tables};
  return kInfo;
}

}  // namespace tape::venue::binance_usdm
