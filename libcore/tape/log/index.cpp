#include <tape/log/format.h>
#include <tape/log/index.h>
#include <tape/log/loader.h>

#include <kj/exception.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tape::log {
namespace {

/// The payload of a skippable frame that ends at or before `end`.
std::optional<std::vector<std::uint8_t>> payload_at(const Source& source, std::uint64_t offset,
                                                    std::uint32_t magic, std::uint64_t end,
                                                    std::size_t most) {
  std::array<std::uint8_t, kSkippableHeader> head{};
  if (offset + head.size() > end || source.peek(offset, head.data(), head.size()) < head.size())
    return std::nullopt;
  const std::size_t size = load_u32(head, 4);
  if (load_u32(head, 0) != magic || size > most || offset + head.size() + size > end)
    return std::nullopt;
  std::vector<std::uint8_t> payload(size);
  if (source.peek(offset + head.size(), payload.data(), size) < size) return std::nullopt;
  return payload;
}

struct SeekTable {
  std::uint64_t offset = 0;   // of its frame
  std::uint64_t covers = 0;   // stored bytes before it
  std::uint64_t summary = 0;  // size of the last frame it lists
};

std::optional<SeekTable> seek_table_ending_at(const Source& source, std::uint64_t end) {
  std::array<std::uint8_t, kSeekFooter> footer{};
  if (end < footer.size() ||
      source.peek(end - footer.size(), footer.data(), footer.size()) < footer.size()) {
    return std::nullopt;
  }
  const std::uint64_t entry = (footer[4] & 0x80U) != 0 ? 12 : kSeekEntry;
  const std::uint64_t size = load_u32(footer, 0) * entry + kSeekFooter;
  if (!is_seek_table(footer, size) || size + kSkippableHeader > end) return std::nullopt;
  SeekTable table;
  table.offset = end - size - kSkippableHeader;
  std::array<std::uint8_t, kSkippableHeader> head{};
  (void)source.peek(table.offset, head.data(), head.size());
  if (load_u32(head, 0) != kSeekTableMagic || load_u32(head, 4) != size) return std::nullopt;
  std::vector<std::uint8_t> window(std::size_t{12} << 12U);
  for (std::uint64_t at = 0; at < size - kSeekFooter; at += window.size()) {
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), size - kSeekFooter - at));
    if (source.peek(table.offset + kSkippableHeader + at, window.data(), part) < part)
      return std::nullopt;
    for (std::size_t i = 0; i + entry <= part; i += static_cast<std::size_t>(entry)) {
      table.summary = load_u32(window, i);
      table.covers += table.summary;
    }
  }
  if (table.covers > table.offset) return std::nullopt;
  return table;
}

std::optional<IndexPart> clean_part(const Source& source, std::uint64_t end) {
  const auto table = seek_table_ending_at(source, end);
  if (!table || table->summary < kSkippableHeader) return std::nullopt;
  IndexPart part;
  part.offset = table->offset - table->covers;
  part.size = end - part.offset;
  part.rest = table->offset - table->summary;
  part.clean = true;
  if (!preamble_at(source, part.offset)) return std::nullopt;
  const auto payload = payload_at(source, part.rest, kSummaryMagic, table->offset, kMaxSummary);
  if (!payload) return std::nullopt;
  auto words = framed_words(*payload);
  if (!words) return std::nullopt;
  try {
    SummaryPart view{0, 0, std::move(*words)};
    const auto message = view.read();
    const auto summary = message->getRoot<schema::Summary>();
    part.session = summary.getSessions() == 1 ? summary.getSession() : 0;
    part.last_ordinal = summary.getLastOrdinal();
    part.rows.reserve(summary.getRows().size());
    for (const auto row : summary.getRows()) {
      const auto offset = part.offset + row.getOffset();
      if (offset >= end) return std::nullopt;
      part.rows.push_back({offset, row.getFirstOrdinal(), row.getMaxReceivedAt(), row.getFlags()});
    }
    part.summary = std::move(view.words);
  } catch (const kj::Exception&) {
    return std::nullopt;
  }
  return part;
}

std::optional<Note> note_at(const Source& source, std::uint64_t offset, std::uint64_t end) {
  const auto payload = payload_at(source, offset, kNoteMagic, end, kMaxNote);
  return payload ? parse_note(*payload) : std::nullopt;
}

/// The last note in front of `end`: not farther than an open chunk is large.
std::optional<std::uint64_t> last_note(const Source& source, std::uint64_t end) {
  constexpr std::size_t kWindow = std::size_t{256} << 10U;
  std::vector<std::uint8_t> window(kWindow + 3);
  const std::uint64_t least = end - std::min<std::uint64_t>(end, kMaxStored + kMaxNote);
  for (std::uint64_t to = end; to > least;) {
    const auto from = std::max<std::uint64_t>(least, to - std::min<std::uint64_t>(to, kWindow));
    const auto got = source.peek(from, window.data(), static_cast<std::size_t>(to - from) + 3);
    for (std::size_t i = got < 4 ? 0 : got - 3; i-- > 0;) {
      if (window[i] != (kNoteMagic & 0xFFU) || load_u32(window, i) != kNoteMagic) continue;
      if (note_at(source, from + i, end)) return from + i;
    }
    to = from;
  }
  return std::nullopt;
}

/// The preamble that ends where the first chunk begins.
std::optional<Preamble> preamble_before(const Source& source, std::uint64_t chunk) {
  const auto least = chunk - std::min<std::uint64_t>(chunk, kMaxPreamble + kSkippableHeader);
  std::vector<std::uint8_t> window(static_cast<std::size_t>(chunk - least));
  if (source.peek(least, window.data(), window.size()) < window.size()) return std::nullopt;
  for (std::size_t i = window.size() < 8 ? 0 : window.size() - 7; i-- > 0;) {
    if (load_u32(window, i) != kPreambleMagic) continue;
    if (i + kSkippableHeader + load_u32(window, i + 4) == window.size())
      return preamble_at(source, least + i);
  }
  return std::nullopt;
}

std::optional<IndexPart> open_part(const Source& source, std::uint64_t end) {
  auto at = last_note(source, end);
  if (!at) return std::nullopt;
  IndexPart part;
  std::uint64_t session = 0;
  bool one_session = true;
  for (;;) {
    const auto note = note_at(source, *at, end);
    if (!note || note->compressed_size > *at || note->previous_note > *at) return std::nullopt;
    if (part.rows.empty()) {
      std::array<std::uint8_t, kSkippableHeader> head{};
      (void)source.peek(*at, head.data(), head.size());
      part.rest = *at + kSkippableHeader + load_u32(head, 4);
      part.last_ordinal = note->facts.last_ordinal;
      session = note->facts.first_session;
    }
    one_session = one_session && note->facts.first_session == session;
    part.rows.push_back({*at - note->compressed_size, note->facts.first_ordinal,
                         note->facts.max_received_at, note->facts.flags});
    if (note->previous_note == 0) break;
    *at -= note->previous_note;
  }
  std::reverse(part.rows.begin(), part.rows.end());
  const auto preamble = preamble_before(source, part.rows.front().offset);
  if (!preamble) return std::nullopt;
  part.offset = preamble->offset;
  part.size = end - part.offset;
  // Sessions mix in derived files only.
  part.session = one_session && !preamble->derived ? session : 0;
  return part;
}

}  // namespace

std::optional<Preamble> preamble_at(const Source& source, std::uint64_t offset) {
  const auto payload = payload_at(source, offset, kPreambleMagic, source.file_size(), kMaxPreamble);
  if (!payload || !is_preamble(*payload) || !framed_words(Bytes(*payload).subspan(kPreambleHead)))
    return std::nullopt;
  return parse_preamble(*payload, offset, source.name());
}

std::vector<IndexPart> build_index(const Source& source, IndexFrom from) {
  std::vector<IndexPart> parts;
  if (!source.regular()) return parts;
  for (auto end = source.file_size(); end > 0; end = parts.back().offset) {
    auto part = clean_part(source, end);
    if (!part && parts.empty() && from == IndexFrom::notes_too) part = open_part(source, end);
    if (!part) return {};
    parts.push_back(std::move(*part));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

IndexPosition find_moment(const std::vector<IndexPart>& parts, Nanos moment) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (const auto& row : parts[i].rows) {
      if (row.max_received_at >= moment) return {i, row.offset};
    }
    if (!parts[i].clean) return {i, parts[i].rest};
  }
  return {parts.size() - 1, parts.back().rest};
}

std::vector<IndexPosition> find_checkpoints(const std::vector<IndexPart>& parts, Nanos moment) {
  std::vector<IndexPosition> found;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // A recording knows nothing of another one that stands before it.
    if (i > 0 && (parts[i].session == 0 || parts[i].session != parts[0].session)) break;
    for (const auto& row : parts[i].rows) {
      if ((row.flags & kCheckpointFirst) != 0) found.push_back({i, row.offset});
      // The clock may have stepped back, so one late event ends the search.
      if (row.max_received_at > moment) return {found.rbegin(), found.rend()};
    }
    if (!parts[i].clean) break;
  }
  return {found.rbegin(), found.rend()};
}

IndexPosition find_ordinal(const std::vector<IndexPart>& parts, std::uint64_t session,
                           std::uint64_t ordinal) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[i];
    if (part.session == 0) return {i, part.rows.empty() ? part.rest : part.rows.front().offset};
    if (session != 0 && session != part.session) continue;
    if (ordinal <= part.last_ordinal && !part.rows.empty()) {
      // Ordinals grow within a session: the row before the first that begins later.
      const auto later =
          std::upper_bound(part.rows.begin(), part.rows.end(), ordinal,
                           [](std::uint64_t o, const IndexRow& r) { return o < r.first_ordinal; });
      return {i, later == part.rows.begin() ? part.rows.front().offset : (later - 1)->offset};
    }
    if (!part.clean) return {i, part.rest};
  }
  return {parts.size() - 1, parts.back().rest};
}

}  // namespace tape::log
