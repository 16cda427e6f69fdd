#include <tape/base/digest.h>
#include <tape/base/error.h>
#include <tape/base/varint.h>
#include <tape/shape/shape.h>

#include <algorithm>
#include <cstring>

namespace tape::shape {
namespace {

using event::SlotType;

constexpr std::uint64_t kVersion = 1;
// Codes behind those of Form.
constexpr std::uint64_t kLiteral = 8;
constexpr std::uint64_t kLoop = 9;
constexpr std::uint64_t kEnd = 10;
constexpr std::size_t kMaxWords = 64;

/// Integer types by their code in the stored form.
constexpr SlotType kTypes[] = {SlotType::boolean, SlotType::int8,   SlotType::int16,
                               SlotType::int32,   SlotType::int64,  SlotType::uint8,
                               SlotType::uint16,  SlotType::uint32, SlotType::uint64};

/// Moments are Int64, enumerations UInt16.
std::uint64_t code_of(SlotType type) {
  if (type == SlotType::moment) type = SlotType::int64;
  if (type == SlotType::enumeration) type = SlotType::uint16;
  return static_cast<std::uint64_t>(std::find(std::begin(kTypes), std::end(kTypes), type) -
                                    std::begin(kTypes));
}

void put_text(std::string_view text, std::string& out) {
  put_varint(text.size(), out);
  out += text;
}

void put_binding(const Binding& binding, std::string& out) {
  put_varint(static_cast<std::uint64_t>(binding.form), out);
  if (binding.form == Form::residual) return;
  put_varint(binding.scope, out);
  if (binding.form == Form::number || binding.form == Form::words)
    put_varint(code_of(binding.type), out);
  put_varint(binding.offset, out);
  switch (binding.form) {
    case Form::decimal:
      put_varint(binding.exponent_offset, out);
      break;
    case Form::number:
      put_varint(binding.mask, out);
      put_varint(static_cast<std::uint64_t>(binding.unit), out);
      break;
    case Form::words:
      put_varint(binding.mask, out);
      put_varint(binding.words.size(), out);
      for (const auto& word : binding.words) {
        put_varint(word.value, out);
        put_text(word.text, out);
      }
      break;
    default:
      break;
  }
}

class Parser {
 public:
  explicit Parser(Bytes stored) : in_(as_text(stored)) {
    program_.stored.assign(in_);
    program_.hash = hash_of(stored);
  }

  Program run() {
    if (in_.size() > kMaxStored) fail("too long");
    if (number(UINT64_MAX) != kVersion) fail("of a version this program does not know");
    scopes();
    while (!in_.empty()) op();
    if (!open_.empty()) fail("a loop without an end");
    prepare(program_);
    return std::move(program_);
  }

 private:
  [[noreturn]] static void fail(const char* why) {
    throw Error(Fault::format, std::string("a stored shape is damaged: ") + why);
  }

  std::uint64_t number(std::uint64_t most) {
    std::uint64_t value = 0;
    if (!take_varint(in_, value)) fail("cut off");
    if (value > most) fail("a number is out of range");
    return value;
  }
  std::string_view text() {
    const auto size = number(in_.size());
    if (size > in_.size()) fail("cut off");
    const auto result = in_.substr(0, size);
    in_.remove_prefix(size);
    return result;
  }
  std::uint16_t scope() {
    const auto index = static_cast<std::uint16_t>(number(program_.scopes.size() - 1));
    // Elements exist inside their loop only.
    if (!reachable(index)) fail("a field of an element outside its loop");
    return index;
  }
  [[nodiscard]] bool reachable(std::uint16_t index) const {
    for (; index != 0; index = program_.scopes[index].parent) {
      if (program_.scopes[index].kind == Scope::Kind::element &&
          std::find(elements_.begin(), elements_.end(), index) == elements_.end())
        return false;
    }
    return true;
  }

  void scopes() {
    program_.scopes.emplace_back();
    const auto count = number(kMaxScopes - 1);
    for (std::uint64_t i = 0; i < count; ++i) {
      Scope scope;
      scope.kind = static_cast<Scope::Kind>(number(2));
      scope.parent = static_cast<std::uint16_t>(number(program_.scopes.size() - 1));
      scope.pointer = static_cast<std::uint16_t>(number(UINT16_MAX));
      program_.scopes.push_back(scope);
    }
  }

  void op() {
    if (program_.ops.size() >= kMaxOps) fail("too many steps");
    Op op;
    const auto code = number(kEnd);
    if (code == kLiteral) {
      literal(op, text());
    } else if (code == kLoop) {
      loop(op);
    } else if (code == kEnd) {
      end(op);
    } else if (code <= static_cast<std::uint64_t>(Form::words)) {
      op.kind = Op::Kind::value;
      op.other = static_cast<std::uint32_t>(program_.bindings.size());
      program_.bindings.push_back(binding(static_cast<Form>(code)));
    } else {
      fail("an unknown step");
    }
    program_.ops.push_back(op);
  }

  void literal(Op& op, std::string_view bytes) {
    op.begin = static_cast<std::uint32_t>(program_.bytes.size());
    op.size = static_cast<std::uint32_t>(bytes.size());
    program_.bytes += bytes;
  }

  void loop(Op& op) {
    if (open_.size() >= kMaxNesting) fail("loops nested too deep");
    op.kind = Op::Kind::loop;
    List list;
    const auto bound = number(2);
    list.bound = bound != 0;
    if (list.bound) {
      list.scope = scope();
      list.pointer = static_cast<std::uint16_t>(number(UINT16_MAX));
      list.element = static_cast<std::uint16_t>(number(program_.scopes.size() - 1));
      const auto& element = program_.scopes[list.element];
      if (list.element == 0 || element.kind != Scope::Kind::element ||
          element.parent != list.scope || element.pointer != list.pointer)
        fail("a loop over what is no list of it");
      if (bound == 2) list.packed = static_cast<std::uint16_t>(number(UINT16_MAX));
      elements_.push_back(list.element);
    }
    literal(op, text());
    op.list = static_cast<std::uint32_t>(program_.lists.size());
    program_.lists.push_back(list);
    open_.push_back(static_cast<std::uint32_t>(program_.ops.size()));
  }

  void end(Op& op) {
    if (open_.empty()) fail("an end without a loop");
    op.kind = Op::Kind::end;
    op.other = open_.back();
    open_.pop_back();
    auto& loop = program_.ops[op.other];
    loop.other = static_cast<std::uint32_t>(program_.ops.size());
    if (program_.lists[loop.list].bound) elements_.pop_back();
    const auto begin = program_.ops.begin() + static_cast<std::ptrdiff_t>(op.other) + 1;
    if (std::all_of(begin, program_.ops.end(),
                    [](const Op& inner) { return inner.kind == Op::Kind::literal; }))
      fail("a loop without a value");
  }

  Binding binding(Form form) {
    Binding binding;
    binding.form = form;
    if (form == Form::residual) return binding;
    binding.scope = scope();
    if (form == Form::number || form == Form::words)
      binding.type = kTypes[number(std::size(kTypes) - 1)];
    binding.offset = static_cast<std::uint32_t>(number(1U << 20U));
    if (form == Form::decimal)
      binding.exponent_offset = static_cast<std::uint32_t>(number(1U << 20U));
    if (form == Form::number || form == Form::words) binding.mask = number(UINT64_MAX);
    if (form == Form::number) {
      binding.unit = static_cast<std::int64_t>(number(INT64_MAX));
      if (binding.unit == 0) fail("a unit of 0");
    }
    if (form == Form::words) {
      const auto count = number(kMaxWords);
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto value = number(UINT64_MAX);
        binding.words.push_back({value, std::string(text())});
      }
    }
    return binding;
  }

  std::string_view in_;
  Program program_;
  std::vector<std::uint32_t> open_;      // loops
  std::vector<std::uint16_t> elements_;  // scopes of the bound ones among them
};

}  // namespace

std::uint64_t hash_of(Bytes stored) {
  Xxh64 digest;
  digest.update(stored);
  return digest.value();
}

/// Whether the elements of the loop are two values between literals.
bool is_pair(const Program& program, std::size_t loop) {
  constexpr Op::Kind kBody[] = {Op::Kind::literal, Op::Kind::value, Op::Kind::literal,
                                Op::Kind::value, Op::Kind::literal};
  if (program.ops[loop].other != loop + std::size(kBody) + 1) return false;
  return std::equal(std::begin(kBody), std::end(kBody),
                    program.ops.begin() + static_cast<std::ptrdiff_t>(loop) + 1,
                    [](Op::Kind kind, const Op& op) { return op.kind == kind; });
}

void prepare(Program& program) {
  program.bytes.append(kTextPadding, '\0');
  for (std::size_t at = 0; at < program.ops.size(); ++at) {
    auto& op = program.ops[at];
    const auto size = std::min<std::size_t>(op.size, 8);
    std::memcpy(&op.head, program.bytes.data() + op.begin, size);
    std::memset(&op.head_mask, 0xFF, size);
    if (op.kind != Op::Kind::loop) continue;
    op.pair = is_pair(program, at);
    if (!program.lists[op.list].bound) continue;
    const auto element = program.lists[op.list].element;
    op.plain = true;
    for (auto i = at + 1; i < op.other; ++i) {
      const auto& inner = program.ops[i];
      if (inner.kind == Op::Kind::loop) op.plain = false;
      if (inner.kind != Op::Kind::value) continue;
      const auto& binding = program.bindings[inner.other];
      const bool here = binding.scope == element && binding.form != Form::text;
      if (binding.form != Form::residual && !here) op.plain = false;
    }
  }
}

bool seal(Program& program) {
  prepare(program);
  auto& out = program.stored;
  out.clear();
  put_varint(kVersion, out);
  put_varint(program.scopes.size() - 1, out);
  for (std::size_t i = 1; i < program.scopes.size(); ++i) {
    put_varint(static_cast<std::uint64_t>(program.scopes[i].kind), out);
    put_varint(program.scopes[i].parent, out);
    put_varint(program.scopes[i].pointer, out);
  }
  std::size_t depth = 0;
  for (const auto& op : program.ops) {
    switch (op.kind) {
      case Op::Kind::literal:
        put_varint(kLiteral, out);
        put_text(program.text(op), out);
        break;
      case Op::Kind::value:
        put_binding(program.bindings[op.other], out);
        break;
      case Op::Kind::loop: {
        if (++depth > kMaxNesting) return false;
        const auto& list = program.lists[op.list];
        put_varint(kLoop, out);
        put_varint(!list.bound ? 0 : list.packed ? 2 : 1, out);
        if (list.bound) {
          put_varint(list.scope, out);
          put_varint(list.pointer, out);
          put_varint(list.element, out);
          if (list.packed) put_varint(*list.packed, out);
        }
        put_text(program.text(op), out);
        break;
      }
      case Op::Kind::end:
        --depth;
        put_varint(kEnd, out);
        break;
    }
  }
  program.hash = hash_of(as_bytes(out));
  return out.size() <= kMaxStored && program.ops.size() <= kMaxOps &&
         program.scopes.size() <= kMaxScopes;
}

Program parse(Bytes stored) { return Parser(stored).run(); }

}  // namespace tape::shape
