// The messages of Kraken Futures: one field table each, read from its documentation in 2026-10 and
// from captures.
#pragma once

#include <tape/venue/table.h>

#include <cstddef>
#include <span>
#include <vector>

namespace tape::venue::kraken_futures {

/// Index in all_tables(); in the order of the tables there.
enum class Kind : std::size_t {
  // fields_public.cpp
  control,
  error,
  heartbeat,
  ticker,
  ticker_lite,
  trade_snapshot,
  trade,
  book_snapshot,
  book,
  // fields_private.cpp
  notifications_auth,
  fills_snapshot,
  fills,
  open_orders_snapshot,
  open_orders_update,
  open_orders_removal,
  open_orders_verbose_snapshot,
  open_orders_verbose_update,
  open_orders_verbose_removal,
  open_positions,
  balances_snapshot,
  balances,
  account_log_snapshot,
  account_log_snapshot_singular,
  account_log,
  account_balances_and_margins,
  // fields_account.cpp
  rest_notifications,
  rest_fills,
  rest_open_positions,
  rest_accounts,
  rest_open_orders,
  rest_dead_mans_switch,
  rest_executions,
  rest_account_log,
  rest_leverage_preferences,
  rest_pnl_preferences,
  rest_preference_set,
  rest_error,
  // fields_orders.cpp
  rest_send_order,
  rest_cancel_order,
  rest_cancel_all_orders,
  rest_edit_order,
  rest_batch_order,
  rest_orders_status,
  rest_order_events,
  // fields_market.cpp
  rest_instruments,
  rest_tickers,
  rest_ticker,
  rest_instruments_status,
  rest_instrument_status,
  rest_history,
  rest_order_book,
  rest_market_executions,
  status_page,
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::status_page) + 1;

[[nodiscard]] std::span<const Table> public_tables();
[[nodiscard]] std::span<const Table> private_tables();
[[nodiscard]] std::span<const Table> account_tables();
[[nodiscard]] std::span<const Table> order_tables();
[[nodiscard]] std::span<const Table> market_tables();
[[nodiscard]] std::vector<Table> all_tables();

}  // namespace tape::venue::kraken_futures
