#include <tape/state/market.h>

#include <algorithm>

namespace tape::state {
namespace {

struct Names {
  const RowType& ticker = RowType::of<schema::Ticker>();
  const event::Slot& funding = ticker.slot("fundingRate");
  const event::Slot& prediction = ticker.slot("fundingRatePrediction");
  const event::Slot& relative = ticker.slot("relativeFundingRate");
  const event::Slot& relative_prediction = ticker.slot("relativeFundingRatePrediction");
  const RowType& trade = RowType::of<schema::Trade>();
  const event::Slot& traded_at = trade.slot("tradedAt");
};

const Names& names() {
  static const Names kNames;
  return kNames;
}

// A whole ticker of a perpetual leaves a funding of zero out; a short one knows no funding at all.
bool omits_zero_funding(schema::Ticker::Reader ticker) {
  return event::view(ticker.getTag()) == "perpetual" &&
         !event::get_decimal(ticker.getMarkPrice()).absent() &&
         event::get_decimal(ticker.getFundingRate()).absent();
}

}  // namespace

Market::Market()
    : ticker_{Row(names().ticker)},
      mark_{Row(RowType::of<schema::MarkPrice>())},
      index_{Row(RowType::of<schema::IndexPrice>())},
      quote_{Row(RowType::of<schema::BestQuote>())},
      trade_{Row(names().trade)} {}

void Market::take(Reading& reading, capnp::AnyStruct::Reader given, const Moment& moment) {
  reading.row.merge(given);
  reading.received_at = moment.received_at;
}

void Market::apply(schema::Ticker::Reader ticker, const Moment& moment) {
  received_at_ = moment.received_at;
  take(ticker_, capnp::toAny(ticker), moment);
  if (!omits_zero_funding(ticker)) return;
  const auto& slots = names();
  for (const auto* slot :
       {&slots.funding, &slots.prediction, &slots.relative, &slots.relative_prediction}) {
    ticker_.row.set_decimal(*slot, {0, 0});
  }
}

void Market::apply(schema::MarkPrice::Reader mark, const Moment& moment) {
  received_at_ = moment.received_at;
  take(mark_, capnp::toAny(mark), moment);
}

void Market::apply(schema::IndexPrice::Reader index, const Moment& moment) {
  received_at_ = moment.received_at;
  take(index_, capnp::toAny(index), moment);
}

void Market::apply(schema::BestQuote::Reader quote, const Moment& moment) {
  received_at_ = moment.received_at;
  take(quote_, capnp::toAny(quote), moment);
}

void Market::apply(schema::Trade::Reader trade, const Moment& moment) {
  received_at_ = moment.received_at;
  if (trade.getTradedAt() < trade_.row.moment(names().traded_at)) return;
  take(trade_, capnp::toAny(trade), moment);
}

Decimal Market::ticker(std::string_view field) const {
  return ticker_.row.decimal(names().ticker.slot(field));
}

Decimal Market::mark(std::string_view field) const {
  return mark_.row.decimal(RowType::of<schema::MarkPrice>().slot(field));
}

Decimal Market::trade(std::string_view field) const {
  return trade_.row.decimal(names().trade.slot(field));
}

void Market::write(schema::MarketState::Builder out) const {
  out.setReceivedAt(received_at_);
  if (ticker_.received_at != 0) ticker_.row.write(capnp::toAny(out.initTicker()));
  out.setTickerAt(ticker_.received_at);
  if (mark_.received_at != 0) mark_.row.write(capnp::toAny(out.initMark()));
  out.setMarkAt(mark_.received_at);
  if (index_.received_at != 0) index_.row.write(capnp::toAny(out.initIndex()));
  out.setIndexAt(index_.received_at);
  if (quote_.received_at != 0) quote_.row.write(capnp::toAny(out.initQuote()));
  out.setQuoteAt(quote_.received_at);
  if (trade_.received_at != 0) trade_.row.write(capnp::toAny(out.initTrade()));
  out.setTradeAt(trade_.received_at);
}

void Market::read(schema::MarketState::Reader in) {
  received_at_ = in.getReceivedAt();
  const auto restore = [](Reading& reading, capnp::AnyStruct::Reader given, Nanos at) {
    reading.row.merge(given);
    reading.received_at = at;
  };
  restore(ticker_, capnp::toAny(in.getTicker()), in.getTickerAt());
  restore(mark_, capnp::toAny(in.getMark()), in.getMarkAt());
  restore(index_, capnp::toAny(in.getIndex()), in.getIndexAt());
  restore(quote_, capnp::toAny(in.getQuote()), in.getQuoteAt());
  restore(trade_, capnp::toAny(in.getTrade()), in.getTradeAt());
}

}  // namespace tape::state
