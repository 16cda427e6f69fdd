#include <tape/base/error.h>
#include <tape/event/levels.h>
#include <tape/log/chunk.h>
#include <tape/log/format.h>
#include <tape/log/frame_bytes.h>
#include <tape/log/loader.h>
#include <tape/log/summary.h>
#include <tape/log/verify.h>
#include <tape/log/verify_part.h>

#include <kj/exception.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tape::log {
namespace {

constexpr std::size_t kMaxProblems = 1000;

std::string expected(const std::string& what, auto wanted, auto found) {
  return what + ": expected " + std::to_string(wanted) + ", met " + std::to_string(found);
}

class Verifier {
 public:
  explicit Verifier(const std::string& path)
      : loader_(open_input(path), path == "-" ? "stdin" : path, false),
        part_(std::make_unique<PartState>()) {
    loader_.recognise();
  }

  Verdict run() {
    for (loader_.next(found_); found_.part != Part::end; loader_.next(found_)) step();
    end();
    return std::move(verdict_);
  }

 private:
  void step();
  void end();
  void preamble();
  void check_previous_link(const PartState& before);
  void chunk(bool whole);
  void events(OpenChunk& chunk);
  std::optional<std::string_view> raw_of(schema::Event::Reader event, std::size_t framed,
                                         OpenChunk& chunk);
  void event(const EventFacts& facts, bool first_in_chunk, std::uint64_t stored);
  void note();
  void compare_note(const Note& stored, Note& rebuilt);
  void summary();
  void seek_table();
  void leave_part(std::uint64_t offset);
  void needs_open_part(const char* what);

  void problem(std::uint64_t offset, const char* check, std::string text) {
    if (verdict_.problems.size() < kMaxProblems) {
      verdict_.problems.push_back({offset, check, std::move(text)});
    } else {
      ++verdict_.more;
    }
  }
  /// Bytes of newer minor versions cannot be rebuilt; their known fields can.
  [[nodiscard]] bool exact() const { return part_->preamble && part_->preamble->minor <= kMinor; }
  [[nodiscard]] bool recorded() const { return part_->preamble && !part_->preamble->derived; }

  Loader loader_;
  Found found_;
  Verdict verdict_;
  std::unique_ptr<PartState> part_;
  std::unordered_map<std::uint64_t, std::uint64_t> last_ordinals_;
  shape::ChunkShapes shapes_;
  FrameBytes bytes_;
};

void Verifier::step() {
  verdict_.bytes = found_.offset + found_.length;
  switch (found_.part) {
    case Part::preamble:
      preamble();
      return;
    case Part::chunk:
      chunk(true);
      return;
    case Part::piece:
      chunk(found_.last);
      return;
    case Part::note:
      note();
      break;
    case Part::summary:
      summary();
      break;
    case Part::seek_table:
      seek_table();
      return;
    case Part::damage:
      problem(found_.offset, "frame", std::to_string(found_.length) + " bytes: " + found_.what);
      part_->sound = false;
      part_->chunk.reset();
      (void)part_->tally.take();
      return;
    case Part::unknown:
    case Part::wait:
    case Part::end:
      break;
  }
  part_->entries.push_back({static_cast<std::uint32_t>(found_.length), 0});
}

void Verifier::end() {
  verdict_.tail = found_.tail;
  verdict_.last_link = part_->link;
  if (loader_.source().regular()) verdict_.bytes = loader_.source().file_size();
  if (found_.tail == Tail::torn && part_->sound) {
    problem(found_.offset, "tail",
            "the tape ends inside a block, a message or a frame: " +
                std::to_string(verdict_.bytes - std::min(verdict_.bytes, found_.offset)) +
                " bytes are left over; tape-recover keeps what can be read");
  }
  if (part_->summed && !part_->closed && found_.tail == Tail::open) {
    problem(found_.offset, "seek-table", "there is none behind the summary");
  }
  if (!part_->preamble) problem(0, "preamble", "the tape has none");
}

void Verifier::leave_part(std::uint64_t offset) {
  if (part_->preamble && !part_->closed && part_->sound) {
    problem(offset, "tail",
            "another tape begins, but the one before it has no summary and seek table");
  }
}

void Verifier::preamble() {
  if (found_.offset != part_->offset || part_->preamble) leave_part(found_.offset);
  const auto before = std::exchange(part_, std::make_unique<PartState>());
  auto& part = *part_;
  part.offset = found_.offset;
  last_ordinals_.clear();
  part.preamble = parse_preamble(found_.payload, found_.offset, loader_.source().name());
  part.link = sha256(found_.payload);
  part.entries.push_back({static_cast<std::uint32_t>(found_.length), 0});
  if (exact() && (found_.payload[6] != 0 || found_.payload[7] != 0)) {
    problem(found_.offset, "preamble", "reserved bytes are not 0");
  }
  const auto link = part.preamble->previous_link.size();
  if (link != 0 && link != kLink)
    problem(found_.offset, "preamble", expected("size of the link before", kLink, link));
  if (before->preamble && before->sound && before->closed) check_previous_link(*before);
}

/// A tape that goes on where the one in front of it ended must carry its last link.
void Verifier::check_previous_link(const PartState& before) {
  const auto& link = part_->preamble->previous_link;
  const bool same_session =
      recorded() && part_->preamble->session == before.last_session && before.events > 0;
  if (!same_session || link.empty()) return;
  const auto matches = std::equal(before.link.begin(), before.link.end(), as_bytes(link).begin(),
                                  as_bytes(link).end());
  // Whether it goes on there is known with its first event.
  if (!matches) part_->first_ordinal = before.last_ordinal + 1;
}

void Verifier::needs_open_part(const char* what) {
  if (part_->closed) {
    problem(found_.offset, "preamble",
            std::string(what) + " behind a seek table: expected a preamble or the end");
    part_->closed = false;
    part_->sound = false;
  }
}

void Verifier::chunk(bool whole) {
  needs_open_part("a chunk");
  auto& part = *part_;
  if (part.chunk && (part.chunk->whole || part.chunk->offset != found_.offset)) {
    problem(part.chunk->offset, "note", "the chunk has no note");
    part.sound = false;
    part.chunk.reset();
    (void)part.tally.take();
  }
  if (!part.chunk) {
    part.chunk.emplace();
    shapes_.begin_chunk();
    part.chunk->offset = found_.offset;
    ++verdict_.chunks;
  }
  events(*part.chunk);
  if (!whole) return;
  part.chunk->whole = true;
  part.chunk->size = found_.length;
  part.chunk->digest = sha256(loader_.stored(found_));
  part.entries.push_back({static_cast<std::uint32_t>(found_.length),
                          static_cast<std::uint32_t>(part.tally.plain_size())});
}

void Verifier::events(OpenChunk& chunk) {
  event::View view;
  std::size_t bad = 0;
  std::size_t at = part_->tally.plain_size();
  const auto unreadable = [&](const std::string& why) {
    problem(chunk.offset, "message",
            "at byte " + std::to_string(at) + " of the chunk's plain bytes: " + why);
    chunk.sound = part_->sound = false;
  };
  for (auto rest = found_.plain.view(); !rest.empty();) {
    const auto size = event::parse_framed_size(rest);
    if (size.state != event::FramedState::whole) {
      unreadable("expected a message, met bytes that are none");
      return;
    }
    const auto framed = rest.first(size.words);
    rest = rest.subspan(size.words);
    try {
      view.reset(framed);
      const auto reader = view.event();
      (void)reader.totalSize();  // follows every pointer
      event::check_packed(reader);
      const auto stored = reader.getOrdinal();
      shapes_.see(reader);
      const auto facts =
          facts_of(reader, reader.getSession(), stored != 0 ? stored : part_->last_ordinal + 1,
                   raw_of(reader, framed.size_bytes(), chunk));
      event(facts, part_->tally.empty(), stored);
      part_->tally.add(facts, framed.size_bytes());
      part_->totals.add(facts);
    } catch (const kj::Exception& e) {
      unreadable(e.getDescription().cStr());
      if (++bad > kMaxBadMessages) return;
    }
    at += framed.size_bytes();
  }
  if (found_.plain.size % sizeof(capnp::word) != 0)
    unreadable("bytes are left over behind the last message");
}

/// Nothing also for a frame that cannot be rebuilt, which is a problem of its own.
std::optional<std::string_view> Verifier::raw_of(schema::Event::Reader event, std::size_t framed,
                                                 OpenChunk& chunk) try {
  return bytes_.of(event, framed, &shapes_);
} catch (const Error& error) {
  if (error.fault != Fault::format) throw;
  const auto stored = event.getOrdinal();
  problem(chunk.offset, "shape",
          "event " + std::to_string(stored != 0 ? stored : part_->last_ordinal + 1) + ": " +
              error.what());
  chunk.sound = part_->sound = false;
  return std::nullopt;
}

void Verifier::event(const EventFacts& facts, bool first_in_chunk, std::uint64_t stored) {
  auto& part = *part_;
  const auto wrong = [&](std::string text) {
    problem(part.chunk->offset, "ordinal", std::move(text));
  };
  if (stored == 0 && (first_in_chunk || facts.session != part.last_session)) {
    wrong("the first event of a chunk or session has no ordinal");
  }
  const auto known = last_ordinals_.find(facts.session);
  const auto before = known == last_ordinals_.end() ? 0 : known->second;
  const bool same_part = part.events > 0;
  // Derived tapes may leave out events; so may a tape that does not follow the one in front of it.
  const bool hole = recorded() && same_part && facts.ordinal != before + 1;
  if (before != 0 && part.sound && (facts.ordinal <= before || hole))
    wrong(expected("ordinal", before + 1, facts.ordinal));
  if (known != last_ordinals_.end()) {
    known->second = facts.ordinal;
  } else if (last_ordinals_.size() < kMaxSessions) {
    last_ordinals_.emplace(facts.session, facts.ordinal);
  }
  if (part.events++ == 0) {
    if (part.first_ordinal != 0 && part.first_ordinal == facts.ordinal) {
      problem(part.offset, "preamble",
              "goes on where the tape before it ended, but carries another link");
    }
    if (recorded() && part.sound &&
        facts.kind != static_cast<std::uint16_t>(event::Kind::SESSION)) {
      problem(part.chunk->offset, "message", "the first event is no session event");
    }
  }
  const auto session = part.preamble ? part.preamble->session : 0;
  if (session != 0 && facts.session != session) {
    wrong("session " + hex(facts.session) + " is not the preamble's, " + hex(session));
  }
  part.last_session = facts.session;
  part.last_ordinal = facts.ordinal;
  part.last_kind = facts.kind;
  ++verdict_.events;
  if (facts.raw) ++verdict_.frames;
  if (facts.kind == static_cast<std::uint16_t>(event::Kind::GAP)) ++verdict_.recorded_gaps;
}

void Verifier::note() {
  needs_open_part("a chunk note");
  auto& part = *part_;
  const auto stored = parse_note(found_.payload);
  if (!stored) return;  // the loader parsed it
  if (!part.chunk || !part.chunk->whole) {
    if (part.sound) problem(found_.offset, "note", "a chunk note without a chunk in front of it");
    part.sound = false;
  } else {
    Note rebuilt;
    rebuilt.facts = part.tally.take();
    rebuilt.compressed_size = part.chunk->size;
    rebuilt.previous_note = part.note_before == 0 ? 0 : found_.offset - part.note_before;
    part.totals.add_chunk(part.chunk->offset - part.offset, rebuilt.facts, part.chunk->size);
    if (part.chunk->sound) compare_note(*stored, rebuilt);
  }
  part.chunk.reset();
  part.note_before = found_.offset;
  part.link = stored->link;  // so that only the first break is named
}

void Verifier::compare_note(const Note& stored, Note& rebuilt) {
  const auto& a = rebuilt.facts;
  const auto& b = stored.facts;
  const auto compare = [&](const char* check, const char* field, auto wanted, auto met) {
    if (wanted != met) problem(found_.offset, check, expected(field, wanted, met));
  };
  compare("note", "events", a.events, b.events);
  compare("note", "flags", a.flags, b.flags);
  compare("note", "firstSession", a.first_session, b.first_session);
  compare("note", "firstOrdinal", a.first_ordinal, b.first_ordinal);
  compare("note", "lastOrdinal", a.last_ordinal, b.last_ordinal);
  compare("note", "minReceivedAt", a.min_received_at, b.min_received_at);
  compare("note", "maxReceivedAt", a.max_received_at, b.max_received_at);
  compare("note", "plainSize", a.plain_size, b.plain_size);
  compare("note", "compressedSize", rebuilt.compressed_size, stored.compressed_size);
  // Behind damage the note before may be one that was lost, and the link is not known.
  if (part_->sound) compare("note", "previousNote", rebuilt.previous_note, stored.previous_note);
  compare("digest", "rawDigest", a.raw_digest, b.raw_digest);
  const auto link = next_link(part_->link, part_->chunk->digest, found_.payload);
  if (part_->sound && link != stored.link) {
    problem(found_.offset, "chain",
            "link: expected " + hex(Bytes(link)) + ", met " + hex(Bytes(stored.link)));
  }
  rebuilt.link = stored.link;
  const auto bytes = build_note(rebuilt);
  const bool equal =
      std::equal(bytes.begin(), bytes.end(), found_.payload.begin(), found_.payload.end());
  if (part_->sound && exact() && !equal)
    problem(found_.offset, "note", "its bytes are not those of its fields");
}

void Verifier::summary() {
  needs_open_part("a summary");
  auto& part = *part_;
  part.summed = true;
  if (part.chunk) {
    problem(part.chunk->offset, "note", "the chunk has no note");
    part.sound = false;
    part.chunk.reset();
  }
  if (!part.sound || !exact()) return;
  const auto frame = loader_.stored(found_);
  if (frame.size() < found_.length) return;  // larger than what a pipe keeps
  const auto rebuilt = part.totals.build(part.link);
  const auto stored = frame.subspan(kSkippableHeader);
  if (!std::equal(rebuilt.begin(), rebuilt.end(), stored.begin(), stored.end())) {
    problem(found_.offset, "summary", "is not what the chunks say");
  }
  if (recorded() && part.events > 0 &&
      part.last_kind != static_cast<std::uint16_t>(event::Kind::END)) {
    problem(found_.offset, "message", "the last event of a closed tape is no end event");
  }
}

void Verifier::seek_table() {
  needs_open_part("a seek table");
  auto& part = *part_;
  part.closed = true;
  if (!part.summed && part.sound)
    problem(found_.offset, "summary", "there is none in front of the seek table");
  const auto rebuilt = build_seek_table(part.entries);
  const auto stored = loader_.stored(found_);
  if (part.sound && !std::equal(rebuilt.begin(), rebuilt.end(), stored.begin(), stored.end())) {
    problem(found_.offset, "seek-table", "is not what the frames are");
  }
}

}  // namespace

Verdict verify(const std::string& path) { return Verifier(path).run(); }

}  // namespace tape::log
