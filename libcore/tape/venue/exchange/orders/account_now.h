// What the tape knows of an account that an order, or a question, is about.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <string_view>

namespace tape::venue {

/// Whether it may have anything of the account: of a pipe, nobody knows beforehand.
[[nodiscard]] bool on_tape(const ExchangeOptions& options, std::string_view account);

/// Whether it knows all of that part of the account (balances, positions, orders, ...).
[[nodiscard]] bool complete(ExchangeHost& host, std::string_view account, std::string_view part);

/// Whether the account has a position that an order of that side makes smaller.
[[nodiscard]] bool reduces(ExchangeHost& host, std::string_view account, std::string_view symbol,
                           schema::Side side);

}  // namespace tape::venue
