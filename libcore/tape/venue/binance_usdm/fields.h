// Field tables of Binance USD-M futures: market streams, user data, control frames, REST answers.
// COIN-M and spot as far as they are alike.
#pragma once

#include <tape/venue/table.h>

#include <array>
#include <cstddef>
#include <span>

namespace tape::venue::binance_usdm {

/// Every message that is known; the index of its table.
enum class Kind : std::uint8_t {
  // Market streams.
  depth_update,
  depth_update_spot,
  depth_partial,
  depth_partial_spot,
  book_ticker,
  agg_trade,
  trade,
  mark_price,
  mark_prices,
  force_order,
  kline,
  continuous_kline,
  ticker,
  tickers,
  mini_ticker,
  mini_tickers,
  asset_index,
  asset_indexes,
  composite_index,
  contract_info,
  // Control frames of a stream connection, errors of any.
  request,
  request_answer,
  error,
  error_nested,
  done,
  // User data.
  account_update,
  order_trade_update,
  trade_lite,
  margin_call,
  account_config_update,
  listen_key_expired,
  conditional_reject,
  strategy_update,
  grid_update,
  algo_update,
  // REST answers about an account.
  account,
  position_risk,
  symbol_config,
  balance,
  open_orders,
  all_orders,
  open_algo_orders,
  order,
  user_trades,
  income,
  position_mode,
  multi_assets,
  account_settings,
  leverage,
  listen_key,
  countdown,
  // REST answers about the market.
  depth,
  exchange_info,
  premium_index,
  premium_indexes,
  open_interest,
  trades,
  server_time,
  ping,
};

inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::ping) + 1;

/// One table a kind, in the order of Kind.
[[nodiscard]] std::span<const Table> tables();

/// Where they are written: fields_market.cpp, fields_user.cpp, fields_rest.cpp, in the order of
/// Kind.
[[nodiscard]] std::span<const Table> market_tables();
[[nodiscard]] std::span<const Table> user_tables();
[[nodiscard]] std::span<const Table> account_rest_tables();
[[nodiscard]] std::span<const Table> market_rest_tables();

}  // namespace tape::venue::binance_usdm
