#include <tape/event/event.h>
#include <tape/log/format.h>
#include <tape/log/frames.h>

#include <algorithm>
#include <array>

namespace tape::log {
namespace {

using State = Look::State;

constexpr std::size_t kMaxDataHeader = 18;
constexpr std::uint64_t kSkippableFrame = kSkippableHeader;
constexpr std::size_t kPreambleFront = kSkippableHeader + kPreambleHead;
// On a pipe: how far a frame that nobody needs is read before it is believed.
constexpr std::uint64_t kWaitedFor = std::uint64_t{1} << 20U;

Look bad(const char* why) { return {State::bad, Part::unknown, 0, 0, why}; }
Look cut(Part part) { return {State::cut, part, 0, 0, ""}; }
Look whole(Part part, std::uint64_t size) {
  return {State::whole, part, kSkippableFrame + size, 0, ""};
}

}  // namespace

bool Frames::exhausted() const {
  // An honest frame is walked three times at most; a hostile input would be walked once for each of
  // its bytes.
  constexpr std::uint64_t kFree = std::uint64_t{256} << 20U;
  return work_ > kFree + 6 * furthest_;
}

Look Frames::look(std::uint64_t offset) {
  const auto head = source_.get(offset, kSkippableHeader);
  furthest_ = std::max(furthest_, offset + head.size());
  if (head.size() < 4) return cut(Part::unknown);
  const auto magic = load_u32(head, 0);
  if (magic == kDataMagic) return look_data(offset);
  if (!is_skippable(magic)) return bad("expected a zstd frame, met other bytes");
  if (head.size() < kSkippableHeader) return cut(Part::unknown);
  return look_skippable(offset, magic, load_u32(head, 4));
}

Look Frames::look_skippable(std::uint64_t offset, std::uint32_t magic, std::uint64_t size) {
  switch (magic) {
    case kPreambleMagic:
      return look_payload(offset, Part::preamble, size);
    case kNoteMagic:
      return look_payload(offset, Part::note, size);
    case kSummaryMagic:
      return look_summary(offset, size);
    case kSeekTableMagic:
      return look_seek_table(offset, size);
    default:
      return look_unknown(offset, size, Part::unknown);
  }
}

Look Frames::look_payload(std::uint64_t offset, Part part, std::uint64_t size) {
  const bool preamble = part == Part::preamble;
  if (size > (preamble ? kMaxPreamble : kMaxNote)) {
    return bad(preamble ? "a preamble of impossible size" : "a chunk note of impossible size");
  }
  const auto frame = source_.get(offset, static_cast<std::size_t>(kSkippableFrame + size));
  if (frame.size() >= kSkippableFrame + kPreambleHead && preamble &&
      !is_preamble(frame.subspan(kSkippableFrame))) {
    return bad("a preamble that does not begin with TAPE");
  }
  if (frame.size() < kSkippableFrame + size) return cut(part);
  const auto payload = frame.subspan(kSkippableFrame, static_cast<std::size_t>(size));
  if (!preamble && !parse_note(payload)) return bad("a chunk note that cannot be parsed");
  if (preamble && !is_preamble(payload)) return bad("a preamble that is too short");
  // What a newer major version is made of cannot be known; it is refused by its number.
  if (preamble && payload[4] > kMajor) return look_unknown(offset, size, part);
  if (preamble && !framed_words(payload.subspan(kPreambleHead)))
    return bad("a preamble that cannot be parsed");
  return hides_preamble(offset, size) ? bad("a frame that another tape cuts off")
                                      : whole(part, size);
}

Look Frames::look_summary(std::uint64_t offset, std::uint64_t size) {
  const auto begin = source_.get(offset, kSkippableFrame + sizeof(capnp::word));
  if (begin.size() < kSkippableFrame + sizeof(capnp::word)) return cut(Part::summary);
  if (size > kMaxSummary || !is_framed(begin.subspan(kSkippableFrame), size)) {
    return bad("a summary of impossible size");
  }
  const auto found = look_unknown(offset, size, Part::summary);
  if (found.state == State::whole && hides_preamble(offset, size))
    return bad("a frame that another tape cuts off");
  return found;
}

Look Frames::look_seek_table(std::uint64_t offset, std::uint64_t size) {
  if (size < kSeekFooter) return bad("a seek table of impossible size");
  const auto end = offset + kSkippableFrame + size;
  if (!source_.reaches(end)) return cut(Part::seek_table);
  std::array<std::uint8_t, kSeekFooter> footer{};
  if (source_.regular()) {
    (void)source_.peek(end - kSeekFooter, footer.data(), footer.size());
  } else if (size <= kWaitedFor) {
    const auto frame = source_.get(offset, static_cast<std::size_t>(end - offset));
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(end - offset - kSeekFooter),
                kSeekFooter, footer.begin());
  } else {
    return whole(Part::seek_table, size);  // too large to wait for; nothing is lost by believing it
  }
  return is_seek_table(footer, size) ? whole(Part::seek_table, size)
                                     : bad("a seek table whose footer does not match");
}

/// Sizes have no check of their own: what follows must look like a frame, or nothing follows.
bool Frames::lands_on_frame(std::uint64_t offset, std::uint64_t size) {
  const auto end = offset + kSkippableFrame + size;
  std::array<std::uint8_t, 4> next{};
  std::size_t got = 0;
  if (source_.regular()) {
    got = source_.peek(end, next.data(), next.size());
  } else if (size <= kWaitedFor) {
    const auto frame = source_.get(offset, static_cast<std::size_t>(end - offset) + next.size());
    got = std::min(frame.size() - static_cast<std::size_t>(end - offset), next.size());
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(end - offset), got, next.begin());
  }
  if (got < next.size()) return true;
  const auto magic = load_u32(next, 0);
  return magic == kDataMagic || is_skippable(magic);
}

/// Whether the frame was cut off, and the bytes it lacks are the beginning of another tape.
bool Frames::hides_preamble(std::uint64_t offset, std::uint64_t size) {
  if (size > kWaitedFor) return false;
  const auto end = static_cast<std::size_t>(kSkippableFrame + size);
  const auto bytes = source_.get(offset, end + kPreambleFront);
  for (std::size_t at = 1; at < end && at + kPreambleFront <= bytes.size(); ++at) {
    if (bytes[at] == (kPreambleMagic & 0xFFU) && load_u32(bytes, at) == kPreambleMagic &&
        is_preamble(bytes.subspan(at + kSkippableHeader)))
      return true;
  }
  return false;
}

Look Frames::look_unknown(std::uint64_t offset, std::uint64_t size, Part part) {
  if (!source_.reaches(offset + kSkippableFrame + size)) return cut(part);
  if (!lands_on_frame(offset, size)) return bad("a skippable frame of impossible size");
  return whole(part, size);
}

Look Frames::look_data(std::uint64_t offset) {
  auto bytes = source_.get(offset, kMaxDataHeader);
  const auto header = parse_data_header(bytes);
  if (header.state == DataHeader::State::incomplete) return cut(Part::chunk);
  if (header.state == DataHeader::State::invalid)
    return bad("a zstd frame whose header no chunk has");
  if (!header.checksum && !foreign_) return bad("a zstd frame without content checksum");
  if (exhausted()) return bad("too much damage to look any further");
  const auto block_bound =
      static_cast<std::size_t>(std::min<std::uint64_t>(kMaxBlock, header.window));
  Look result{State::bad, Part::chunk, 0, 0, ""};
  std::size_t at = header.size;
  for (bool last = false; !last;) {
    if (at > kMaxStored) {
      result.why = "a chunk larger than any";
      break;
    }
    if (bytes.size() < at + kBlockHeader) bytes = source_.get(offset, at + kBlockHeader);
    if (bytes.size() < at + kBlockHeader) {
      result.state = State::cut;
      break;
    }
    const auto block = parse_block(bytes.subspan(at, kBlockHeader), header.window);
    if (!block.valid) {
      result.why = "a zstd block whose header is not valid";
      break;
    }
    last = block.last;
    result.plain_bound += block_bound;
    at += kBlockHeader + block.stored + (last && header.checksum ? kChecksum : 0);
    if (last) {
      if (bytes.size() < at) bytes = source_.get(offset, at);
      result.state = bytes.size() < at ? State::cut : State::whole;
      result.length = at;
    }
  }
  furthest_ = std::max(furthest_, offset + std::min(at, bytes.size()));
  result.plain_bound = std::min(result.plain_bound, kMaxPlain);
  charge(at);
  return result;
}

bool Frames::first_plain(std::uint64_t offset, Plain& out) {
  const auto header = parse_data_header(source_.get(offset, kMaxDataHeader));
  if (header.state != DataHeader::State::whole) return false;
  inflater_.begin();
  out.size = 0;
  std::size_t fed = 0;
  std::size_t at = header.size;
  for (int blocks = 0; blocks < 16; ++blocks) {
    if (event::parse_framed_size(out.view()).state != event::FramedState::incomplete) break;
    auto bytes = source_.get(offset, at + kBlockHeader);
    if (bytes.size() < at + kBlockHeader) break;
    const auto block = parse_block(bytes.subspan(at, kBlockHeader), header.window);
    if (!block.valid) break;
    const auto next =
        at + kBlockHeader + block.stored + (block.last && header.checksum ? kChecksum : 0);
    bytes = source_.get(offset, next);
    if (bytes.size() < next || inflater_.feed(bytes.subspan(fed, next - fed), out)) break;
    fed = at = next;
    if (block.last) break;
  }
  return out.size >= sizeof(capnp::word);
}

bool Frames::acceptable(std::uint64_t offset) {
  const auto found = look(offset);
  if (found.part != Part::chunk) return found.state == State::whole && found.part != Part::unknown;
  if (found.state == State::bad || exhausted()) return false;
  if (found.state == State::cut) {
    charge(kMaxBlock);
    return first_plain(offset, scratch_) &&
           event::parse_framed_size(scratch_.view()).state != event::FramedState::invalid;
  }
  const auto frame = source_.get(offset, static_cast<std::size_t>(found.length));
  const auto wrong = inflater_.whole(frame.first(static_cast<std::size_t>(found.length)), 0,
                                     found.plain_bound, scratch_);
  if (wrong) charge(found.plain_bound);
  return !wrong;
}

std::optional<std::uint64_t> Frames::search(std::uint64_t& from) {
  return search(from, std::nullopt);
}

std::optional<std::uint64_t> Frames::search_within(std::uint64_t& from, std::uint64_t limit) {
  return search(from, limit);
}

std::optional<std::uint64_t> Frames::search(std::uint64_t& from,
                                            std::optional<std::uint64_t> limit) {
  for (;;) {
    if (limit && from >= *limit) return std::nullopt;
    if (!limit) source_.release(from);
    const auto bytes = source_.get(from, 4);
    if (bytes.size() < 4) return std::nullopt;
    furthest_ = std::max(furthest_, from + bytes.size());
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); ++at) {
      if ((bytes[at] & 0xF0U) != 0x50 && bytes[at] != 0x28) continue;
      const auto magic = load_u32(bytes, at);
      if (magic == kDataMagic || is_skippable(magic)) break;
    }
    from += at;
    if (at + 4 > bytes.size()) continue;
    if (acceptable(from)) return from;
    ++from;
  }
}

}  // namespace tape::log
