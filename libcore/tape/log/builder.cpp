#include <tape/log/builder.h>
#include <tape/schemas/file.capnp.h>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <array>

namespace tape::log {

std::vector<std::uint8_t> build_preamble(const PreambleInfo& info) {
  // One segment whatever the recorder calls itself.
  const auto words = 64 + (info.recorder.size() + info.previous_link.size()) / sizeof(capnp::word);
  capnp::MallocMessageBuilder message(static_cast<capnp::uint>(words));
  auto root = message.initRoot<schema::Preamble>();
  root.setRecorder(info.recorder.c_str());
  root.setSession(info.session);
  root.setStartedAt(info.started_at);
  root.setFlushInterval(info.flush_interval);
  root.setSyncInterval(info.sync_interval);
  root.setDerived(info.derived);
  if (!info.previous_link.empty()) {
    const auto link = as_bytes(info.previous_link);
    std::copy(link.begin(), link.end(),
              root.initPreviousLink(static_cast<capnp::uint>(link.size())).begin());
  }
  const auto array = capnp::messageToFlatArray(message);
  const auto bytes = array.asBytes();
  // Sized at once: GCC 12 sees an overflow that is none when a literal vector grows.
  constexpr std::array<std::uint8_t, 8> kHead = {'T', 'A', 'P', 'E', kMajor, kMinor, 0, 0};
  std::vector<std::uint8_t> payload(kHead.size() + bytes.size());
  std::copy(kHead.begin(), kHead.end(), payload.begin());
  std::copy(bytes.begin(), bytes.end(), payload.begin() + kHead.size());
  return payload;
}

TapeBuilder::TapeBuilder(Sink& sink, const PreambleInfo& info) : sink_(sink) {
  const auto payload = build_preamble(info);
  link_ = sha256(payload);
  frame(kPreambleMagic, payload);
  flush();
}

void TapeBuilder::frame(std::uint32_t magic, Bytes payload) {
  const auto bytes = skippable(magic, payload);
  gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
  entries_.push_back({static_cast<std::uint32_t>(bytes.size()), 0});
}

void TapeBuilder::chunk_bytes(Bytes stored) {
  gathered_.insert(gathered_.end(), stored.begin(), stored.end());
  chunk_digest_.update(stored);
  chunk_size_ += stored.size();
}

void TapeBuilder::end_chunk(const ChunkFacts& facts, Totals& rows) {
  entries_.push_back(
      {static_cast<std::uint32_t>(chunk_size_), static_cast<std::uint32_t>(facts.plain_size)});
  rows.add_chunk(position() - chunk_size_, facts, chunk_size_);
  if (facts.checkpoint_events == facts.events) checkpoint_bytes_ += chunk_size_;
  Note note;
  note.facts = facts;
  note.compressed_size = chunk_size_;
  note.previous_note = note_before_ == 0 ? 0 : position() - note_before_;
  note.link = next_link(link_, chunk_digest_.finish(), build_note(note));
  link_ = note.link;
  note_before_ = position();
  frame(kNoteMagic, build_note(note));
  chunk_size_ = 0;
}

void TapeBuilder::flush() {
  if (gathered_.empty()) return;
  sink_.write(gathered_);
  written_ += gathered_.size();
  gathered_.clear();
}

std::uint64_t TapeBuilder::finish(const Totals& totals) {
  frame(kSummaryMagic, totals.build(link_));
  const auto table = build_seek_table(entries_);
  gathered_.insert(gathered_.end(), table.begin(), table.end());
  flush();
  return written_;
}

}  // namespace tape::log
