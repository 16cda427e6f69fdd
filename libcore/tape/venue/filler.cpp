#include <tape/base/time.h>
#include <tape/event/levels.h>
#include <tape/shape/rebuild.h>
#include <tape/venue/bound.h>

#include <algorithm>
#include <cstring>

namespace tape::venue {
namespace {

using event::SlotType;

// classify_time takes numbers between these for milliseconds, and their nanoseconds fit.
constexpr std::int64_t kLeastMilliseconds = 100'000'000'000;
constexpr std::int64_t kMostMilliseconds = 9'000'000'000'000;

bool is_millisecond_form(Form form) { return form == Form::milliseconds || form == Form::moment; }

struct PackedPlaces {
  event::Layout packed = event::layout_of(capnp::Schema::from<schema::PackedLevels>());
  event::Slot price_exponent = packed.find("priceExponent");
  event::Slot quantity_exponent = packed.find("quantityExponent");
  event::Slot count = packed.find("count");
  event::Slot levels = packed.find("levels");
};

const PackedPlaces& places() {
  static const PackedPlaces kPlaces;
  return kPlaces;
}

}  // namespace

std::uint64_t* Filler::pointer(std::uint16_t scope, std::uint32_t index) {
  auto* const data = reinterpret_cast<std::uint64_t*>(ensure(scope));
  return data + bound_->table->scopes[scope].data_words + index;
}

std::uint8_t* Filler::begin(std::uint16_t scope) {
  const auto& about = bound_->table->scopes[scope];
  auto* const from = pointer(about.parent, about.pointer);
  auto* const words = about.kind == Scope::Kind::list_of_one
                          ? draft_->list(from, about.data_words, about.pointers, 1)
                          : draft_->structure(from, about.data_words, about.pointers);
  return live_[scope] = reinterpret_cast<std::uint8_t*>(words);
}

/// Every value may become a blob in each of its fields and among the residuals, which takes up to
/// two words more than its bytes; packed, a value takes two words at most.
void Filler::start(const Bound& bound, const shape::Values& values, std::size_t more,
                   event::Message& message) {
  bound_ = &bound;
  residuals_.clear();
  loops_.clear();
  unknown_ = bound.unknown;
  std::size_t elements = 0;
  std::size_t bytes = more;
  for (const auto& value : values) {
    bytes += value.size;
    if (value.text == nullptr) elements += static_cast<std::size_t>(value.mantissa);
  }
  const auto room = bound.outside + elements * bound.inside +
                    (bound.copies + 1) * (bytes / 8 + 4 * values.size()) + 64;
  draft_ = &message.start_draft(bound.front.words, room);
  const auto& places = bound.front.places;
  live_.resize(std::max(live_.size(), places.size()));
  for (std::size_t i = 0; i < places.size(); ++i) {
    live_[i] = places[i] == 0 ? nullptr : reinterpret_cast<std::uint8_t*>(draft_->word(places[i]));
  }
}

bool Filler::fill(const Bound& bound, const shape::Values& values, std::size_t more,
                  event::Message& message, bool pack) {
  start(bound, values, more, message);
  std::size_t next = 0;
  const auto& steps = bound.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    if (step.kind == shape::Op::Kind::value) {
      if (!value(step, values[next], next)) return false;
      ++next;
    } else if (step.kind == shape::Op::Kind::loop) {
      Loop loop;
      loop.count = static_cast<std::size_t>(values[next].mantissa);
      if (loop.count == 0 && step.counted) return false;
      if (!step.listed) residuals_.add(next, std::to_string(loop.count));
      ++next;
      unknown_ += std::uint64_t{step.unknown} * loop.count;
      const auto many = loop.count * (step.other - i - 1);
      if (pack && step.levels && this->pack(step.list, values.span(next, many))) {
        next += many;
        i = step.other;
        continue;
      }
      if (step.listed && !begin_list(step.list, loop.count, loop)) return false;
      if (loop.count == 0) {
        i = step.other;
        continue;
      }
      if (step.decimals && all_canonical(values.span(next, many))) {
        decimals(i, loop, values.span(next, many));
        next += many;
        i = step.other;
        continue;
      }
      if (step.listed) enter(step, loop);
      loops_.push_back(loop);
    } else {
      auto& loop = loops_.back();
      if (++loop.index == loop.count) {
        loops_.pop_back();
        continue;
      }
      if (steps[step.other].listed) enter(steps[step.other], loop);
      i = step.other;
    }
  }
  if (unknown_ != 0) {
    event::put_unknown_fields(
        *draft_, static_cast<std::uint16_t>(std::min<std::uint64_t>(unknown_, 0xFFFFU)));
  }
  return true;
}

bool Filler::all_canonical(std::span<const shape::Value> values) {
  return std::all_of(values.begin(), values.end(),
                     [](const shape::Value& value) { return value.canonical; });
}

/// Book levels and their like: the loop's values, all canonical.
void Filler::decimals(std::size_t at, Loop& loop, std::span<const shape::Value> values) {
  const auto& steps = bound_->steps;
  const auto end = steps[at].other;
  auto* data = loop.list;
  std::size_t first = 0;
  for (std::size_t i = 0; i < loop.count; ++i, data += loop.stride) {
    for (auto inner = at + 1; inner < end; ++inner) {
      const auto& value = values[first++];
      const auto& slot = bound_->leaves[steps[inner].leaves].slot;
      event::store(data, slot.offset, value.mantissa, slot.mask);
      event::store(data, slot.exponent_offset, value.exponent, slot.exponent_mask);
    }
  }
}

/// False where prices or quantities differ in their exponents, or it is not worth the while.
bool Filler::pack(const ListTarget& list, std::span<const shape::Value> values) {
  if (values.empty()) return false;
  const auto price = values[0].exponent;
  const auto quantity = values[1].exponent;
  packed_.resize(std::max(packed_.size(), values.size() / 2 * event::kMostPacked));
  auto* out = packed_.data();
  std::int64_t before = 0;
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const auto& p = values[i];
    const auto& q = values[i + 1];
    const bool fits = p.canonical && q.canonical && p.exponent == price && q.exponent == quantity &&
                      q.mantissa >= 0;
    if (!fits) return false;
    out = event::pack_level(p.mantissa, q.mantissa, before, out);
    before = p.mantissa;
  }
  const auto& at = places();
  auto* const packed = draft_->structure(pointer(list.scope, *list.packed), at.packed.data_words,
                                         at.packed.pointers);
  auto* const data = reinterpret_cast<std::uint8_t*>(packed);
  event::store(data, at.price_exponent.offset, price, at.price_exponent.mask);
  event::store(data, at.quantity_exponent.offset, quantity, at.quantity_exponent.mask);
  event::store(data, at.count.offset, static_cast<std::uint32_t>(values.size() / 2), 0);
  draft_->data(packed + at.packed.data_words + at.levels.offset,
               {reinterpret_cast<const char*>(packed_.data()),
                static_cast<std::size_t>(out - packed_.data())});
  return true;
}

bool Filler::begin_list(const ListTarget& list, std::size_t count, Loop& loop) {
  const auto& element = bound_->table->scopes[list.element];
  const std::size_t size = 8 * (std::size_t{element.data_words} + element.pointers);
  if (count > event::kMaxMessage / size) return false;
  loop.list = reinterpret_cast<std::uint8_t*>(draft_->list(pointer(list.scope, list.pointer),
                                                           element.data_words, element.pointers,
                                                           static_cast<std::uint32_t>(count)));
  loop.stride = size;
  return true;
}

void Filler::enter(const Step& step, Loop& loop) {
  live_[step.list.element] = loop.list + loop.index * loop.stride;
  for (const auto inner : bound_->table->scopes[step.list.element].inner) live_[inner] = nullptr;
}

bool Filler::value(const Step& step, const shape::Value& value, std::size_t index) {
  const auto* const leaves = bound_->leaves.data() + step.leaves;
  for (std::uint32_t i = 0; i < step.count; ++i) {
    if (!store(leaves[i], step, value)) return false;
  }
  if (!recoverable(bound_->program.bindings[step.other], value))
    residuals_.add(index, value.view());
  return true;
}

bool Filler::store(const Leaf& leaf, const Step& step, const shape::Value& value) {
  const auto& slot = leaf.slot;
  if (leaf.form == Form::text) {
    if (value.size == 0) return true;
    draft_->text(pointer(leaf.scope, slot.offset), value.view());
    return is_known(leaf, value.view());
  }
  auto* const data = ensure(leaf.scope);
  if (value.canonical) {
    if (leaf.form == Form::decimal) {
      event::store(data, slot.offset, value.mantissa, slot.mask);
      event::store(data, slot.exponent_offset, value.exponent, slot.exponent_mask);
      return true;
    }
    if (value.exponent == 0) {
      if (leaf.form == Form::integer && (slot.type == SlotType::int64 ||
                                         (slot.type == SlotType::uint64 && value.mantissa >= 0))) {
        event::store(data, slot.offset, value.mantissa, slot.mask);
        return true;
      }
      if (is_millisecond_form(leaf.form) && value.mantissa >= kLeastMilliseconds &&
          value.mantissa < kMostMilliseconds) {
        event::store(data, slot.offset, value.mantissa * kMillisecond, slot.mask);
        return true;
      }
    }
  }
  auto kind = step.token;
  if (kind == Token::Kind::truth && value.size == 5) kind = Token::Kind::falsehood;
  return store_scalar(leaf, {kind, value.view()}, data) == Stored::ok;
}

std::uint64_t Filler::stored(const shape::Binding& binding) const {
  const auto* const data = live_[binding.scope];
  const std::size_t size = std::size_t{bound_->table->scopes[binding.scope].data_words} * 8;
  return shape::load_integer({data, size}, binding);
}

/// Whether rebuilding the value from its field gives its text. Reads what was stored.
bool Filler::recoverable(const shape::Binding& binding, const shape::Value& value) {
  switch (binding.form) {
    case shape::Form::residual:
      return false;
    case shape::Form::text:
      // Empty and absent are the same to the field.
      return value.size != 0;
    case shape::Form::decimal:
      return value.canonical;
    case shape::Form::number: {
      std::int64_t wanted = 0;
      return value.canonical && value.exponent == 0 &&
             !__builtin_mul_overflow(value.mantissa, binding.unit, &wanted) &&
             stored(binding) == static_cast<std::uint64_t>(wanted);
    }
    case shape::Form::words: {
      const auto bits = stored(binding);
      for (const auto& word : binding.words) {
        if (word.value == bits) return word.text == value.view();
      }
      return false;
    }
  }
  return false;
}

}  // namespace tape::venue
