// What was last said about one market: its ticker, mark and index price, best quote, last trade.
#pragma once

#include <tape/state/row.h>
#include <tape/state/trust.h>

#include <string_view>

namespace tape::state {

class Market {
 public:
  Market();

  /// A ticker repeats what it knows; feeds of the same market know different things.
  void apply(schema::Ticker::Reader ticker, const Moment& moment);
  void apply(schema::MarkPrice::Reader mark, const Moment& moment);
  void apply(schema::IndexPrice::Reader index, const Moment& moment);
  void apply(schema::BestQuote::Reader quote, const Moment& moment);
  /// An older one than the one held is not taken.
  void apply(schema::Trade::Reader trade, const Moment& moment);

  /// By the schema's names; absent when not known.
  [[nodiscard]] Decimal ticker(std::string_view field) const;
  [[nodiscard]] Decimal mark(std::string_view field) const;
  [[nodiscard]] Decimal trade(std::string_view field) const;

  /// Everything but venue and symbol.
  void write(schema::MarketState::Builder out) const;
  void read(schema::MarketState::Reader in);

 private:
  struct Reading {
    Row row;
    Nanos received_at = 0;
  };
  static void take(Reading& reading, capnp::AnyStruct::Reader given, const Moment& moment);

  Reading ticker_;
  Reading mark_;
  Reading index_;
  Reading quote_;
  Reading trade_;
  Nanos received_at_ = 0;
};

}  // namespace tape::state
