#include <tape/state/view.h>

#include <capnp/message.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace tape::state {
namespace {

constexpr std::array<std::pair<std::string_view, View>, 6> kViews{{
    {"account", View::account},
    {"positions", View::positions},
    {"orders", View::orders},
    {"books", View::books},
    {"status", View::status},
    {"all", View::all},
}};

// What a venue wrote must not steer a terminal.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}
std::string plain(capnp::Text::Reader text) { return plain(event::view(text)); }

template <typename Group>
std::string number(Group group) {
  const Decimal value = event::get_decimal(group);
  return value.absent() ? "-" : format_decimal(value);
}

std::string moment(Nanos at) { return at == 0 ? "-" : format_rfc3339(at); }

/// Cells of one width a column; numbers stand right.
class Table {
 public:
  enum class Align : std::uint8_t { left, right };
  explicit Table(const std::vector<std::pair<std::string, Align>>& head) {
    std::vector<std::string> names;
    for (const auto& [name, align] : head) {
      aligns_.push_back(align);
      names.push_back(name);
    }
    rows_.push_back(std::move(names));
  }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void append(std::string_view indent, std::string& out) const {
    std::vector<std::size_t> widths(aligns_.size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
      std::string line(indent);
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i != 0) line += "  ";
        line += aligns_[i] == Align::left ? fmt::format("{:<{}}", row[i], widths[i])
                                          : fmt::format("{:>{}}", row[i], widths[i]);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
    }
  }

 private:
  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;
};
constexpr auto kLeft = Table::Align::left;
constexpr auto kRight = Table::Align::right;

// "SUSPECT since 10:00 (SESSION:ORDINAL): gap": of a book or an account.
template <typename Part>
std::string trust(Part part) {
  std::string text;
  switch (part.getTrust()) {
    case schema::Trust::SUSPECT:
      text = "SUSPECT";
      break;
    case schema::Trust::VERIFIED:
      text = "verified";
      break;
    default:
      text = "unverifiable";
  }
  if (part.getSinceAt() != 0 || part.getSinceOrdinal() != 0) {
    text += fmt::format(" since {} (@#{:016x}:{})", moment(part.getSinceAt()),
                        part.getSinceSession(), part.getSinceOrdinal());
  }
  if (part.getReason().size() != 0) text += ": " + plain(part.getReason());
  return text;
}

void append_positions(schema::AccountState::Reader account, std::string& out) {
  Table table({{"symbol", kLeft},
               {"side", kLeft},
               {"quantity", kRight},
               {"entry", kRight},
               {"unrealized", kRight},
               {"realized", kRight},
               {"margin", kLeft},
               {"isolated", kRight},
               {"leverage", kRight},
               {"as of", kLeft}});
  std::size_t flat = 0;
  std::size_t shown = 0;
  for (const auto position : account.getPositions()) {
    const Decimal quantity = event::get_decimal(position.getQuantity());
    const Decimal isolated = event::get_decimal(position.getIsolatedWallet());
    if (quantity.mantissa == 0 && isolated.mantissa == 0) {
      ++flat;
      continue;
    }
    ++shown;
    const std::string side =
        plain(position.getPositionSide()) + (position.getClosing() ? " closing?" : "");
    table.add({plain(position.getSymbol()), side, number(position.getQuantity()),
               number(position.getEntryPrice()), number(position.getUnrealizedPnl()),
               number(position.getRealizedPnl()), plain(position.getMarginType()),
               number(position.getIsolatedWallet()), number(position.getLeverage()),
               moment(position.getUpdatedAt())});
  }
  if (shown != 0) table.append("  ", out);
  if (shown == 0 && flat == 0) out += "  no positions known\n";
  if (flat != 0) out += fmt::format("  {} flat\n", flat);
}

void append_balances(schema::AccountState::Reader account, std::string& out) {
  if (account.getBalances().size() == 0) {
    out += "  no balances known\n";
    return;
  }
  Table table({{"asset", kLeft},
               {"wallet", kRight},
               {"cross wallet", kRight},
               {"unrealized", kRight},
               {"available", kRight},
               {"as of", kLeft}});
  for (const auto balance : account.getBalances()) {
    table.add({plain(balance.getAsset()), number(balance.getWalletBalance()),
               number(balance.getCrossWalletBalance()), number(balance.getUnrealizedPnl()),
               number(balance.getAvailableBalance()), moment(balance.getUpdatedAt())});
  }
  table.append("  ", out);
}

void append_orders(schema::AccountState::Reader account, std::string& out) {
  if (!account.hasOrders()) {
    out += "  open orders are not known\n";
    return;
  }
  if (account.getOrders().size() == 0) {
    out += "  no open orders\n";
    return;
  }
  Table table({{"order", kLeft},
               {"symbol", kLeft},
               {"side", kLeft},
               {"type", kLeft},
               {"price", kRight},
               {"quantity", kRight},
               {"filled", kRight},
               {"remaining", kRight},
               {"as of", kLeft}});
  for (const auto order : account.getOrders()) {
    const auto id = order.getOrderId().size() != 0 ? order.getOrderId() : order.getAlgoId();
    table.add({plain(id), plain(order.getSymbol()),
               order.getSide() == schema::Side::SELL ? "sell" : "buy", plain(order.getType()),
               number(order.getLimitPrice()), number(order.getQuantity()),
               number(order.getFilled()), number(order.getRemaining()),
               moment(order.getUpdatedAt())});
  }
  table.append("  ", out);
}

void append_parts(schema::AccountState::Reader account, std::string& out) {
  for (const auto part : account.getParts()) {
    if (part.getTrust() != schema::Trust::SUSPECT && part.getStaleAt() == 0) continue;
    out += fmt::format("  ! {} {}", plain(part.getPart()), trust(part));
    if (part.getStaleAt() != 0) out += ", stale since " + moment(part.getStaleAt());
    out += '\n';
  }
}

// Those with which something is wrong, and how many there are.
void append_fills(schema::AccountState::Reader account, std::string& out) {
  const auto counts = account.getFillCounts();
  if (counts.getSeen() == 0 && counts.getMissing() == 0) return;
  out += fmt::format("  {} fills, {} confirmed by a second way", counts.getSeen(),
                     counts.getConfirmed());
  const auto wrong = [&](std::uint64_t count, std::string_view what) {
    if (count != 0) out += fmt::format("; {} {}", count, what);
  };
  wrong(counts.getMissed(), "not brought by the stream");
  wrong(counts.getMissing(), "numbers that nobody showed");
  wrong(counts.getDoubled(), "sent twice");
  wrong(counts.getMismatched(), "told differently by two ways");
  wrong(counts.getDisordered(), "late or out of order");
  out += '\n';
  for (const auto one : account.getFills()) {
    if (!one.getMissed() && !one.getDoubled() && !one.getDisordered()) continue;
    const auto fill = one.getFill();
    out += fmt::format(
        "  ! fill {} {} {} {} at {}, filled {}, first seen {} (@#{:016x}:{}):{}{}{}\n",
        plain(fill.getFillId()), plain(fill.getSymbol()),
        fill.getSide() == schema::Side::SELL ? "sell" : "buy", number(fill.getQuantity()),
        number(fill.getPrice()), moment(fill.getFilledAt()), moment(one.getReceivedAt()),
        one.getSession(), one.getOrdinal(), one.getMissed() ? " not brought by the stream" : "",
        one.getDoubled() ? " sent twice" : "", one.getDisordered() ? " late or out of order" : "");
  }
}

void append_finding(schema::Finding::Reader finding, std::string& out) {
  const auto value = [](auto group, capnp::Text::Reader text) {
    return text.size() != 0 ? plain(text) : number(group);
  };
  out += fmt::format("  ! {} {}: expected {}, found {}, difference {}, at {} (@#{:016x}:{})",
                     plain(finding.getRule()), plain(finding.getSubject()),
                     value(finding.getExpected(), finding.getExpectedText()),
                     value(finding.getFound(), finding.getFoundText()),
                     number(finding.getDifference()), moment(finding.getReceivedAt()),
                     finding.getSession(), finding.getOrdinal());
  if (finding.getFromAt() != 0) out += ", it happened after " + moment(finding.getFromAt());
  out += '\n';
}

void append_accounts(schema::State::Reader state, View view, std::string& out) {
  if (state.getAccounts().size() == 0) out += "no account events\n";
  for (const auto account : state.getAccounts()) {
    const auto label = account.getAccount();
    out += fmt::format("account {} at {}  {}\n", label.size() == 0 ? "(no label)" : plain(label),
                       plain(account.getVenue()), trust(account));
    if (view != View::orders) append_positions(account, out);
    if (view == View::account || view == View::all) append_balances(account, out);
    if (view == View::orders || view == View::all) append_orders(account, out);
    append_parts(account, out);
    if (view == View::account || view == View::all) append_fills(account, out);
    for (const auto finding : account.getFindings()) append_finding(finding, out);
    out += '\n';
  }
}

void append_book(schema::BookState::Reader book, std::string& out) {
  out +=
      fmt::format("book {} {}  {}\n", plain(book.getVenue()), plain(book.getSymbol()), trust(book));
  out += fmt::format("  sequence {}, received {}, exchange {}", book.getSequence(),
                     moment(book.getReceivedAt()), moment(book.getExchangeAt()));
  if (book.getGaps() != 0) out += fmt::format(", {} gaps", book.getGaps());
  if (book.getDropped() != 0) {
    out += fmt::format(", {} repeated or late deltas not applied", book.getDropped());
  }
  out += '\n';
  Table table({{"quantity", kRight}, {"bid", kRight}, {"ask", kLeft}, {"quantity", kLeft}});
  const auto bids = book.getBids();
  const auto asks = book.getAsks();
  for (unsigned i = 0; i < std::max(bids.size(), asks.size()); ++i) {
    std::vector<std::string> row(4);
    if (i < bids.size()) {
      row[0] = number(bids[i].getQuantity());
      row[1] = number(bids[i].getPrice());
    }
    if (i < asks.size()) {
      row[2] = number(asks[i].getPrice());
      row[3] = number(asks[i].getQuantity());
    }
    table.add(std::move(row));
  }
  table.append("  ", out);
  out += '\n';
}

void append_outage(schema::VenueState::Reader venue, std::string& out) {
  if (!venue.hasOutage()) return;
  constexpr std::array<std::string_view, 6> kNames{"normal", "announced", "DEGRADED",
                                                   "DOWN",   "POST-ONLY", "resumed"};
  const auto outage = venue.getOutage();
  const auto index = static_cast<std::size_t>(outage.getStatus());
  out += fmt::format("  {}", index < kNames.size() ? kNames[index] : "unknown");
  const auto since = outage.getSince();
  if (since.getReceivedAt() != 0) {
    out += fmt::format(" since {} (@#{:016x}:{}): {}", moment(since.getReceivedAt()),
                       since.getSession(), since.getOrdinal(), plain(outage.getReason()));
  }
  if (outage.hasLocalFault()) {
    out += "; LOCAL FAULT since " + moment(outage.getLocalFault().getReceivedAt());
  }
  out += '\n';
}

void append_status(schema::State::Reader state, std::string& out) {
  for (const auto venue : state.getVenues()) {
    const auto name = venue.getVenue();
    out += fmt::format("venue {}  last event {}, {} connections lost, {} recorded gaps\n",
                       name.size() == 0 ? "(none)" : plain(name), moment(venue.getReceivedAt()),
                       venue.getConnectionsLost(), venue.getGaps());
    if (venue.getConnectionsLost() != 0) {
      out += fmt::format("  last lost {}: {}\n", moment(venue.getLostAt()),
                         plain(venue.getLostCause()));
    }
    append_outage(venue, out);
    if (venue.getNotifications() != 0) {
      const auto note = venue.getNotification();
      out += fmt::format("  last of {} notifications {}: {}/{} {}", venue.getNotifications(),
                         moment(venue.getNotifiedAt()), plain(note.getType()),
                         plain(note.getPriority()), plain(note.getNote()));
      if (note.getEffectiveAt() != 0) out += " (effective " + moment(note.getEffectiveAt()) + ")";
      out += '\n';
    }
  }
  if (state.getVenues().size() != 0) out += '\n';
}

}  // namespace

std::string printable(std::string_view text) { return plain(text); }

std::optional<View> view_from_name(std::string_view name) {
  for (const auto& [text, view] : kViews) {
    if (text == name) return view;
  }
  return std::nullopt;
}

void restrict_to(View view, Scope& scope) {
  scope.accounts = view != View::books && view != View::status;
  scope.books = view == View::books || view == View::all;
  scope.venues = view == View::status || view == View::all;
  scope.markets = scope.venues;
  scope.resume = false;
}

void append_text(schema::State::Reader state, View view, std::string& out) {
  if (state.getOrdinal() == 0) {
    out += "state before the first event\n\n";
  } else {
    out += fmt::format("state at {} (@#{:016x}:{})\n\n", moment(state.getStateAt()),
                       state.getSession(), state.getOrdinal());
  }
  const bool all = view == View::all;
  if (view != View::books && view != View::status) append_accounts(state, view, out);
  if (all || view == View::status) append_status(state, out);
  if (all || view == View::books) {
    if (state.getBooks().size() == 0) out += "no order books\n";
    for (const auto book : state.getBooks()) append_book(book, out);
  }
}

void append_text(const State& state, const Scope& scope, View view, std::string& out) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  state.write(root, scope);
  append_text(root.asReader(), view, out);
}

void append_json(const State& state, const Scope& scope, event::JsonWriter& writer,
                 std::string& out) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  state.write(root, scope);
  writer.append_struct(root.asReader(), out);
  out += '\n';
}

}  // namespace tape::state
