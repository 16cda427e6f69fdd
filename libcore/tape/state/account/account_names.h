// The fields of balances and positions that the rules of an account speak of.
#pragma once

#include <tape/state/row.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tape::state {

struct AccountNames {
  const RowType& balance = RowType::of<schema::AssetBalance>();
  const RowType& position = RowType::of<schema::Position>();
  const event::Slot& wallet = balance.slot("walletBalance");
  const event::Slot& cross_wallet = balance.slot("crossWalletBalance");
  const event::Slot& balance_at = balance.slot("updatedAt");
  const event::Slot& balance_received = balance.slot("receivedAt");
  const event::Slot& symbol = position.slot("symbol");
  const event::Slot& side = position.slot("side");
  const event::Slot& quantity = position.slot("quantity");
  const event::Slot& entry_price = position.slot("entryPrice");
  const event::Slot& isolated_wallet = position.slot("isolatedWallet");
  const event::Slot& margin_type = position.slot("marginType");
  const event::Slot& margin_asset = position.slot("marginAsset");
  const event::Slot& unrealized = position.slot("unrealizedPnl");
  const event::Slot& leverage = position.slot("leverage");
  const event::Slot& position_at = position.slot("updatedAt");
  const event::Slot& position_received = position.slot("receivedAt");
  const event::Slot& closing = position.slot("closing");
};
[[nodiscard]] const AccountNames& account_names();

/// "cross", "crossed" and "CROSSED" are one type.
enum class MarginType : std::uint8_t { unknown, cross, isolated };
[[nodiscard]] MarginType margin_type(std::string_view text);

/// Names a position in a finding.
[[nodiscard]] std::string side_of(std::string_view symbol, std::string_view side);

}  // namespace tape::state
