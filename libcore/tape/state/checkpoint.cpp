#include <tape/base/error.h>
#include <tape/state/checkpoint.h>

#include <capnp/any.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace tape::state {
namespace {

// What a hostile tape can make a reader hold: more than a million levels of a side of every book
// of a venue.
constexpr std::uint64_t kMaxRunWords = std::uint64_t{1} << 27U;

using Struct = capnp::AnyStruct::Reader;
using StructBuilder = capnp::AnyStruct::Builder;
using Items = capnp::List<capnp::AnyStruct>::Reader;

// A run is made and read without a word about what the State holds: it divides lists of structs,
// wherever they are, so that a State may grow by lists.
std::optional<Items> items_of(capnp::AnyPointer::Reader pointer) {
  if (!pointer.isList()) return std::nullopt;
  const auto list = pointer.getAs<capnp::AnyList>();
  if (list.getElementSize() != capnp::ElementSize::INLINE_COMPOSITE) return std::nullopt;
  return list.as<capnp::List<capnp::AnyStruct>>();
}

std::uint16_t data_words(Struct from) {
  return static_cast<std::uint16_t>(from.getDataSection().size() / sizeof(capnp::word));
}
std::uint16_t pointers(Struct from) {
  return static_cast<std::uint16_t>(from.getPointerSection().size());
}

void copy_data(Struct from, StructBuilder to) {
  const auto source = from.getDataSection();
  auto target = to.getDataSection();
  std::memcpy(target.begin(), source.begin(), std::min(source.size(), target.size()));
}

void copy_whole(Struct from, StructBuilder to) {
  copy_data(from, to);
  const auto source = from.getPointerSection();
  auto target = to.getPointerSection();
  for (unsigned i = 0; i < std::min(source.size(), target.size()); ++i) target[i].set(source[i]);
}

capnp::List<capnp::AnyStruct>::Builder init_like(capnp::AnyPointer::Builder to, Items items,
                                                 unsigned size) {
  return items.size() == 0
             ? to.initAsListOfAnyStruct(0, 0, size)
             : to.initAsListOfAnyStruct(data_words(items[0]), pointers(items[0]), size);
}

/// Items of the lists of one entry, those in its structs included.
std::uint64_t count_items(Struct entry) {
  std::uint64_t count = 0;
  for (const auto pointer : entry.getPointerSection()) {
    if (const auto items = items_of(pointer)) {
      count += items->size();
    } else if (pointer.isStruct()) {
      count += count_items(pointer.getAs<capnp::AnyStruct>());
    }
  }
  return count;
}

struct Slice {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t counted = 0;

  /// The first piece of an entry has all that is in no list.
  [[nodiscard]] bool first() const { return from == 0; }
};

/// The items in the slice, counted through as count_items() does.
void copy_slice(Struct from, StructBuilder to, Slice& slice) {
  if (slice.first()) copy_data(from, to);
  const auto source = from.getPointerSection();
  auto target = to.getPointerSection();
  for (unsigned i = 0; i < std::min(source.size(), target.size()); ++i) {
    if (const auto items = items_of(source[i])) {
      const std::uint64_t size = items->size();
      const auto begin = std::clamp(slice.from, slice.counted, slice.counted + size);
      const auto end = std::clamp(slice.to, slice.counted, slice.counted + size);
      if (begin < end || slice.first()) {
        auto out = init_like(target[i], *items, static_cast<unsigned>(end - begin));
        const auto offset = static_cast<unsigned>(begin - slice.counted);
        for (unsigned k = 0; k < out.size(); ++k) copy_whole((*items)[offset + k], out[k]);
      }
      slice.counted += size;
    } else if (source[i].isStruct()) {
      const auto inner = source[i].getAs<capnp::AnyStruct>();
      copy_slice(inner, target[i].initAsAnyStruct(data_words(inner), pointers(inner)), slice);
    } else if (slice.first()) {
      target[i].set(source[i]);
    }
  }
}

/// What copy_slice() took apart.
void join(const std::vector<Struct>& pieces, StructBuilder to) {
  copy_data(pieces.front(), to);
  auto target = to.getPointerSection();
  for (unsigned i = 0; i < target.size(); ++i) {
    std::vector<Items> lists;
    std::vector<Struct> structs;
    unsigned size = 0;
    for (const Struct& piece : pieces) {
      const auto source = piece.getPointerSection();
      if (i >= source.size()) continue;
      if (const auto items = items_of(source[i])) {
        if (lists.empty() || items->size() != 0) lists.push_back(*items);
        size += items->size();
      } else if (source[i].isStruct()) {
        structs.push_back(source[i].getAs<capnp::AnyStruct>());
      }
    }
    if (!lists.empty()) {
      auto out = init_like(target[i], lists.back(), size);
      unsigned at = 0;
      for (const Items& items : lists) {
        for (const Struct item : items) copy_whole(item, out[at++]);
      }
    } else if (!structs.empty()) {
      join(structs,
           target[i].initAsAnyStruct(data_words(structs.front()), pointers(structs.front())));
    } else if (i < pieces.front().getPointerSection().size()) {
      target[i].set(pieces.front().getPointerSection()[i]);
    }
  }
}

Sha256Sum sum_of(Struct whole) {
  const auto canonical = whole.canonicalize();
  const auto bytes = canonical.asBytes();
  return sha256({bytes.begin(), bytes.size()});
}

}  // namespace

Sha256Sum digest(const State& state) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  state.write(root);
  return sum_of(capnp::toAny(root.asReader()));
}

CheckpointRun::CheckpointRun(const State& state, std::size_t part_bytes, LevelForm levels)
    : whole_(std::make_unique<capnp::MallocMessageBuilder>()) {
  auto root = whole_->initRoot<schema::State>();
  Scope scope;
  scope.levels = levels;
  state.write(root, scope);
  root_ = root.asReader();
  sum_ = sum_of(capnp::toAny(root_));
  plan(part_bytes);
}

CheckpointRun::~CheckpointRun() = default;

void CheckpointRun::plan(std::size_t part_bytes) {
  const Struct whole = capnp::toAny(root_);
  const auto lists = whole.getPointerSection();
  std::size_t used = 0;
  parts_.emplace_back();
  for (unsigned list = 0; list < lists.size(); ++list) {
    const auto items = items_of(lists[list]);
    if (!items) continue;
    // An empty list is told from none.
    parts_.back().spans.push_back({list, 0, 0});
    for (unsigned i = 0; i < items->size(); ++i) {
      const auto bytes = static_cast<std::size_t>((*items)[i].totalSize().wordCount) * 8;
      if (used != 0 && used + bytes > part_bytes) {
        parts_.emplace_back();
        parts_.back().spans.push_back({list, i, i});
        used = 0;
      }
      used += bytes;
      ++parts_.back().spans.back().end;
      const auto inner = bytes > part_bytes ? count_items((*items)[i]) : 0;
      if (inner < 2) continue;
      divide({list, i, i + 1}, inner,
             std::max<std::uint64_t>(1, inner * part_bytes / std::max<std::size_t>(1, bytes)));
      used = part_bytes;  // nothing goes behind a piece
    }
  }
}

/// The part under construction ends in the entry: it keeps the first items, the rest follows.
void CheckpointRun::divide(const Span& entry, std::uint64_t items, std::uint64_t items_a_part) {
  if (parts_.back().spans.back().end - parts_.back().spans.back().begin > 1 ||
      parts_.back().spans.size() > 1) {
    --parts_.back().spans.back().end;
    parts_.emplace_back();
    parts_.back().spans.push_back(entry);
  }
  parts_.back().to_item = items_a_part;
  for (auto from = items_a_part; from < items; from += items_a_part) {
    Part part;
    part.spans.push_back(entry);
    part.continues = true;
    part.from_item = from;
    part.to_item = from + items_a_part;
    parts_.push_back(std::move(part));
  }
}

void CheckpointRun::fill(std::size_t index, schema::Event::Builder event) const {
  event.setReceivedAt(root_.getStateAt());
  event.setDirection(schema::Direction::LOCAL);
  event.setTransport(schema::Transport::NONE);
  event.setSynthetic(true);
  auto checkpoint = event.getBody().initCheckpoint();
  if (index == 0) {
    checkpoint.getState().setBegin();
  } else if (index <= parts_.size()) {
    checkpoint.setContinues(parts_[index - 1].continues);
    fill_part(parts_[index - 1], checkpoint.getState().initPart());
  } else {
    auto end = checkpoint.getState().initEnd();
    end.setParts(parts_.size());
    end.setSha256(capnp::Data::Reader(sum_.data(), sum_.size()));
  }
}

void CheckpointRun::fill_part(const Part& part, schema::State::Builder out) const {
  const Struct whole = capnp::toAny(root_);
  StructBuilder target = capnp::toAny(out);
  if (!part.continues) copy_data(whole, target);
  for (const Span& span : part.spans) {
    const auto items = *items_of(whole.getPointerSection()[span.list]);
    auto list = init_like(target.getPointerSection()[span.list], items, span.end - span.begin);
    for (unsigned i = 0; i < list.size(); ++i) {
      if (part.from_item == 0 && part.to_item == UINT64_MAX) {
        copy_whole(items[span.begin + i], list[i]);
      } else {
        Slice slice{part.from_item, part.to_item, 0};
        copy_slice(items[span.begin + i], list[i], slice);
      }
    }
  }
}

CheckpointReader::CheckpointReader() = default;
CheckpointReader::~CheckpointReader() = default;

CheckpointReader::Step CheckpointReader::give_up() {
  inside_ = false;
  parts_.clear();
  words_ = 0;
  return Step::broken;
}

CheckpointReader::Step CheckpointReader::take(schema::Event::Reader event) {
  try {
    const auto body = event.getBody();
    if (body.isCheckpoint()) return take(body.getCheckpoint());
    return inside_ ? give_up() : Step::outside;
  } catch (const kj::Exception&) {
  } catch (const Error&) {
  }
  return give_up();
}

CheckpointReader::Step CheckpointReader::take(schema::Checkpoint::Reader checkpoint) {
  const auto state = checkpoint.getState();
  if (state.isBegin()) {
    const bool cut = inside_;
    (void)give_up();
    inside_ = true;
    return cut ? Step::broken : Step::inside;
  }
  if (!inside_) return Step::broken;
  if (state.isEnd()) return finish(state.getEnd());
  const auto part = state.getPart();
  words_ += part.totalSize().wordCount;
  if (words_ > kMaxRunWords) return give_up();
  auto message = std::make_unique<capnp::MallocMessageBuilder>(
      static_cast<unsigned>(part.totalSize().wordCount) + 8);
  message->setRoot(part);
  parts_.push_back({std::move(message), checkpoint.getContinues()});
  return Step::inside;
}

CheckpointReader::Step CheckpointReader::finish(schema::CheckpointEnd::Reader end) {
  if (end.getParts() != parts_.size() || parts_.empty() || parts_.front().continues) {
    return give_up();
  }
  std::vector<Struct> roots;
  unsigned lists = 0;
  for (const Part& part : parts_) {
    roots.emplace_back(capnp::toAny(part.message->getRoot<schema::State>().asReader()));
    lists = std::max<unsigned>(lists, pointers(roots.back()));
  }
  // Of every list its entries, of every entry its pieces.
  std::vector<std::vector<std::vector<Struct>>> entries(lists);
  std::vector<bool> there(lists);
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    const auto pointers = roots[p].getPointerSection();
    for (unsigned list = 0; list < pointers.size(); ++list) {
      const auto items = items_of(pointers[list]);
      if (!items) continue;
      there[list] = true;
      for (const Struct item : *items) {
        if (!parts_[p].continues) {
          entries[list].push_back({item});
        } else if (!entries[list].empty()) {
          entries[list].back().push_back(item);
        } else {
          return give_up();
        }
      }
    }
  }
  capnp::MallocMessageBuilder whole(static_cast<unsigned>(words_) + 64);
  auto root = whole.getRoot<capnp::AnyPointer>().initAsAnyStruct(data_words(roots.front()),
                                                                 static_cast<std::uint16_t>(lists));
  copy_data(roots.front(), root);
  for (unsigned list = 0; list < lists; ++list) {
    if (!there[list]) continue;
    auto pointer = root.getPointerSection()[list];
    const auto size = static_cast<unsigned>(entries[list].size());
    auto out = size == 0 ? pointer.initAsListOfAnyStruct(0, 0, 0)
                         : pointer.initAsListOfAnyStruct(data_words(entries[list][0][0]),
                                                         pointers(entries[list][0][0]), size);
    for (unsigned i = 0; i < size; ++i) join(entries[list][i], out[i]);
  }
  const auto sum = end.getSha256();
  const auto found = sum_of(root.asReader());
  if (sum.size() != found.size() || !std::equal(found.begin(), found.end(), sum.begin())) {
    return give_up();
  }
  auto state = std::make_unique<State>();
  state->read(root.asReader().as<schema::State>());
  (void)give_up();
  state_ = std::move(state);
  return Step::whole;
}

}  // namespace tape::state
