#include <tape/shape/learn.h>

#include <simdjson.h>

#include <algorithm>

namespace tape::shape {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t kMaxItems = std::size_t{1} << 16U;
constexpr int kMaxDepth = 16;
// Elements of nested arrays are looked at twice a level.
constexpr std::size_t kMaxSteps = 8 * kMaxItems;

std::string_view trim_end(std::string_view text) {
  const auto end = text.find_last_not_of(" \n\r\t");
  return text.substr(0, end + 1);
}

}  // namespace

struct Outliner::Impl {
  od::parser parser;
  std::string_view frame;
  std::vector<Item> items;

  [[nodiscard]] std::uint32_t place(const char* at) const {
    return static_cast<std::uint32_t>(at - frame.data());
  }

  std::size_t add(Item::Kind kind, std::string_view text) {
    Item item;
    item.kind = kind;
    item.begin = place(text.data());
    item.end = item.begin + static_cast<std::uint32_t>(text.size());
    items.push_back(item);
    return items.size() - 1;
  }

  static Item::Kind kind_of(char first) {
    if (first == '"') return Item::Kind::string;
    if (first == 't' || first == 'f') return Item::Kind::word;
    return first == 'n' ? Item::Kind::null : Item::Kind::number;
  }

  bool token(std::string_view raw) {
    raw = trim_end(raw);
    if (raw.empty() || items.size() >= kMaxItems) return false;
    const auto kind = kind_of(raw.front());
    if (kind == Item::Kind::string && (raw.size() < 2 || raw.back() != '"')) return false;
    const auto index = add(kind, raw);
    items[index].next = static_cast<std::uint32_t>(items.size());
    return true;
  }

  bool object(od::object object, int depth) {
    std::string_view whole;
    if (depth > kMaxDepth || object.raw_json().get(whole) != simdjson::SUCCESS ||
        object.reset().error() != simdjson::SUCCESS)
      return false;
    const auto index = add(Item::Kind::object, trim_end(whole));
    for (auto field : object) {
      od::raw_json_string key;
      od::value inner;
      if (field.key().get(key) != simdjson::SUCCESS ||
          field.value().get(inner) != simdjson::SUCCESS)
        return false;
      const auto child = items.size();
      if (!value(inner, depth + 1)) return false;
      // From the key's first character to the last quote in front of the value.
      const auto begin = place(key.raw());
      const auto end = frame.substr(0, items[child].begin).find_last_of('"');
      if (end == std::string_view::npos || end < begin) return false;
      items[child].key_begin = begin;
      items[child].key_size = static_cast<std::uint32_t>(end) - begin;
    }
    items[index].next = static_cast<std::uint32_t>(items.size());
    return true;
  }

  bool array(od::array array, int depth) {
    std::string_view whole;
    if (depth > kMaxDepth || array.raw_json().get(whole) != simdjson::SUCCESS ||
        array.reset().error() != simdjson::SUCCESS)
      return false;
    const auto index = add(Item::Kind::array, trim_end(whole));
    for (auto element : array) {
      od::value inner;
      if (element.get(inner) != simdjson::SUCCESS || !value(inner, depth + 1)) return false;
    }
    items[index].next = static_cast<std::uint32_t>(items.size());
    return true;
  }

  bool value(od::value value, int depth) {
    if (items.size() >= kMaxItems) return false;
    const auto raw = value.raw_json_token();
    const char first = raw.empty() ? '\0' : raw.front();
    if (first == '{') {
      od::object inner;
      return value.get_object().get(inner) == simdjson::SUCCESS && object(inner, depth);
    }
    if (first == '[') {
      od::array inner;
      return value.get_array().get(inner) == simdjson::SUCCESS && array(inner, depth);
    }
    return token(raw);
  }

  bool document(od::document& document) {
    od::json_type type{};
    if (document.type().get(type) != simdjson::SUCCESS) return false;
    if (type == od::json_type::object) {
      od::object inner;
      return document.get_object().get(inner) == simdjson::SUCCESS && object(inner, 1);
    }
    if (type == od::json_type::array) {
      od::array inner;
      return document.get_array().get(inner) == simdjson::SUCCESS && array(inner, 1);
    }
    std::string_view raw;
    return document.raw_json_token().get(raw) == simdjson::SUCCESS && token(raw);
  }
};

Outliner::Outliner() : impl_(std::make_unique<Impl>()) {}
Outliner::~Outliner() = default;

std::span<const Item> Outliner::outline(std::span<const char> frame) {
  auto& impl = *impl_;
  impl.frame = {frame.data(), frame.size()};
  impl.items.clear();
  od::document document;
  const simdjson::padded_string_view padded(frame.data(), frame.size(),
                                            frame.size() + simdjson::SIMDJSON_PADDING);
  // A byte order mark would be stepped over, and its bytes with it.
  if (impl.frame.starts_with("\xEF\xBB\xBF") ||
      impl.parser.iterate(padded).get(document) != simdjson::SUCCESS || !impl.document(document)) {
    return {};
  }
  return impl.items;
}

namespace {

/// The program as a tree, so that elements can be compared.
struct Part {
  Op::Kind kind = Op::Kind::literal;
  std::string text;  // literal; separator of a loop
  Token token = Token::string;
  Binding binding;
  List list;
  std::vector<Part> body;
  std::uint32_t item = 0;

  bool operator==(const Part& other) const {
    return kind == other.kind && text == other.text && token == other.token &&
           binding == other.binding && list == other.list && body == other.body;
  }
};
using Parts = std::vector<Part>;

class Builder {
 public:
  Builder(std::string_view frame, std::span<const Item> items, std::span<const Decision> decisions)
      : frame_(frame), items_(items), decisions_(decisions) {}

  /// False: a list's elements are not alike.
  bool run(Parts& out) {
    literal(0, items_[0].begin, out);
    if (!value(0, false, out)) return false;
    literal(items_[0].end, frame_.size(), out);
    return true;
  }

 private:
  void literal(std::size_t begin, std::size_t end, Parts& out) {
    if (begin == end) return;
    if (out.empty() || out.back().kind != Op::Kind::literal) out.emplace_back();
    out.back().text += frame_.substr(begin, end - begin);
  }

  /// `residual`: what no field holds is a residual value.
  bool value(std::uint32_t index, bool residual, Parts& out) {
    if (++steps_ > kMaxSteps) return false;
    const auto& item = items_[index];
    if (item.kind == Item::Kind::array) return array(index, residual, out);
    if (item.kind == Item::Kind::object) return members(index, residual, out);
    const auto& decision = decisions_[index];
    const bool open = decision.kind == Decision::Kind::open && (residual || decision.varies);
    if (item.kind == Item::Kind::null || (!open && decision.kind != Decision::Kind::value)) {
      literal(item.begin, item.end, out);
      return true;
    }
    const bool quoted = item.kind == Item::Kind::string;
    if (quoted) literal(item.begin, item.begin + 1, out);
    Part part;
    part.kind = Op::Kind::value;
    part.token = quoted                            ? Token::string
                 : item.kind == Item::Kind::number ? Token::number
                                                   : Token::word;
    part.binding = decision.binding;
    part.item = index;
    out.push_back(std::move(part));
    if (quoted) literal(item.end - 1, item.end, out);
    return true;
  }

  bool members(std::uint32_t index, bool residual, Parts& out) {
    std::size_t at = items_[index].begin;
    for (auto child = index + 1; child < items_[index].next; child = items_[child].next) {
      literal(at, items_[child].begin, out);
      if (!value(child, residual, out)) return false;
      at = items_[child].end;
    }
    literal(at, items_[index].end, out);
    return true;
  }

  bool array(std::uint32_t index, bool residual, Parts& out) {
    const auto& item = items_[index];
    const bool list = decisions_[index].list.bound;
    if (index + 1 == item.next) {
      literal(item.begin, item.end, out);
      return true;
    }
    Part loop;
    if ((!residual && alike(index, false, loop)) || alike(index, true, loop)) {
      std::uint32_t last = index + 1;
      while (items_[last].next < item.next) last = items_[last].next;
      loop.kind = Op::Kind::loop;
      loop.list = decisions_[index].list;
      loop.item = index;
      literal(item.begin, items_[index + 1].begin, out);
      out.push_back(std::move(loop));
      literal(items_[last].end, item.end, out);
      return true;
    }
    return !list && members(index, residual, out);
  }

  /// Whether all elements, and what stands between them, are alike, and hold a value.
  bool alike(std::uint32_t index, bool residual, Part& loop) {
    loop.body.clear();
    loop.text = ",";
    Parts element;
    const auto first = index + 1;
    std::size_t before = 0;  // end of the element in front
    for (auto child = first; child < items_[index].next; child = items_[child].next) {
      element.clear();
      if (!value(child, residual, element)) return false;
      if (child == first) {
        loop.body = std::move(element);
      } else {
        const auto between = frame_.substr(before, items_[child].begin - before);
        if (items_[first].next == child) loop.text = between;
        if (between != loop.text || element != loop.body) return false;
      }
      before = items_[child].end;
    }
    return std::any_of(loop.body.begin(), loop.body.end(),
                       [](const Part& part) { return part.kind != Op::Kind::literal; });
  }

  std::string_view frame_;
  std::span<const Item> items_;
  std::span<const Decision> decisions_;
  std::size_t steps_ = 0;
};

void flatten(const Parts& parts, Program& program) {
  for (const auto& part : parts) {
    Op op;
    op.kind = part.kind;
    op.token = part.token;
    op.item = part.item;
    op.begin = static_cast<std::uint32_t>(program.bytes.size());
    op.size = static_cast<std::uint32_t>(part.text.size());
    program.bytes += part.text;
    if (part.kind == Op::Kind::value) {
      op.numeric = part.binding.form == Form::decimal || part.binding.form == Form::number;
      op.other = static_cast<std::uint32_t>(program.bindings.size());
      program.bindings.push_back(part.binding);
    }
    const auto index = program.ops.size();
    if (part.kind == Op::Kind::loop) {
      op.list = static_cast<std::uint32_t>(program.lists.size());
      program.lists.push_back(part.list);
    }
    program.ops.push_back(op);
    if (part.kind != Op::Kind::loop) continue;
    flatten(part.body, program);
    Op end;
    end.kind = Op::Kind::end;
    end.other = static_cast<std::uint32_t>(index);
    program.ops[index].other = static_cast<std::uint32_t>(program.ops.size());
    program.ops.push_back(end);
  }
}

}  // namespace

std::optional<Program> build(std::string_view frame, std::span<const Item> items,
                             std::span<const Decision> decisions, std::vector<Scope> scopes) {
  if (items.empty() || items.size() != decisions.size()) return std::nullopt;
  Parts parts;
  if (!Builder(frame, items, decisions).run(parts)) return std::nullopt;
  Program program;
  program.scopes = std::move(scopes);
  flatten(parts, program);
  if (!seal(program)) return std::nullopt;
  return program;
}

}  // namespace tape::shape
