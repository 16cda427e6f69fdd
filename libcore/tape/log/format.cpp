#include <tape/log/format.h>
#include <tape/schemas/file.capnp.h>

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tape::log {
namespace {

constexpr std::size_t kWord = sizeof(capnp::word);

std::uint64_t load_le(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

/// Where the 32 bytes of a note's link stand in its payload; nothing if it has none.
std::optional<std::size_t> link_offset(std::span<const capnp::word> words) {
  capnp::FlatArrayMessageReader reader({words.data(), words.size()});
  const auto link = reader.getRoot<schema::ChunkNote>().getLink();
  if (link.size() != kLink) return std::nullopt;
  return static_cast<std::size_t>(link.begin() - reinterpret_cast<const kj::byte*>(words.data()));
}

}  // namespace

std::uint32_t load_u32(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(load_le(bytes, at, 4));
}

void append_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

std::vector<std::uint8_t> skippable(std::uint32_t magic, Bytes payload) {
  std::vector<std::uint8_t> frame;
  frame.reserve(kSkippableHeader + payload.size());
  append_u32(frame, magic);
  append_u32(frame, static_cast<std::uint32_t>(payload.size()));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

bool is_framed(Bytes begin, std::uint64_t size) {
  if (begin.size() < kWord || size < 2 * kWord || size % kWord != 0) return false;
  return load_u32(begin, 0) == 0 && (std::uint64_t{load_u32(begin, 4)} + 1) * kWord == size;
}

std::optional<std::vector<capnp::word>> framed_words(Bytes payload) {
  if (!is_framed(payload, payload.size())) return std::nullopt;
  std::vector<capnp::word> words(payload.size() / kWord);
  std::memcpy(static_cast<void*>(words.data()), payload.data(), payload.size());
  return words;
}

DataHeader parse_data_header(Bytes bytes) {
  using State = DataHeader::State;
  if (bytes.size() < 5) return {};
  const unsigned descriptor = bytes[4];
  const bool single_segment = (descriptor & 0x20U) != 0;
  // Reserved bit, dictionaries: nothing that a tape has.
  if (load_u32(bytes, 0) != kDataMagic || (descriptor & 0x0BU) != 0)
    return {State::invalid, 0, 0, false};
  constexpr std::array<std::size_t, 4> kContentSizes = {0, 2, 4, 8};
  std::size_t content_size = kContentSizes[descriptor >> 6U];
  if (content_size == 0 && single_segment) content_size = 1;
  DataHeader header;
  header.size = 5 + (single_segment ? 0 : 1) + content_size;
  header.checksum = (descriptor & 0x04U) != 0;
  if (bytes.size() < header.size) return {};
  if (single_segment) {
    header.window = load_le(bytes, 5, content_size) + (content_size == 2 ? 256 : 0);
  } else {
    const unsigned window = bytes[5];
    const std::uint64_t base = std::uint64_t{1} << (10 + (window >> 3U));
    header.window = base + base / 8 * (window & 7U);
  }
  header.state = header.window <= kMaxWindow ? State::whole : State::invalid;
  return header;
}

Block parse_block(Bytes bytes, std::uint64_t window) {
  const auto header = static_cast<std::uint32_t>(load_le(bytes, 0, kBlockHeader));
  const std::uint32_t type = (header >> 1U) & 3U;
  const std::size_t size = header >> 3U;
  Block block;
  block.last = (header & 1U) != 0;
  block.stored = type == 1 ? 1 : size;
  block.valid = type != 3 &&
                size <= std::min<std::uint64_t>(kMaxBlock, std::max<std::uint64_t>(window, 1024));
  return block;
}

std::vector<std::uint8_t> build_note(const Note& note) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::ChunkNote>();
  root.setEvents(note.facts.events);
  root.setFlags(note.facts.flags);
  root.setFirstSession(note.facts.first_session);
  root.setFirstOrdinal(note.facts.first_ordinal);
  root.setLastOrdinal(note.facts.last_ordinal);
  root.setMinReceivedAt(note.facts.min_received_at);
  root.setMaxReceivedAt(note.facts.max_received_at);
  root.setPlainSize(note.facts.plain_size);
  root.setCompressedSize(note.compressed_size);
  root.setPreviousNote(note.previous_note);
  root.setRawDigest(note.facts.raw_digest);
  std::copy(note.link.begin(), note.link.end(), root.initLink(kLink).begin());
  const auto words = capnp::messageToFlatArray(message);
  const auto bytes = words.asBytes();
  return {bytes.begin(), bytes.end()};
}

std::optional<Note> parse_note(Bytes payload) {
  if (payload.size() > kMaxNote) return std::nullopt;
  const auto words = framed_words(payload);
  if (!words) return std::nullopt;
  try {
    capnp::FlatArrayMessageReader reader({words->data(), words->size()});
    const auto root = reader.getRoot<schema::ChunkNote>();
    const auto link = root.getLink();
    if (link.size() != kLink) return std::nullopt;
    Note note;
    note.facts = {root.getEvents(),        root.getFlags(),       root.getFirstSession(),
                  root.getFirstOrdinal(),  root.getLastOrdinal(), root.getMinReceivedAt(),
                  root.getMaxReceivedAt(), root.getPlainSize(),   root.getRawDigest()};
    note.compressed_size = root.getCompressedSize();
    note.previous_note = root.getPreviousNote();
    std::copy(link.begin(), link.end(), note.link.begin());
    return note;
  } catch (const kj::Exception&) {
    return std::nullopt;
  }
}

Sha256Sum next_link(const Sha256Sum& before, const Sha256Sum& chunk, Bytes note_payload) {
  auto words = framed_words(note_payload);
  Sha256 digest;
  digest.update(before);
  digest.update(chunk);
  if (words) {
    auto* bytes = reinterpret_cast<std::uint8_t*>(words->data());
    try {
      if (const auto at = link_offset(*words)) std::memset(bytes + *at, 0, kLink);
    } catch (const kj::Exception&) {
      // A note that does not parse has a link over what stands there; parse_note refused it before.
    }
    digest.update({bytes, note_payload.size()});
  }
  return digest.finish();
}

bool is_preamble(Bytes payload) {
  return payload.size() >= kPreambleHead && as_text(payload.first(4)) == "TAPE";
}

std::vector<std::uint8_t> build_seek_table(std::span<const SeekEntry> entries) {
  std::vector<std::uint8_t> frame;
  const auto size = entries.size() * kSeekEntry + kSeekFooter;
  frame.reserve(kSkippableHeader + size);
  append_u32(frame, kSeekTableMagic);
  append_u32(frame, static_cast<std::uint32_t>(size));
  for (const auto& entry : entries) {
    append_u32(frame, entry.stored);
    append_u32(frame, entry.plain);
  }
  append_u32(frame, static_cast<std::uint32_t>(entries.size()));
  frame.push_back(0);  // descriptor: no checksums
  append_u32(frame, kSeekableMagic);
  return frame;
}

bool is_seek_table(Bytes footer, std::uint64_t size) {
  if (footer.size() != kSeekFooter || load_u32(footer, 5) != kSeekableMagic) return false;
  const std::uint64_t entry = (footer[4] & 0x80U) != 0 ? 12 : kSeekEntry;
  return load_u32(footer, 0) * entry + kSeekFooter == size;
}

}  // namespace tape::log
