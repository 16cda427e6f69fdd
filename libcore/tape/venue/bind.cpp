#include <tape/venue/binding.h>
#include <tape/venue/bound.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tape::venue {
namespace {

using event::SlotType;
using shape::Decision;
using shape::Item;

constexpr std::uint32_t kNone = UINT32_MAX;

/// Walks the outline of a frame through the table, as the walker walks the frame.
class Resolver {
 public:
  Resolver(const Program& table, const Lesson& lesson)
      : table_(table),
        lesson_(lesson),
        decisions_(lesson.items.size()),
        nodes_(lesson.items.size(), kNone) {}

  std::unique_ptr<Bound> run() {
    for (const auto item : lesson_.varying) decisions_[item].varies = true;
    const auto base = base_item();
    if (base == kNone || !value(base, 0)) return nullptr;
    mark_consulted();
    list_open();
    auto program = shape::build(lesson_.frame, lesson_.items, decisions_, scopes());
    if (!program) return nullptr;
    bound_->program = std::move(*program);
    bound_->table = &table_;
    make_steps(base);
    return unambiguous() ? std::move(bound_) : nullptr;
  }

 private:
  [[nodiscard]] const Item& item(std::uint32_t index) const { return lesson_.items[index]; }

  [[nodiscard]] std::uint32_t base_item() const {
    if (lesson_.base.empty()) return 0;
    for (std::uint32_t i = 1; i < item(0).next; i = item(i).next) {
      if (item(i).key(lesson_.frame) == lesson_.base) return i;
    }
    return kNone;
  }

  [[nodiscard]] bool is_consulted(const Item& item) const {
    const auto text = item.text(lesson_.frame);
    return std::any_of(lesson_.consulted.begin(), lesson_.consulted.end(),
                       [&](std::string_view known) { return known.data() == text.data(); });
  }

  void mark_consulted() {
    for (std::size_t i = 0; i < decisions_.size(); ++i) {
      const auto kind = lesson_.items[i].kind;
      if (kind != Item::Kind::object && kind != Item::Kind::array && is_consulted(lesson_.items[i]))
        decisions_[i].kind = Decision::Kind::literal;
    }
  }

  void list_open() {
    for (std::uint32_t i = 0; i < decisions_.size(); ++i) {
      const auto kind = item(i).kind;
      if (kind == Item::Kind::array) {
        i = item(i).next - 1;
      } else if (kind != Item::Kind::object && kind != Item::Kind::null &&
                 decisions_[i].kind == Decision::Kind::open) {
        bound_->open.push_back(i);
      }
    }
  }

  [[nodiscard]] std::vector<shape::Scope> scopes() const {
    std::vector<shape::Scope> scopes;
    for (const auto& scope : table_.scopes) {
      using Kind = shape::Scope::Kind;
      const auto kind = scope.kind == Scope::Kind::list_of_one ? Kind::first
                        : scope.kind == Scope::Kind::element   ? Kind::element
                                                               : Kind::structure;
      scopes.push_back({kind, scope.parent, scope.pointer});
    }
    return scopes;
  }

  static Token::Kind token_of(const Item& item, std::string_view text) {
    if (item.kind == Item::Kind::string) return Token::Kind::string;
    if (item.kind == Item::Kind::number) return Token::Kind::number;
    return text == "true" ? Token::Kind::truth : Token::Kind::falsehood;
  }

  bool value(std::uint32_t index, std::uint16_t node_index) {
    const auto& node = table_.nodes[node_index];
    const auto kind = item(index).kind;
    if (kind != Item::Kind::object && kind != Item::Kind::array) return scalar(index, node_index);
    for (const auto& leaf : node.leaves) {
      if (leaf.form == Form::present && !constant(leaf, Token::Kind::truth, "")) return false;
    }
    if (node.ignored) return true;
    if (kind == Item::Kind::object && !node.map && !node.members.empty())
      return object(index, node);
    if (kind == Item::Kind::array && !node.map && node.list) return list(index, node);
    if (kind == Item::Kind::array && !node.map && !node.positions.empty())
      return tuple(index, node);
    return false;
  }

  bool scalar(std::uint32_t index, std::uint16_t node_index) {
    const auto& node = table_.nodes[node_index];
    const auto& here = item(index);
    if (node.ignored || here.kind == Item::Kind::null) return true;
    const auto text = here.text(lesson_.frame);
    if (is_consulted(here)) {
      for (const auto& leaf : node.leaves) {
        if (!constant(leaf, token_of(here, text), text)) return false;
      }
      return !node.leaves.empty();
    }
    auto& decision = decisions_[index];
    bool stored = false;
    for (const auto& leaf : node.leaves) {
      if (leaf.form == Form::present) {
        if (!constant(leaf, Token::Kind::truth, "")) return false;
        continue;
      }
      stored = true;
      if (decision.binding.form == shape::Form::residual)
        decision.binding = binding_of(leaf, here, text);
    }
    if (!stored) return !node.leaves.empty();
    decision.kind = Decision::Kind::value;
    nodes_[index] = node_index;
    return true;
  }

  bool constant(const Leaf& leaf, Token::Kind kind, std::string_view text) {
    if (depth_ > 0) return false;
    bound_->constants.push_back({leaf, kind, std::string(text)});
    return true;
  }

  bool object(std::uint32_t index, const Node& node) {
    for (auto child = index + 1; child < item(index).next; child = item(child).next) {
      const auto key = item(child).key(lesson_.frame);
      const auto found =
          std::find_if(node.members.begin(), node.members.end(),
                       [&](const Node::Member& member) { return member.key == key; });
      if (found == node.members.end()) {
        ++*unknown_;
      } else if (!value(child, found->node)) {
        return false;
      }
    }
    return true;
  }

  bool tuple(std::uint32_t index, const Node& node) {
    std::size_t place = 0;
    for (auto child = index + 1; child < item(index).next; child = item(child).next, ++place) {
      for (const auto& position : node.positions) {
        if (position.index == place && !value(child, position.node)) return false;
      }
    }
    return true;
  }

  bool list(std::uint32_t index, const Node& node) {
    const auto& target = *node.list;
    if (target.text_list) return false;
    if (index + 1 == item(index).next) {
      if (depth_ > 0) return false;
      bound_->empty_lists.push_back(target);
      return true;
    }
    decisions_[index].list = {true, target.scope, target.pointer, target.element, target.packed};
    lists_[index] = target;
    ++depth_;
    auto* const outside = unknown_;
    for (auto child = index + 1; child < item(index).next; child = item(child).next) {
      std::uint32_t unknown = 0;
      unknown_ = &unknown;
      const bool bound = value(child, *node.each);
      unknown_ = outside;
      if (!bound) return false;
      list_unknown_[index] = unknown;  // elements are alike
    }
    --depth_;
    return true;
  }

  void make_steps(std::uint32_t base) {
    std::map<std::uint32_t, std::uint32_t> places;  // of loops, by op
    const auto& ops = bound_->program.ops;
    auto& steps = bound_->steps;
    for (std::uint32_t i = 0; i < ops.size(); ++i) {
      const auto& op = ops[i];
      if (op.kind == shape::Op::Kind::literal) continue;
      Step step;
      step.kind = op.kind;
      step.other = op.other;
      if (op.kind == shape::Op::Kind::value) {
        value_step(op, step);
      } else if (op.kind == shape::Op::Kind::loop) {
        places[i] = static_cast<std::uint32_t>(steps.size());
        step.counted = op.item == base;
        const auto found = lists_.find(op.item);
        step.listed = found != lists_.end();
        if (step.listed) {
          step.list = found->second;
          step.unknown = list_unknown_[op.item];
        }
      } else {
        step.other = places[op.other];
        steps[step.other].other = static_cast<std::uint32_t>(steps.size());
        steps[step.other].decimals = are_decimals(step.other);
        steps[step.other].levels = steps[step.other].decimals && are_levels(step.other);
      }
      steps.push_back(step);
    }
  }

  /// Whether the elements of the loop that began with this step have no pointers and all their
  /// values become one decimal of them.
  [[nodiscard]] bool are_decimals(std::size_t loop) const {
    const auto& steps = bound_->steps;
    if (!steps[loop].listed || table_.scopes[steps[loop].list.element].pointers != 0) return false;
    return std::all_of(
        steps.begin() + static_cast<std::ptrdiff_t>(loop) + 1, steps.end(), [&](const Step& step) {
          if (step.kind != shape::Op::Kind::value || step.count != 1) return false;
          const auto& leaf = bound_->leaves[step.leaves];
          return leaf.form == Form::decimal && leaf.scope == steps[loop].list.element &&
                 bound_->program.bindings[step.other].form == shape::Form::decimal;
        });
  }

  /// Whether these decimals are the price and the quantity of levels that may be packed.
  [[nodiscard]] bool are_levels(std::size_t loop) const {
    const auto& steps = bound_->steps;
    if (!steps[loop].list.packed || steps.size() != loop + 3) return false;
    const auto name = [&](std::size_t step) -> const std::string& {
      return bound_->leaves[steps[step].leaves].slot.name;
    };
    return name(loop + 1) == "price" && name(loop + 2) == "quantity";
  }

  void value_step(const shape::Op& op, Step& step) {
    const auto& here = item(op.item);
    step.token = here.kind == Item::Kind::string   ? Token::Kind::string
                 : here.kind == Item::Kind::number ? Token::Kind::number
                                                   : Token::Kind::truth;
    step.leaves = static_cast<std::uint32_t>(bound_->leaves.size());
    if (nodes_[op.item] == kNone) return;
    for (const auto& leaf : table_.nodes[nodes_[op.item]].leaves) {
      if (leaf.form == Form::present) continue;
      bound_->leaves.push_back(leaf);
      ++step.count;
    }
  }

  /// Whether every field and list is filled from one place only: what is written twice cannot be
  /// read back.
  [[nodiscard]] bool unambiguous() const {
    std::set<std::tuple<std::uint16_t, int, std::uint32_t>> fields;
    bool once = true;
    const auto add = [&](const Leaf& leaf) {
      const auto& slot = leaf.slot;
      // Pointers and bits are counted by themselves.
      const int section = slot.type == SlotType::text ? 0 : slot.type == SlotType::boolean ? 1 : 2;
      once = fields.insert({leaf.scope, section, slot.offset}).second && once;
    };
    for (const auto& leaf : bound_->leaves) add(leaf);
    for (const auto& constant : bound_->constants) add(constant.leaf);
    for (const auto& fixed : table_.constants) add(fixed.leaf);
    std::set<std::pair<std::uint16_t, std::uint16_t>> places;
    for (std::size_t i = 1; i < table_.scopes.size(); ++i) {
      once = places.insert({table_.scopes[i].parent, table_.scopes[i].pointer}).second && once;
    }
    std::set<std::pair<std::uint16_t, std::uint16_t>> lists;
    for (const auto& step : bound_->steps) {
      if (step.kind == shape::Op::Kind::loop && step.listed)
        once = lists.insert({step.list.scope, step.list.pointer}).second && once;
    }
    for (const auto& list : bound_->empty_lists)
      once = lists.insert({list.scope, list.pointer}).second && once;
    return once;
  }

  const Program& table_;
  const Lesson& lesson_;
  std::unique_ptr<Bound> bound_ = std::make_unique<Bound>();
  std::vector<Decision> decisions_;
  std::vector<std::uint32_t> nodes_;  // of the items that fill fields
  std::map<std::uint32_t, ListTarget> lists_;
  std::map<std::uint32_t, std::uint32_t> list_unknown_;
  std::uint32_t* unknown_ = &bound_->unknown;
  std::size_t depth_ = 0;  // of loops
};

}  // namespace

std::unique_ptr<Bound> bind(const Program& table, const Lesson& lesson) {
  if (lesson.items.empty()) return nullptr;
  return Resolver(table, lesson).run();
}

}  // namespace tape::venue
