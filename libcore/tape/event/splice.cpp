// The layout of messages and pointers: https://capnproto.org/encoding.html
#include <tape/event/slot.h>
#include <tape/event/splice.h>

#include <capnp/schema.h>

#include <bit>
#include <cstring>

namespace tape::event {
namespace {

static_assert(std::endian::native == std::endian::little, "messages are read in place");

constexpr std::size_t kTable = 1;  // words before the only segment
constexpr std::uint64_t kMaxOffset = (std::uint64_t{1} << 29U) - 1;

/// Where the union `raw` stands in an Event.
struct RawPlace {
  std::uint32_t pointer = 0;
  std::uint32_t tag = 0;  // in units of 16 bits
  RawPlace() {
    const auto raw =
        capnp::Schema::from<schema::Event>().getFieldByName("raw").getType().asStruct();
    pointer = layout_of(raw).find("text").offset;
    tag = raw.getProto().getStruct().getDiscriminantOffset();
  }
};

/// A pointer to a struct in the same segment.
struct StructAt {
  std::size_t begin = 0;     // word of the segment
  std::size_t data = 0;      // words
  std::size_t pointers = 0;  // words
  [[nodiscard]] std::size_t end() const { return begin + data + pointers; }
};

/// The struct that the pointer at a word leads to; false for anything but one within the words.
bool read_struct(std::span<const std::uint64_t> words, std::size_t at, StructAt& found) {
  const std::uint64_t pointer = words[at];
  if (pointer == 0 || (pointer & 3U) != 0) return false;
  const auto offset = static_cast<std::int32_t>(static_cast<std::uint32_t>(pointer)) >> 2;
  const auto begin = static_cast<std::int64_t>(at) + 1 + offset;
  if (begin < 1) return false;
  found = {static_cast<std::size_t>(begin), (pointer >> 32U) & 0xffffU, pointer >> 48U};
  return found.end() <= words.size();
}

bool all_zero(std::span<const std::uint64_t> words) {
  for (const auto word : words) {
    if (word != 0) return false;
  }
  return true;
}

}  // namespace

bool splice_raw(std::span<const capnp::word> framed, std::string_view frame,
                std::vector<std::uint64_t>& out) {
  static const RawPlace kRaw;
  if (framed.size() < kTable + 1) return false;
  const auto* all = reinterpret_cast<const std::uint64_t*>(framed.data());
  const std::span<const std::uint64_t> words(all + kTable, framed.size() - kTable);
  if (all[0] != std::uint64_t{words.size()} << 32U) return false;  // one segment
  StructAt event;
  if (!read_struct(words, 0, event) || event.pointers <= kRaw.pointer ||
      event.data * 4 <= kRaw.tag) {
    return false;
  }
  const std::size_t slot = event.begin + event.data + kRaw.pointer;
  StructAt rendered;
  if (!read_struct(words, slot, rendered)) return false;
  if (!all_zero(words.subspan(rendered.begin + rendered.data, rendered.pointers))) return false;
  if (utf8_valid_prefix(frame) != frame.size() || frame.find('\0') != std::string_view::npos)
    return false;

  // The name of the shape is dropped: commonly it is what was written last.
  const bool last = rendered.end() == words.size() && rendered.begin > slot;
  const std::size_t kept = last ? rendered.begin : words.size();
  const std::size_t text = frame.size() / sizeof(std::uint64_t) + 1;  // with its NUL
  if (kept - slot - 1 > kMaxOffset || (frame.size() + 1) > kMaxOffset) return false;
  out.resize(kTable + kept + text);
  std::memcpy(out.data(), all, (kTable + kept) * sizeof(std::uint64_t));
  out[0] = std::uint64_t{kept + text} << 32U;
  auto* const segment = out.data() + kTable;
  if (!last) std::memset(segment + rendered.begin, 0, rendered.data * sizeof(std::uint64_t));
  segment[kept + text - 1] = 0;
  std::memcpy(segment + kept, frame.data(), frame.size());
  constexpr std::uint64_t kListPointer = 1;
  constexpr std::uint64_t kOfBytes = 2;
  segment[slot] = kListPointer | (std::uint64_t{kept - slot - 1} << 2U) | (kOfBytes << 32U) |
                  (std::uint64_t{frame.size() + 1} << 35U);
  const auto tag = static_cast<std::uint16_t>(schema::Event::Raw::TEXT);
  std::memcpy(reinterpret_cast<std::uint8_t*>(segment + event.begin) + kRaw.tag * sizeof tag, &tag,
              sizeof tag);
  return true;
}

}  // namespace tape::event
