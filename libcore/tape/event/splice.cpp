// The layout of messages and pointers: https://capnproto.org/encoding.html
#include <tape/event/levels.h>
#include <tape/event/slot.h>
#include <tape/event/splice.h>

#include <capnp/schema.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace tape::event {
namespace {

static_assert(std::endian::native == std::endian::little, "messages are read in place");

using Words = std::span<const std::uint64_t>;

constexpr std::size_t kTable = 1;  // words before the only segment
constexpr std::uint64_t kMaxOffset = (std::uint64_t{1} << 29U) - 1;
constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kListPointer = 1;
constexpr std::uint64_t kOfBytes = 2;
constexpr std::uint64_t kOfStructs = 7;
constexpr std::size_t kLevelWords = sizeof(LevelRow) / kWord;

/// Where the fields stand that are looked at.
struct Places {
  std::uint32_t raw = 0;       // pointer
  std::uint32_t raw_tag = 0;   // in units of 16 bits
  std::uint32_t body = 0;      // pointer
  std::uint32_t body_tag = 0;  // in units of 16 bits
  std::uint32_t levels = 0;    // pointer; the others in bytes
  std::uint32_t count = 0;
  std::uint32_t price_exponent = 0;
  std::uint32_t quantity_exponent = 0;

  Places() {
    const auto group = [](const char* name) {
      return capnp::Schema::from<schema::Event>().getFieldByName(name).getType().asStruct();
    };
    raw = layout_of(group("raw")).find("text").offset;
    raw_tag = group("raw").getProto().getStruct().getDiscriminantOffset();
    body = layout_of(group("body")).find("opaque").offset;
    body_tag = group("body").getProto().getStruct().getDiscriminantOffset();
    const auto packed = layout_of(capnp::Schema::from<schema::PackedLevels>());
    levels = packed.find("levels").offset;
    count = packed.find("count").offset;
    price_exponent = packed.find("priceExponent").offset;
    quantity_exponent = packed.find("quantityExponent").offset;
  }
};

const Places& places() {
  static const Places kPlaces;
  return kPlaces;
}

/// What a pointer leads to in the same segment.
struct StructAt {
  std::size_t begin = 0;     // word of the segment
  std::size_t data = 0;      // words
  std::size_t pointers = 0;  // words
  [[nodiscard]] std::size_t end() const { return begin + data + pointers; }
  [[nodiscard]] std::size_t pointer(std::size_t index) const { return begin + data + index; }
};
struct BytesAt {
  std::size_t begin = 0;  // word of the segment
  std::size_t size = 0;   // bytes
  [[nodiscard]] std::size_t words() const { return (size + kWord - 1) / kWord; }
};

/// The word that a pointer within the segment names; 0 where there is none.
std::size_t target(std::size_t at, std::uint64_t pointer) {
  const auto offset = static_cast<std::int32_t>(static_cast<std::uint32_t>(pointer)) >> 2;
  const auto begin = static_cast<std::int64_t>(at) + 1 + offset;
  return begin < 1 ? 0 : static_cast<std::size_t>(begin);
}

/// The struct that the pointer at a word leads to; false for anything but one within the words.
bool read_struct(Words words, std::size_t at, StructAt& found) {
  const std::uint64_t pointer = words[at];
  if (pointer == 0 || (pointer & 3U) != 0) return false;
  found = {target(at, pointer), (pointer >> 32U) & 0xffffU, pointer >> 48U};
  return found.begin != 0 && found.end() <= words.size();
}

bool read_bytes(Words words, std::size_t at, BytesAt& found) {
  const std::uint64_t pointer = words[at];
  if ((pointer & 3U) != kListPointer || ((pointer >> 32U) & 7U) != kOfBytes) return false;
  found = {target(at, pointer), pointer >> 35U};
  return found.begin != 0 && found.begin + found.words() <= words.size();
}

std::uint16_t tag_of(Words words, const StructAt& event, std::uint32_t place) {
  std::uint16_t tag = 0;
  std::memcpy(
      &tag, reinterpret_cast<const std::uint8_t*>(words.data() + event.begin) + place * sizeof tag,
      sizeof tag);
  return tag;
}

bool all_zero(Words words) {
  return std::all_of(words.begin(), words.end(), [](auto word) { return word == 0; });
}

bool is_text(std::string_view frame) {
  return frame.size() < kMaxOffset && utf8_valid_prefix(frame) == frame.size() &&
         frame.find('\0') == std::string_view::npos;
}

std::size_t text_words(std::string_view text) { return text.size() / kWord + 1; }  // with its NUL

/// The words of the only segment, and the Event in it, if it is laid out as ours are.
bool read_event(std::span<const capnp::word> framed, Words& words, StructAt& event) {
  const auto& place = places();
  if (framed.size() < kTable + 1) return false;
  const auto* all = reinterpret_cast<const std::uint64_t*>(framed.data());
  words = Words(all + kTable, framed.size() - kTable);
  return all[0] == std::uint64_t{words.size()} << 32U && read_struct(words, 0, event) &&
         event.pointers > std::max(place.raw, place.body) &&
         event.data * 4 > std::max(place.raw_tag, place.body_tag);
}

void put_pointer(std::uint64_t* segment, std::size_t slot, std::size_t to, std::uint64_t rest) {
  segment[slot] = std::uint64_t{static_cast<std::uint32_t>((to - slot - 1) << 2U)} | rest;
}

std::uint64_t bytes_pointer(std::size_t size) {
  return kListPointer | kOfBytes << 32U | std::uint64_t{size} << 35U;
}

/// The text as `raw.text`, at a word of the segment.
void put_frame(std::uint64_t* segment, const StructAt& event, std::size_t at,
               std::string_view frame) {
  segment[at + text_words(frame) - 1] = 0;
  if (!frame.empty()) std::memcpy(segment + at, frame.data(), frame.size());
  put_pointer(segment, event.pointer(places().raw), at, bytes_pointer(frame.size() + 1));
  const auto tag = static_cast<std::uint16_t>(schema::Event::Raw::TEXT);
  std::memcpy(
      reinterpret_cast<std::uint8_t*>(segment + event.begin) + places().raw_tag * sizeof tag, &tag,
      sizeof tag);
}

bool read_run(Words words, std::size_t at, PackedRun& run) {
  const auto& place = places();
  StructAt packed;
  BytesAt levels;
  if (!read_struct(words, at, packed) || packed.data == 0 || packed.pointers <= place.levels)
    return false;
  if (words[packed.pointer(place.levels)] != 0 &&
      !read_bytes(words, packed.pointer(place.levels), levels))
    return false;
  const auto* const data = reinterpret_cast<const std::uint8_t*>(words.data() + packed.begin);
  std::memcpy(&run.count, data + place.count, sizeof run.count);
  run.price_exponent = static_cast<std::int8_t>(data[place.price_exponent]);
  run.quantity_exponent = static_cast<std::int8_t>(data[place.quantity_exponent]);
  run.levels = {reinterpret_cast<const std::uint8_t*>(words.data() + levels.begin), levels.size};
  return true;
}

/// Copies an Event with packed levels, object by object.
class LevelsCopier {
 public:
  /// Looks whether it can.
  bool begin(std::span<const capnp::word> framed, const std::optional<std::string_view>& frame) {
    const auto& place = places();
    if (!read_event(framed, from_, event_)) return false;
    lists_ = packed_lists(static_cast<Kind>(tag_of(from_, event_, place.body_tag)));
    if (lists_.empty() || lists_.size() > runs_.size() ||
        !read_struct(from_, event_.pointer(place.body), body_))
      return false;
    room_ = from_.size() + (frame ? text_words(*frame) : 0);
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      there_[i] = body_.pointers > std::max(lists_[i].packed, lists_[i].list) &&
                  from_[body_.pointer(lists_[i].packed)] != 0;
      if (!there_[i]) continue;
      if (from_[body_.pointer(lists_[i].list)] != 0 ||
          !read_run(from_, body_.pointer(lists_[i].packed), runs_[i]))
        return false;
      cursors_[i] = PackedCursor(runs_[i]);
      room_ += 1 + kLevelWords * std::size_t{runs_[i].count};
    }
    return room_ < kMaxOffset;
  }

  [[nodiscard]] std::size_t room() const { return room_; }

  /// Into room() words: how many; 0: it cannot.
  std::size_t write(std::uint64_t* segment, const std::optional<std::string_view>& frame) {
    const auto& place = places();
    to_ = segment;
    const StructAt event{1, event_.data, event_.pointers};
    if (event.end() + body_.data + body_.pointers > room_) return 0;
    std::copy_n(from_.data() + event_.begin, event.data, to_ + event.begin);
    put_pointer(to_, 0, 1, std::uint64_t{event.data} << 32U | std::uint64_t{event.pointers} << 48U);
    used_ = event.end();
    for (std::size_t i = 0; i < event.pointers; ++i) {
      if (i == place.body) {
        if (!body(event.pointer(i))) return 0;
      } else if (i == place.raw && frame) {
        if (used_ + text_words(*frame) > room_) return 0;
        put_frame(to_, event, used_, *frame);
        used_ += text_words(*frame);
      } else if (!bytes(event_.pointer(i), event.pointer(i))) {
        return 0;
      }
    }
    return used_;
  }

 private:
  bool bytes(std::size_t from, std::size_t slot) {
    to_[slot] = 0;
    if (from_[from] == 0) return true;
    BytesAt found;
    if (!read_bytes(from_, from, found) || used_ + found.words() > room_) return false;
    std::copy_n(from_.data() + found.begin, found.words(), to_ + used_);
    put_pointer(to_, slot, used_, bytes_pointer(found.size));
    used_ += found.words();
    return true;
  }

  bool body(std::size_t slot) {
    const StructAt body{used_, body_.data, body_.pointers};
    if (body.end() > room_) return false;
    std::copy_n(from_.data() + body_.begin, body.data, to_ + body.begin);
    std::fill_n(to_ + body.pointer(0), body.pointers, 0);
    put_pointer(to_, slot, used_,
                std::uint64_t{body.data} << 32U | std::uint64_t{body.pointers} << 48U);
    used_ = body.end();
    for (std::size_t i = 0; i < body.pointers; ++i) {
      const auto list = std::find_if(lists_.begin(), lists_.end(),
                                     [&](const auto& each) { return each.packed == i; });
      const auto index = static_cast<std::size_t>(list - lists_.begin());
      if (list == lists_.end() || !there_[index]) {
        if (from_[body_.pointer(i)] != 0 && !bytes(body_.pointer(i), body.pointer(i))) return false;
      } else if (!levels(index, body.pointer(list->list))) {
        return false;
      }
    }
    return true;
  }

  bool levels(std::size_t index, std::size_t slot) {
    auto& cursor = cursors_[index];
    const std::size_t words = kLevelWords * std::size_t{cursor.count()};
    if (used_ + 1 + words > room_) return false;
    put_pointer(to_, slot, used_, kListPointer | kOfStructs << 32U | std::uint64_t{words} << 35U);
    to_[used_++] = std::uint64_t{cursor.count()} << 2U | std::uint64_t{kLevelWords} << 32U;
    std::fill_n(to_ + used_, words, 0);
    (void)cursor.next({reinterpret_cast<LevelRow*>(to_ + used_), cursor.count()});
    (void)cursor.next(std::span<LevelRow>());  // nothing is left over
    used_ += words;
    return true;
  }

  Words from_;
  StructAt event_;
  StructAt body_;
  std::span<const PackedList> lists_;
  std::array<PackedRun, 2> runs_;
  std::array<PackedCursor, 2> cursors_;
  std::array<bool, 2> there_{};
  std::size_t room_ = 0;
  std::uint64_t* to_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace

std::span<const std::uint64_t> splice_raw(std::span<const capnp::word> framed,
                                          std::string_view frame, Memory& memory) {
  Words words;
  StructAt event;
  StructAt rendered;
  if (!read_event(framed, words, event)) return {};
  const auto slot = event.pointer(places().raw);
  if (!read_struct(words, slot, rendered) ||
      !all_zero(words.subspan(rendered.begin + rendered.data, rendered.pointers)) ||
      !is_text(frame)) {
    return {};
  }
  // The name of the shape is dropped: commonly it is what was written last.
  const bool last = rendered.end() == words.size() && rendered.begin > slot;
  const auto kept = last ? rendered.begin : words.size();
  if (kept - slot - 1 > kMaxOffset) return {};
  auto* const out = memory.room(kTable + kept + text_words(frame));
  auto* const segment = out + kTable;
  std::memcpy(segment, words.data(), kept * kWord);
  out[0] = std::uint64_t{kept + text_words(frame)} << 32U;
  if (!last) std::memset(segment + rendered.begin, 0, rendered.data * kWord);
  put_frame(segment, event, kept, frame);
  return {out, kTable + kept + text_words(frame)};
}

std::span<const std::uint64_t> splice_levels(std::span<const capnp::word> framed,
                                             std::optional<std::string_view> frame,
                                             Memory& memory) {
  LevelsCopier copier;
  if ((frame && !is_text(*frame)) || !copier.begin(framed, frame)) return {};
  auto* const out = memory.room(kTable + copier.room());
  const auto words = copier.write(out + kTable, frame);
  if (words == 0) return {};
  out[0] = std::uint64_t{words} << 32U;
  return {out, kTable + words};
}

}  // namespace tape::event
