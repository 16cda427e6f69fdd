#include <tape/state/account/sums.h>

#include <algorithm>

namespace tape::state {
namespace {

constexpr std::size_t kMaxSums = 100'000;

}  // namespace

void Sums::touch(Sum& sum, const Moment& moment) {
  sum.touched_at = moment.received_at;
  sum.moment = moment;
  sum.pending = true;
  due_ = std::min(due_, moment.received_at + kQuiet);
}

void Sums::state(const Key& key, Decimal value, Nanos venue_at, bool origin,
                 const Occasion& occasion) {
  if (value.absent()) return;
  const auto found = sums_.find(key);
  if (found != sums_.end()) {
    Sum& sum = found->second;
    if (std::is_eq(compare(sum.stated, value))) return;
    sum.stated = value;
    sum.stated_at = venue_at;
    return touch(sum, occasion.moment);
  }
  if (sums_.size() >= kMaxSums) return;
  Sum& sum = sums_[key];
  sum.stated = value;
  sum.stated_at = venue_at;
  sum.from_at = occasion.moment.received_at;
  if (origin && value.mantissa != 0) {
    sum.base = {0, 0};
    touch(sum, occasion.moment);
  } else {
    sum.base = value;
    sum.base_at = venue_at;
    sum.moment = occasion.moment;
  }
}

Sums::Counted Sums::fill(const Key& key, Decimal amount, Nanos filled_at, bool old,
                         const Occasion& occasion) {
  const auto found = sums_.find(key);
  if (found == sums_.end()) return Counted::unknown;
  Sum& sum = found->second;
  const Nanos base_at = sum.base_at != 0 ? sum.base_at : old ? sum.from_at : 0;
  if (filled_at != 0 && base_at != 0 && filled_at <= base_at) return Counted::within_base;
  sum.sum = add(sum.sum, amount).value_or(Decimal{});
  touch(sum, occasion.moment);
  return Counted::counted;
}

const Sums::Sum* Sums::find(const Key& key) const {
  const auto found = sums_.find(key);
  return found == sums_.end() ? nullptr : &found->second;
}

void Sums::settle(Nanos now, const Judge& judge) {
  if (now < due_) return;
  due_ = kNever;
  for (auto at = sums_.begin(); at != sums_.end();) {
    Sum& sum = at->second;
    if (!sum.pending) {
      ++at;
      continue;
    }
    if (now - sum.touched_at < kQuiet) {
      due_ = std::min(due_, sum.touched_at + kQuiet);
      ++at;
      continue;
    }
    const Decimal expected = add(sum.base, sum.sum).value_or(Decimal{});
    if (!judge(at->first, sum, expected)) {
      at = sums_.erase(at);
      continue;
    }
    sum.base = sum.stated;
    sum.base_at = sum.stated_at;
    sum.from_at = sum.touched_at;
    sum.sum = {0, 0};
    sum.pending = false;
    ++at;
  }
}

void Sums::write(schema::AccountResume::Builder out) const {
  auto list = out.initSums(static_cast<unsigned>(sums_.size()));
  unsigned index = 0;
  for (const auto& [key, sum] : sums_) {
    auto one = list[index++];
    one.setKind(key.kind == Kind::order ? "order" : "position");
    one.setKey(text_of(key.key));
    one.setSide(text_of(key.side));
    event::set_decimal(one.getBase(), sum.base);
    event::set_decimal(one.getSum(), sum.sum);
    event::set_decimal(one.getStated(), sum.stated);
    one.setBaseAt(sum.base_at);
    one.setStatedAt(sum.stated_at);
    one.setFromAt(sum.from_at);
    one.setTouchedAt(sum.touched_at);
    one.setSession(sum.moment.session);
    one.setOrdinal(sum.moment.ordinal);
    one.setPending(sum.pending);
  }
}

void Sums::read(capnp::List<schema::RunningSum>::Reader in) {
  for (const auto one : in) {
    if (sums_.size() >= kMaxSums) return;
    const Key key{event::view(one.getKind()) == "order" ? Kind::order : Kind::position,
                  one.getKey().cStr(), one.getSide().cStr()};
    Sum& sum = sums_[key];
    sum.base = event::get_decimal(one.getBase());
    sum.sum = event::get_decimal(one.getSum());
    sum.stated = event::get_decimal(one.getStated());
    sum.base_at = one.getBaseAt();
    sum.stated_at = one.getStatedAt();
    sum.from_at = one.getFromAt();
    sum.touched_at = one.getTouchedAt();
    sum.moment = {sum.touched_at, one.getSession(), one.getOrdinal()};
    sum.pending = one.getPending();
    if (sum.pending) due_ = std::min(due_, sum.touched_at + kQuiet);
  }
}

}  // namespace tape::state
