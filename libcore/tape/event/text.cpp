#include <tape/base/error.h>
#include <tape/event/plain.h>
#include <tape/event/text.h>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <vector>

namespace tape::event {
namespace {

/// How a kind reads. `line`: parts divided by '|', each left out when none of its {fields} is
/// there. A field is a dotted path; a number in it picks an element of a list, '#' at its end
/// counts one ("{bids#}"). `list` and `item`: the list whose elements follow, each in the form of
/// `item`.
struct Form {
  std::string_view kind;
  std::string_view line;
  std::string_view list;
  std::string_view item;
};

constexpr std::string_view kOrder =
    "{symbol}|{side} {quantity}|@ {limitPrice}|stop {stopPrice}|filled "
    "{filled}|{status}|{type}|order {orderId}|"
    "client {clientOrderId}|algo {algoId}";
constexpr std::string_view kPosition =
    "{symbol}|{positionSide}|{side}|{quantity}|@ {entryPrice}|mark {markPrice}|pnl {unrealizedPnl}|"
    "liquidation {liquidationPrice}";
constexpr std::string_view kTrade =
    "{symbol}|{side} {quantity}|@ {price}|{type}|#{number}|#{tradeId}";
constexpr std::string_view kTicker =
    "{symbol}|last {last}|bid {bid} x {bidQuantity}|ask {ask} x {askQuantity}|mark "
    "{markPrice}|index {indexPrice}|"
    "funding {fundingRate}|open interest {openInterest}|volume {volume}";
constexpr std::string_view kMark =
    "{symbol}|mark {price}|index {indexPrice}|funding {fundingRate}|next {nextFundingAt}";
constexpr std::string_view kBalance =
    "{asset}|wallet {walletBalance}|cross {crossWalletBalance}|change {change}|available "
    "{availableBalance}";

constexpr std::array kForms{
    Form{"opaque", "{kind}|{reason}|at byte {at}|of {totalBytes} bytes", "", ""},
    Form{"notification", "snapshot {snapshot}", "items",
         "{type}|{priority}|{note}|{effectiveAt}|id {id}"},
    Form{"fill", "user {user}", "items",
         "{symbol}|{side} {quantity}|@ {price}|{fillType}|fee {fee} {feeCurrency}|pnl "
         "{realizedPnl}|order {orderId}|"
         "fill {fillId}|client {clientOrderId}"},
    Form{"accountUpdate", "{reason}|{balances#} balances|{positions#} positions", "positions",
         kPosition},
    Form{"orderUpdate",
         "{action}|{reason}|{order.status}|{order.symbol}|{order.side} {order.quantity}|@ "
         "{order.limitPrice}|"
         "filled {order.filled}|last {lastFillQuantity} @ {lastFillPrice}|fee {fee} {feeCurrency}|"
         "order {order.orderId}|client {order.clientOrderId}|algo {order.algoId}",
         "", ""},
    Form{"openOrders", "{items#} orders|user {user}", "items", kOrder},
    Form{"positions", "{items#} positions|user {user}", "items", kPosition},
    Form{"balances", "{holding#} holdings|{wallets#} wallets|{assets#} assets|user {user}",
         "assets", kBalance},
    Form{"marginCall", "cross wallet {crossWalletBalance}", "positions", kPosition},
    Form{"bookSnapshot",
         "{bids#} bids|{asks#} asks|best bid {bids.0.price} x {bids.0.quantity}|"
         "best ask {asks.0.price} x {asks.0.quantity}|update {updateId}",
         "", ""},
    Form{"bookDelta",
         "{side} {price} x {quantity}|{bids#} bids|{asks#} asks|update {updateId}|"
         "from {firstUpdateId}",
         "", ""},
    Form{"bestQuote", "bid {bid} x {bidQuantity}|ask {ask} x {askQuantity}|update {updateId}", "",
         ""},
    Form{"trade", kTrade, "", ""},
    Form{"tradeSnapshot", "{items#} trades", "items", kTrade},
    Form{"ticker", kTicker, "", ""},
    Form{"tickers", "{items#} tickers", "items", kTicker},
    Form{"markPrice", kMark, "", ""},
    Form{"markPrices", "{items#} prices", "items", kMark},
    Form{"liquidation",
         "{order.symbol}|{order.side} {order.quantity}|@ {order.limitPrice}|{order.status}", "",
         ""},
    Form{"kline",
         "{interval}|open {open}|high {high}|low {low}|close {close}|volume {volume}|closed "
         "{closed}",
         "", ""},
    Form{"subscription",
         "{event}|{feed}|{result}|{message}|{symbols#} symbols|{streams#} streams|request "
         "{requestId}",
         "", ""},
    Form{"error", "{code}|{message}", "errors", "{code}|{message}"},
    Form{"session",
         "{recorder}|on {host}|process {processId}|flush {flushInterval} ns|derived {derived}", "",
         ""},
    Form{"connectionOpened", "{url}|attempt {attempt}", "concerns", "{channel}|{symbol}"},
    Form{"connectionLost", "{cause}|code {closeCode}|last frame {lastFrameAt}|{url}", "concerns",
         "{channel}|{symbol}"},
    Form{"gap",
         "{kind}|expected {expected}|got {got}|{missing} "
         "missing|{concerns.channel}|{concerns.symbol}",
         "", ""},
    Form{"requestFailed", "{method} {target}|status {status}|{bytes} bytes|{cause}", "", ""},
    Form{"end", "{reason}|{events} events|next {nextFile}", "", ""},
};

// Of a list only the first elements stand on the line.
constexpr std::size_t kShownItems = 4;
// A line for people ends somewhere, whatever a venue sends.
constexpr std::size_t kLongestSummary = 2000;

/// A compiled Form.
struct Piece {
  std::string before;  // literal text in front of the field
  std::vector<const Field*> steps;
  std::vector<std::uint32_t> elements;  // beside steps: which element of a list is entered
  bool count = false;
};
struct Part {
  std::vector<Piece> pieces;
  std::string after;
};
using Line = std::vector<Part>;

struct Compiled {
  Line line;
  const Field* list = nullptr;
  Line item;
};

const Field& find_field(const Node& node, std::string_view name) {
  for (const auto& field : node.fields) {
    if (field.slot.name == name) return field;
  }
  throw Error(Fault::internal, fmt::format("text: {} has no field {}", node.name, name));
}

void compile_path(const Node& top, std::string_view path, Piece& piece) {
  if (path.ends_with('#')) {
    piece.count = true;
    path.remove_suffix(1);
  }
  const Node* node = &top;
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    const auto name = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (name.front() >= '0' && name.front() <= '9') {
      (void)std::from_chars(name.data(), name.data() + name.size(), piece.elements.back());
      continue;
    }
    const Field& field = find_field(*node, name);
    piece.steps.push_back(&field);
    piece.elements.push_back(0);
    node = field.node;
  }
}

Line compile(const Node& node, std::string_view form) {
  Line line;
  while (!form.empty()) {
    const auto bar = std::min(form.find('|'), form.size());
    auto text = form.substr(0, bar);
    form.remove_prefix(std::min(bar + 1, form.size()));
    Part& part = line.emplace_back();
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
      const auto close = text.find('}', open);
      Piece& piece = part.pieces.emplace_back();
      piece.before = text.substr(0, open);
      compile_path(node, text.substr(open + 1, close - open - 1), piece);
      text.remove_prefix(close + 1);
    }
    part.after = text;
  }
  return line;
}

/// The forms by kind, checked against the schema when first used.
struct Forms {
  std::array<std::optional<Compiled>, kKinds> kinds;

  Forms() {
    for (const auto& form : kForms) {
      const auto kind = kind_from_name(form.kind);
      const Node* node = kind ? body_node(*kind) : nullptr;
      if (node == nullptr) throw Error(Fault::internal, "text: no kind " + std::string(form.kind));
      auto& compiled = kinds[static_cast<std::size_t>(*kind)].emplace();
      compiled.line = compile(*node, form.line);
      if (form.list.empty()) continue;
      compiled.list = &find_field(*node, form.list);
      compiled.item = compile(*compiled.list->node, form.item);
    }
  }
};

const Forms& forms() {
  static const Forms kCompiled;
  return kCompiled;
}

bool append_piece(const Piece& piece, std::size_t step, const Sections& value, std::string& out) {
  const Field& field = *piece.steps[step];
  if (step + 1 == piece.steps.size()) {
    if (!piece.count) return append_plain(field, value, out);
    const auto count = field.slot.type == SlotType::list_of_text ? value.texts(field.slot).size()
                                                                 : value.structs(field.slot).size();
    if (!value.has(field.slot)) return false;
    fmt::format_to(std::back_inserter(out), "{}", count);
    return true;
  }
  if (field.slot.type == SlotType::list_of_struct) {
    const auto list = value.structs(field.slot);
    const auto index = piece.elements[step];
    return index < list.size() && append_piece(piece, step + 1, Sections(list[index]), out);
  }
  return append_piece(piece, step + 1, Sections(value.structure(field.slot)), out);
}

void append_line(const Line& line, const Sections& value, std::string& out) {
  bool first = true;
  for (const auto& part : line) {
    const auto before = out.size();
    if (!first) out += "  ";
    bool any = false;
    const auto start = out.size();
    for (const auto& piece : part.pieces) {
      const auto here = out.size();
      out += piece.before;
      const bool there = append_piece(piece, 0, value, out);
      any |= there;
      if (!there && here != start) out.resize(here);  // "bid 5 x" without a quantity is "bid 5"
    }
    if (out.size() > start && out[start] == ' ') out.erase(start, 1);
    out += part.after;
    if (any) {
      first = false;
    } else {
      out.resize(before);
    }
  }
}

/// What no form describes: key=value, lists by their length.
void append_fields(const Node& node, const Sections& value, const std::string& prefix,
                   std::string& out) {
  for (const auto& field : node.fields) {
    if (!value.active(node, field.slot) || out.size() > kLongestSummary) continue;
    const auto before = out.size();
    if (!out.empty()) out += "  ";
    if (is_scalar(field.slot.type)) {
      out += prefix + field.slot.name + "=";
      if (!append_plain(field, value, out)) out.resize(before);
      continue;
    }
    out.resize(before);
    if (field.slot.type == SlotType::group) {
      append_fields(*field.node, value, prefix + field.slot.name + ".", out);
    } else if (!value.has(field.slot)) {
      continue;
    } else if (field.slot.type == SlotType::structure) {
      append_fields(*field.node, Sections(value.structure(field.slot)),
                    prefix + field.slot.name + ".", out);
    } else {
      const auto count = field.slot.type == SlotType::list_of_text
                             ? value.texts(field.slot).size()
                             : value.structs(field.slot).size();
      fmt::format_to(std::back_inserter(out), "{}{}{}[{}]", out.empty() ? "" : "  ", prefix,
                     field.slot.name, count);
    }
  }
}

void append_items(const Compiled& form, const Sections& body, std::string& out) {
  const auto list = body.structs(form.list->slot);
  for (std::uint32_t i = 0; i < list.size() && i < kShownItems; ++i) {
    if (!out.empty()) out += i == 0 ? "  [" : "; ";
    if (out.empty()) out += '[';
    append_line(form.item, Sections(list[i]), out);
  }
  if (list.size() > kShownItems) {
    fmt::format_to(std::back_inserter(out), "; and {} more", list.size() - kShownItems);
  }
  if (list.size() != 0) out += ']';
}

void make_summary(schema::Event::Reader event, std::string& out) {
  const auto kind = event.getBody().which();
  const Node* node = body_node(kind);
  if (node == nullptr) return;
  const Sections body(body_of(event));
  const auto& form = forms().kinds[static_cast<std::size_t>(kind)];
  if (!form) {
    append_fields(*node, body, "", out);
    return;
  }
  append_line(form->line, body, out);
  if (form->list != nullptr) append_items(*form, body, out);
}

void cut(std::string& summary) {
  if (summary.size() <= kLongestSummary) return;
  std::size_t end = kLongestSummary;
  while (end > 0 && (static_cast<std::uint8_t>(summary[end]) & 0xC0U) == 0x80U) --end;
  summary.resize(end);
  summary += "...";
}

/// Texts come from a wire: what could steer a terminal is shown as an escape.
void append_visible(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<std::uint8_t>(text[i + 1]) < 0xA0;
    if (byte >= 0x20 && byte != 0x7F && !c1) {
      out += text[i];
      continue;
    }
    if (c1) ++i;
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(text[i]));
  }
}

void append_padded(std::string_view text, std::size_t width, std::string& out) {
  const auto before = out.size();
  append_utf8(text.empty() ? "-" : text, out);
  const auto size = out.size() - before;
  out.append(size < width ? width - size : 0, ' ');
  out += "  ";
}

void append_rest(schema::Rest::Reader rest, std::string& out) {
  out += "  (";
  append_utf8(view(rest.getMethod()), out);
  out += ' ';
  append_utf8(view(rest.getTarget()), out);
  if (rest.getStatus() != 0) fmt::format_to(std::back_inserter(out), " {}", rest.getStatus());
  if (rest.getLatency() != 0) out += " in " + format_duration(rest.getLatency());
  out += ')';
}

}  // namespace

struct TextWriter::Impl {
  std::string line;
  std::string summary;
};

TextWriter::TextWriter() : impl_(std::make_unique<Impl>()) {}
TextWriter::~TextWriter() = default;

void TextWriter::append(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
                        std::string& out) {
  auto& line = impl_->line;
  auto& summary = impl_->summary;
  line.clear();
  summary.clear();
  try {
    char time[kRfc3339Size];
    format_rfc3339(event.getReceivedAt(), time);
    line.append(time, sizeof time);
    static constexpr std::string_view kDirections = "<>*";  // received, sent, local
    const auto direction = static_cast<std::size_t>(event.getDirection());
    line += ' ';
    line += direction < kDirections.size() ? kDirections[direction] : '?';
    line += ' ';
    append_padded(view(event.getVenue()), 14, line);
    append_padded(view(event.getChannel()), 14, line);
    append_padded(view(event.getSymbol()), 12, line);
    append_padded(kind_name(event.getBody().which()), 13, line);
    if (event.getSequence() != 0)
      fmt::format_to(std::back_inserter(line), "seq {}  ", event.getSequence());
    make_summary(event, summary);
    cut(summary);
    line += summary;
    if (event.hasRest()) append_rest(event.getRest(), line);
    if (event.hasAccount()) {
      line += "  account ";
      append_utf8(view(event.getAccount()), line);
    }
    if (const auto count = event.getAnomalies().size(); count != 0) {
      fmt::format_to(std::back_inserter(line), "  {} anomal{}", count, count == 1 ? "y" : "ies");
    }
  } catch (const kj::Exception& exception) {
    throw_damaged(exception, session, ordinal);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  append_visible(line, out);
  out += '\n';
}

void append_summary(schema::Event::Reader event, std::string& out) {
  std::string summary;
  make_summary(event, summary);
  cut(summary);
  append_visible(summary, out);
}

}  // namespace tape::event
