#include <tape/base/error.h>
#include <tape/event/catalog.h>
#include <tape/event/pattern.h>
#include <tape/event/select.h>

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <charconv>

namespace tape::event {
namespace {

bool any_symbol(const Patterns& wanted, const Node& node, const Sections& value);
bool any_id(const Patterns& wanted, const Node& node, const Sections& value);

bool symbol_here(const Patterns& wanted, const Field& field, const Sections& value) {
  if (field.slot.type == SlotType::text) return wanted.match(value.text(field.slot));
  for (const auto text : value.texts(field.slot)) {
    if (wanted.match(view(text))) return true;
  }
  return false;
}

bool id_here(const Patterns& wanted, const Field& field, const Sections& value) {
  if (field.slot.type == SlotType::text) {
    const auto text = value.text(field.slot);
    return !text.empty() && wanted.match(text);
  }
  const auto number = static_cast<std::uint64_t>(value.integer(field.slot));
  if (number == 0) return false;
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return wanted.match({digits, static_cast<std::size_t>(end - digits)});
}

/// Looks into the structs that a field holds.
template <typename Look>
bool any_below(const Field& field, const Sections& value, const Look& look) {
  switch (field.slot.type) {
    case SlotType::group:
      return look(*field.node, value);
    case SlotType::structure:
      return value.has(field.slot) && look(*field.node, Sections(value.structure(field.slot)));
    case SlotType::list_of_struct:
      for (const auto element : value.structs(field.slot)) {
        if (look(*field.node, Sections(element))) return true;
      }
      return false;
    default:
      return false;
  }
}

bool any_symbol(const Patterns& wanted, const Node& node, const Sections& value) {
  if (!node.holds_symbol) return false;
  return std::any_of(node.fields.begin(), node.fields.end(), [&](const Field& field) {
    if (!value.active(node, field.slot)) return false;
    if (field.symbol) return symbol_here(wanted, field, value);
    return field.node != nullptr && field.node->holds_symbol &&
           any_below(field, value, [&](const Node& below, const Sections& inner) {
             return any_symbol(wanted, below, inner);
           });
  });
}

bool any_id(const Patterns& wanted, const Node& node, const Sections& value) {
  if (!node.holds_id) return false;
  return std::any_of(node.fields.begin(), node.fields.end(), [&](const Field& field) {
    if (!value.active(node, field.slot)) return false;
    if (field.id) return id_here(wanted, field, value);
    return field.node != nullptr && field.node->holds_id &&
           any_below(field, value, [&](const Node& below, const Sections& inner) {
             return any_id(wanted, below, inner);
           });
  });
}

bool in_ranges(const std::vector<NumberRange>& ranges, std::uint64_t session,
               std::uint64_t number) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const NumberRange& range) {
    return (!range.session || *range.session == session) && range.first <= number &&
           number <= range.last;
  });
}

std::bitset<kKinds> kinds_of(const std::vector<std::string>& patterns, std::string_view option) {
  std::bitset<kKinds> kinds;
  for (const auto& pattern : patterns) {
    bool found = false;
    for (std::size_t i = 0; i < kKinds; ++i) {
      if (!glob_matches(pattern, kind_name(static_cast<Kind>(i)), Case::ignored)) continue;
      kinds.set(i);
      found = true;
    }
    if (found) continue;
    std::string all;
    for (std::size_t i = 0; i < kKinds; ++i) {
      all += (i == 0 ? "" : ", ");
      all += kind_name(static_cast<Kind>(i));
    }
    throw Error(Fault::usage,
                fmt::format("{}: '{}' is no kind of event; expected a pattern such as "
                            "'book*', or one of: {}",
                            option, pattern, all));
  }
  return kinds;
}

template <typename Enum>
std::uint32_t mask_of(const std::vector<Enum>& values) {
  std::uint32_t mask = 0;
  for (const auto value : values) mask |= 1U << (static_cast<unsigned>(value) & 31U);
  return mask;
}

template <typename Enum>
bool in_mask(std::uint32_t mask, Enum value) {
  const auto bit = static_cast<unsigned>(value);
  return mask == 0 || (bit < 32 && ((mask >> bit) & 1U) != 0);
}

}  // namespace

bool Selection::everything() const {
  return !from && !to && venues.empty() && accounts.empty() && channels.empty() &&
         symbols.empty() && kinds.empty() && ids.empty() && connections.empty() &&
         ordinals.empty() && directions.empty() && transports.empty();
}

struct Selector::Impl {
  Selection selection;
  bool everything;
  bool untimed;
  Patterns venues;
  Patterns accounts;
  Patterns channels;
  Patterns symbols;
  Patterns ids;
  std::bitset<kKinds> kinds;
  std::uint32_t directions;
  std::uint32_t transports;

  Impl(const Selection& s, const SymbolAliases& aliases)
      : selection(s),
        everything(s.everything()),
        untimed(!s.from && !s.to),
        venues(s.venues, Case::kept),
        accounts(s.accounts, Case::kept),
        channels(s.channels, Case::kept),
        symbols(s.symbols, Case::ignored),
        ids(s.ids, Case::kept),
        kinds(kinds_of(s.kinds, "--kind")),
        directions(mask_of(s.directions)),
        transports(mask_of(s.transports)) {
    if (!aliases) return;
    for (const auto& symbol : s.symbols) {
      for (auto& alias : aliases(symbol)) symbols.add(std::move(alias));
    }
  }

  [[nodiscard]] bool in_time(schema::Event::Reader event) const {
    if (untimed) return true;
    const bool exchange = selection.by == TimeBy::exchange;
    const Nanos moment = exchange ? event.getExchangeAt() : event.getReceivedAt();
    if (exchange && moment == 0) return false;
    return (!selection.from || *selection.from <= moment) &&
           (!selection.to || moment < *selection.to);
  }

  [[nodiscard]] bool cheap(schema::Event::Reader event, std::uint64_t session,
                           std::uint64_t ordinal) const {
    const auto kind = static_cast<std::size_t>(event.getBody().which());
    return (kinds.none() || (kind < kKinds && kinds.test(kind))) &&
           in_mask(directions, event.getDirection()) && in_mask(transports, event.getTransport()) &&
           (selection.ordinals.empty() || in_ranges(selection.ordinals, session, ordinal)) &&
           (selection.connections.empty() ||
            in_ranges(selection.connections, session, event.getConnection()));
  }

  [[nodiscard]] bool texts(schema::Event::Reader event) const {
    return (venues.empty() || venues.match(view(event.getVenue()))) &&
           (accounts.empty() || accounts.match(view(event.getAccount()))) &&
           (channels.empty() || channels.match(view(event.getChannel()))) &&
           (symbols.empty() || symbol_matches(event)) &&
           (ids.empty() || in_body(event, any_id, ids));
  }

  [[nodiscard]] bool symbol_matches(schema::Event::Reader event) const {
    const auto symbol = view(event.getSymbol());
    return symbol.empty() ? in_body(event, any_symbol, symbols) : symbols.match(symbol);
  }

  template <typename Look>
  [[nodiscard]] static bool in_body(schema::Event::Reader event, const Look& look,
                                    const Patterns& wanted) {
    const Node* node = body_node(event.getBody().which());
    return node != nullptr && look(wanted, *node, Sections(body_of(event)));
  }
};

Selector::Selector(const Selection& selection, const SymbolAliases& aliases)
    : impl_(std::make_unique<Impl>(selection, aliases)) {}
Selector::~Selector() = default;

bool Selector::matches(schema::Event::Reader event, std::uint64_t session,
                       std::uint64_t ordinal) const {
  return impl_->everything || (impl_->in_time(event) && matches_but_time(event, session, ordinal));
}

bool Selector::matches_but_time(schema::Event::Reader event, std::uint64_t session,
                                std::uint64_t ordinal) const {
  if (impl_->everything) return true;
  try {
    return impl_->cheap(event, session, ordinal) && impl_->texts(event);
  } catch (const kj::Exception& exception) {
    throw_damaged(exception, session, ordinal);
  }
}

std::vector<std::string> split_list(std::string_view option,
                                    const std::vector<std::string>& values) {
  std::vector<std::string> items;
  for (const std::string_view value : values) {
    std::size_t start = 0;
    while (true) {
      const auto comma = std::min(value.find(',', start), value.size());
      if (comma == start) {
        throw Error(Fault::usage,
                    fmt::format("{}: '{}' has an empty item; expected a comma list such "
                                "as 'a,b'",
                                option, value));
      }
      items.emplace_back(value.substr(start, comma - start));
      if (comma == value.size()) break;
      start = comma + 1;
    }
  }
  return items;
}

std::vector<std::string> parse_kinds(std::string_view option,
                                     const std::vector<std::string>& values) {
  auto kinds = split_list(option, values);
  (void)kinds_of(kinds, option);
  return kinds;
}

namespace {

template <typename Enum>
std::vector<Enum> parse_enum(std::string_view option, const std::vector<std::string>& values) {
  const auto schema = capnp::Schema::from<Enum>();
  std::vector<Enum> found;
  for (const auto& pattern : split_list(option, values)) {
    const auto before = found.size();
    std::string all;
    for (const auto each : schema.getEnumerants()) {
      const std::string_view name = each.getProto().getName().cStr();
      all += (all.empty() ? "" : ", ") + std::string(name);
      if (glob_matches(pattern, name, Case::ignored))
        found.push_back(static_cast<Enum>(each.getOrdinal()));
    }
    if (found.size() == before) {
      throw Error(Fault::usage,
                  fmt::format("{}: '{}' is not known; expected one of: {}", option, pattern, all));
    }
  }
  return found;
}

std::optional<std::uint64_t> take_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<NumberRange> parse_range(std::string_view text) {
  NumberRange range;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    range.session = parse_hex(text.substr(0, colon));
    if (!range.session) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  const auto dash = text.find('-');
  const auto first = take_number(text.substr(0, dash));
  if (!first) return std::nullopt;
  range.first = range.last = *first;
  if (dash == std::string_view::npos) return range;
  range.last = UINT64_MAX;
  if (dash + 1 == text.size()) return range;
  const auto last = take_number(text.substr(dash + 1));
  if (!last || *last < *first) return std::nullopt;
  range.last = *last;
  return range;
}

}  // namespace

std::vector<schema::Direction> parse_directions(std::string_view option,
                                                const std::vector<std::string>& values) {
  return parse_enum<schema::Direction>(option, values);
}

std::vector<schema::Transport> parse_transports(std::string_view option,
                                                const std::vector<std::string>& values) {
  return parse_enum<schema::Transport>(option, values);
}

std::vector<NumberRange> parse_ranges(std::string_view option,
                                      const std::vector<std::string>& values) {
  std::vector<NumberRange> ranges;
  for (const auto& item : split_list(option, values)) {
    const auto range = parse_range(item);
    if (!range) {
      throw Error(Fault::usage,
                  fmt::format("{}: '{}' is no range of numbers; expected [SESSION:]A, "
                              "[SESSION:]A-B or [SESSION:]A-, with SESSION in hexadecimal",
                              option, item));
    }
    ranges.push_back(*range);
  }
  return ranges;
}

TimeBy parse_time_by(std::string_view option, std::string_view value) {
  if (value == "receive" || value == "received") return TimeBy::received;
  if (value == "exchange") return TimeBy::exchange;
  throw Error(Fault::usage, fmt::format("{}: '{}' is not known; expected 'receive' or 'exchange'",
                                        option, value));
}

}  // namespace tape::event
