#include <tape/base/decimal.h>
#include <tape/base/error.h>
#include <tape/base/varint.h>
#include <tape/event/frame.h>
#include <tape/shape/digits.h>
#include <tape/shape/rebuild.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>

namespace tape::shape {
namespace {

using event::SlotType;

[[noreturn]] void fail(const char* why) {
  throw Error(Fault::format, std::string("the frame cannot be rebuilt: ") + why);
}

capnp::List<capnp::AnyStruct>::Reader structs_at(capnp::AnyPointer::Reader pointer) {
  if (pointer.isNull()) return {};
  return pointer.getAs<capnp::AnyList>().as<capnp::List<capnp::AnyStruct>>();
}

}  // namespace

std::uint64_t load_integer(const kj::ArrayPtr<const kj::byte>& data, const Binding& binding) {
  const auto at = binding.offset;
  const auto mask = binding.mask;
  const auto wide = [](auto value) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  };
  switch (binding.type) {
    case SlotType::boolean: {
      const auto byte = event::load<std::uint8_t>(data, at / 8, 0);
      return ((byte >> (at % 8)) ^ mask) & 1U;
    }
    case SlotType::int8:
      return wide(event::load<std::int8_t>(data, at, mask));
    case SlotType::int16:
      return wide(event::load<std::int16_t>(data, at, mask));
    case SlotType::int32:
      return wide(event::load<std::int32_t>(data, at, mask));
    case SlotType::uint8:
      return event::load<std::uint8_t>(data, at, mask);
    case SlotType::uint16:
    case SlotType::enumeration:
      return event::load<std::uint16_t>(data, at, mask);
    case SlotType::uint32:
      return event::load<std::uint32_t>(data, at, mask);
    default:
      return event::load<std::uint64_t>(data, at, mask);
  }
}

std::size_t most_rebuilt(std::size_t framed) {
  return std::min(event::kMaxFrame, (std::size_t{4} << 10U) + 64 * framed);
}

std::string_view Rebuilder::rebuild(const Program& program, schema::Event::Reader event,
                                    std::size_t framed) {
  const auto raw = event.getRaw();
  if (!raw.isRendered()) fail("it is not rendered");
  const auto stored = raw.getRendered().getResiduals();
  residuals_ = {reinterpret_cast<const char*>(stored.begin()), stored.size()};
  program_ = &program;
  structs_.resize(std::max(structs_.size(), program.scopes.size()));
  for (std::size_t i = 0; i < program.scopes.size(); ++i) structs_[i].valid = false;
  enter(0, capnp::toAny(event));
  loops_.clear();
  index_ = 0;
  residual_ = 0;
  steps_ = 0;
  most_ = most_rebuilt(framed);
  if (buffer_.empty()) buffer_.resize(4096);
  out_ = buffer_.data();
  limit_ = out_ + buffer_.size();
  next_residual();
  run();
  if (residual_ != UINT64_MAX) fail("it has residual values that its shape does not have");
  return {buffer_.data(), static_cast<std::size_t>(out_ - buffer_.data())};
}

void Rebuilder::run() {
  const auto& ops = program_->ops;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (++steps_ > most_) fail("it is longer than an event of its size may be");
    const auto& op = ops[i];
    switch (op.kind) {
      case Op::Kind::literal:
        put_literal(op);
        break;
      case Op::Kind::value:
        if (is_residual()) {
          put(take_residual());
        } else {
          value(program_->bindings[op.other]);
        }
        break;
      case Op::Kind::loop:
        begin_loop(i);
        break;
      case Op::Kind::end:
        next_element(i);
        break;
    }
  }
}

void Rebuilder::value(const Binding& binding) {
  switch (binding.form) {
    case Form::residual:
      fail("a residual value is missing");
    case Form::text: {
      const auto& pointers = at(binding.scope).pointers;
      if (binding.offset >= pointers.size()) return;
      const auto text = pointers[binding.offset].getAs<capnp::Text>();
      put({text.begin(), text.size()});
      return;
    }
    case Form::decimal: {
      const auto& data = at(binding.scope).data;
      const Decimal decimal{event::load<std::int64_t>(data, binding.offset, 0),
                            event::load<std::int8_t>(data, binding.exponent_offset,
                                                     static_cast<std::uint8_t>(Decimal::kAbsent))};
      room(kDecimalSize);
      out_ = write_decimal(decimal, out_);
      return;
    }
    case Form::number: {
      const auto bits = load_integer(at(binding.scope).data, binding);
      room(24);
      const auto number = static_cast<std::int64_t>(bits);
      if (binding.type == SlotType::uint64 || number >= 0) {
        out_ = write_number(divided(bits, static_cast<std::uint64_t>(binding.unit)), out_);
      } else {
        out_ = std::to_chars(out_, out_ + 24, number / binding.unit).ptr;
      }
      return;
    }
    case Form::words: {
      const auto bits = load_integer(at(binding.scope).data, binding);
      for (const auto& word : binding.words) {
        if (word.value != bits) continue;
        put(word.text);
        return;
      }
      fail("a field has a value that its shape has no word for");
    }
  }
}

void Rebuilder::begin_loop(std::size_t& at_op) {
  const auto& op = program_->ops[at_op];
  const auto& list = program_->lists[op.list];
  Loop loop;
  const bool given = is_residual();
  const auto text = given ? take_residual() : std::string_view();
  if (list.bound) {
    const auto& pointers = at(list.scope).pointers;
    if (list.pointer < pointers.size()) loop.list = structs_at(pointers[list.pointer]);
    loop.count = loop.list.size();
    if (loop.count == 0 && list.packed && *list.packed < pointers.size() &&
        !pointers[*list.packed].isNull()) {
      cursor_ = event::PackedCursor(pointers[*list.packed].getAs<schema::PackedLevels>());
      loop.count = cursor_.count();
      loop.packed = true;
    }
  } else {
    if (!given) fail("a residual value is missing");
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), loop.count);
    if (code != std::errc() || end != text.data() + text.size()) fail("a count that is none");
  }
  if (loop.count == 0) {
    at_op = op.other;
    return;
  }
  if (loop.packed && op.pair && levels(at_op, loop.count)) {
    at_op = op.other;
    return;
  }
  if (loop.packed) {
    enter_level(list.element);
  } else if (list.bound) {
    enter(list.element, loop.list[0]);
  }
  if (op.plain && loop.count > 1 && !loop.packed) {
    // All elements of a list are equally far apart.
    loop.stride = loop.list[1].getDataSection().begin() - loop.list[0].getDataSection().begin();
  }
  loops_.push_back(loop);
}

/// What the steps of the loop do, at once: packed levels without residual values. False: one by
/// one.
bool Rebuilder::levels(std::size_t at_op, std::uint64_t count) {
  const Op* const body = program_->ops.data() + at_op + 1;
  const auto element = program_->lists[program_->ops[at_op].list].element;
  const auto offset_of = [&](const Op& op) -> std::optional<std::uint32_t> {
    const auto& binding = program_->bindings[op.other];
    if (binding.form != Form::decimal || binding.scope != element) return std::nullopt;
    return binding.offset;
  };
  if (offset_of(body[1]) != offsetof(event::LevelRow, price_mantissa) ||
      offset_of(body[3]) != offsetof(event::LevelRow, quantity_mantissa) ||
      program_->bindings[body[1].other].exponent_offset !=
          offsetof(event::LevelRow, price_exponent) ||
      program_->bindings[body[3].other].exponent_offset !=
          offsetof(event::LevelRow, quantity_exponent) ||
      residual_ < index_ + 2 * count) {
    return false;
  }
  steps_ += 6 * count;
  index_ += 2 * count;
  if (steps_ > most_) fail("it is longer than an event of its size may be");
  for (bool first = true; cursor_.next(row_); first = false) {
    if (!first) put_literal(program_->ops[at_op]);
    put_literal(body[0]);
    room(2 * kDecimalSize + body[2].size);
    out_ = write_decimal(row_.price(), out_);
    put_literal(body[2]);
    out_ = write_decimal(row_.quantity(), out_);
    put_literal(body[4]);
  }
  return true;
}

void Rebuilder::next_element(std::size_t& at_op) {
  const auto& op = program_->ops[at_op];
  auto& loop = loops_.back();
  if (++loop.index == loop.count) {
    if (loop.packed && cursor_.next(row_)) fail("packed levels are read twice");
    loops_.pop_back();
    return;
  }
  const auto& begin = program_->ops[op.other];
  put_literal(begin);
  const auto& list = program_->lists[begin.list];
  if (loop.packed) {
    (void)cursor_.next(row_);
  } else if (loop.stride != 0) {
    auto& data = structs_[list.element].data;
    data = {data.begin() + loop.stride, data.size()};
  } else if (list.bound) {
    enter(list.element, loop.list[static_cast<capnp::uint>(loop.index)]);
  }
  at_op = op.other;
}

void Rebuilder::enter(std::uint16_t scope, capnp::AnyStruct::Reader value) {
  auto& here = structs_[scope];
  here.valid = false;
  for (std::size_t i = std::size_t{scope} + 1; i < program_->scopes.size(); ++i) {
    if (!structs_[program_->scopes[i].parent].valid) structs_[i].valid = false;
  }
  here.valid = true;
  here.data = value.getDataSection();
  here.pointers = value.getPointerSection();
}

void Rebuilder::enter_level(std::uint16_t scope) {
  (void)cursor_.next(row_);
  enter(scope, capnp::AnyStruct::Reader());
  structs_[scope].data = {reinterpret_cast<const kj::byte*>(&row_), sizeof row_};
}

const Rebuilder::Struct& Rebuilder::find(std::uint16_t scope) {
  auto& here = structs_[scope];
  const auto& about = program_->scopes[scope];
  if (about.kind == Scope::Kind::element) fail("a field of an element outside its loop");
  const auto& parent = at(about.parent);
  capnp::AnyStruct::Reader value;
  if (about.pointer < parent.pointers.size()) {
    const auto pointer = parent.pointers[about.pointer];
    if (about.kind == Scope::Kind::structure) {
      value = pointer.getAs<capnp::AnyStruct>();
    } else {
      const auto list = structs_at(pointer);
      if (list.size() > 0) value = list[0];
    }
  }
  here.data = value.getDataSection();
  here.pointers = value.getPointerSection();
  here.valid = true;
  return here;
}

std::string_view Rebuilder::take_residual() {
  std::uint64_t size = 0;
  if (!take_varint(residuals_, size) || size > residuals_.size())
    fail("its residual values are cut off");
  const auto text = residuals_.substr(0, size);
  residuals_.remove_prefix(size);
  next_residual();
  return text;
}

/// Reads the index of the residual that stands next.
void Rebuilder::next_residual() {
  residual_ = UINT64_MAX;
  if (residuals_.empty()) return;
  std::uint64_t gap = 0;
  if (!take_varint(residuals_, gap) || gap > event::kMaxFrame)
    fail("its residual values are cut off");
  residual_ = index_ + gap;
}

void Rebuilder::put(std::string_view text) {
  room(text.size());
  if (!text.empty()) std::memcpy(out_, text.data(), text.size());
  out_ += text.size();
}

void Rebuilder::put_literal(const Op& op) {
  room(op.size);
  const char* const text = program_->bytes.data() + op.begin;
  static_assert(kTextPadding <= kSlack);
  if (op.size <= kTextPadding) {
    std::memcpy(out_, text, kTextPadding);
  } else {
    std::memcpy(out_, text, op.size);
  }
  out_ += op.size;
}

void Rebuilder::grow(std::size_t size) {
  const auto used = static_cast<std::size_t>(out_ - buffer_.data());
  if (used + size > most_ + kDecimalSize) fail("it is longer than an event of its size may be");
  buffer_.resize(std::max(2 * buffer_.size(), used + size + kSlack));
  out_ = buffer_.data() + used;
  limit_ = buffer_.data() + buffer_.size();
}

}  // namespace tape::shape
