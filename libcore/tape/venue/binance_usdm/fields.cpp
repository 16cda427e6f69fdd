#include <tape/base/error.h>
#include <tape/venue/binance_usdm/fields.h>

#include <algorithm>

namespace tape::venue::binance_usdm {

std::span<const Table> tables() {
  static const auto kTables = [] {
    std::array<Table, kKinds> all;
    auto next = all.begin();
    for (const auto group :
         {market_tables(), user_tables(), account_rest_tables(), market_rest_tables()}) {
      if (group.size() > static_cast<std::size_t>(all.end() - next)) {
        throw Error(Fault::internal, "binance-usdm: more tables than kinds");
      }
      next = std::copy(group.begin(), group.end(), next);
    }
    if (next != all.end()) throw Error(Fault::internal, "binance-usdm: fewer tables than kinds");
    return all;
  }();
  return kTables;
}

}  // namespace tape::venue::binance_usdm
