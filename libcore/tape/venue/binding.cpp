#include <tape/base/time.h>
#include <tape/venue/binding.h>

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tape::venue {
namespace {

using event::SlotType;
using shape::Binding;
using shape::Item;

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::int64_t unit_of(std::string_view text) {
  const auto number = integer_of(text);
  if (!number) return 0;
  switch (classify_time(*number).unit) {
    case TimeUnit::seconds:
      return kSecond;
    case TimeUnit::milliseconds:
      return kMillisecond;
    case TimeUnit::microseconds:
      return kMicrosecond;
    case TimeUnit::nanoseconds:
      return 1;
    default:
      return 0;
  }
}

constexpr std::uint64_t kBuy = static_cast<std::uint64_t>(schema::Side::BUY);
constexpr std::uint64_t kSell = static_cast<std::uint64_t>(schema::Side::SELL);

std::vector<shape::Word> side_words(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"buy", "sell"}, {"BUY", "SELL"}, {"Buy", "Sell"}, {"long", "short"}, {"LONG", "SHORT"}};
  for (const auto& [buy, sell] : kPairs) {
    if (text == buy || text == sell) return {{kBuy, std::string(buy)}, {kSell, std::string(sell)}};
  }
  return {};
}

std::vector<shape::Word> words_of(const Leaf& leaf, const Item& item, std::string_view text) {
  const bool word = item.kind == Item::Kind::word;
  switch (leaf.form) {
    case Form::side:
      return item.kind == Item::Kind::string ? side_words(text) : std::vector<shape::Word>{};
    case Form::side_number:
      return {{kBuy, "0"}, {kSell, "1"}};
    case Form::boolean:
      if (!word) return {};
      if (leaf.slot.type == SlotType::enumeration) {
        return {{static_cast<std::uint64_t>(schema::Tri::NO), "false"},
                {static_cast<std::uint64_t>(schema::Tri::YES), "true"}};
      }
      return {{0, "false"}, {1, "true"}};
    case Form::side_buyer:
      return word ? std::vector<shape::Word>{{kBuy, "true"}, {kSell, "false"}}
                  : std::vector<shape::Word>{};
    case Form::side_maker:
      return word ? std::vector<shape::Word>{{kBuy, "false"}, {kSell, "true"}}
                  : std::vector<shape::Word>{};
    default:
      return {};
  }
}

}  // namespace

Binding binding_of(const Leaf& leaf, const Item& item, std::string_view text) {
  const auto& slot = leaf.slot;
  Binding binding;
  binding.scope = leaf.scope;
  binding.type = slot.type;
  binding.offset = slot.offset;
  binding.mask = slot.mask;
  switch (leaf.form) {
    case Form::text:
      if (slot.type == SlotType::text) binding.form = shape::Form::text;
      binding.type = SlotType::nothing;
      break;
    case Form::decimal:
      if (slot.mask == 0 && static_cast<std::int8_t>(slot.exponent_mask) == Decimal::kAbsent) {
        binding.form = shape::Form::decimal;
        binding.exponent_offset = slot.exponent_offset;
        binding.type = SlotType::nothing;
      }
      break;
    case Form::integer:
      binding.form = shape::Form::number;
      break;
    case Form::milliseconds:
    case Form::seconds:
    case Form::iso:
    case Form::moment:
      binding.unit = unit_of(text);
      if (binding.unit != 0) binding.form = shape::Form::number;
      break;
    case Form::lasting_seconds:
    case Form::lasting_milliseconds:
      binding.unit = leaf.form == Form::lasting_seconds ? kSecond : kMillisecond;
      binding.form = shape::Form::number;
      break;
    default:
      binding.words = words_of(leaf, item, text);
      if (!binding.words.empty()) binding.form = shape::Form::words;
  }
  if (item.kind == Item::Kind::word && leaf.form != Form::text &&
      binding.form != shape::Form::words)
    return {};
  return binding.form == shape::Form::residual ? Binding{} : binding;
}

}  // namespace tape::venue
