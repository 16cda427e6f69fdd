#include <tape/base/error.h>
#include <tape/base/queue.h>
#include <tape/log/ahead.h>
#include <tape/log/format.h>
#include <tape/log/index.h>
#include <tape/log/loader.h>
#include <tape/log/reader.h>

#include <kj/exception.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace tape::log {
namespace {

// Decompressed ahead: one waits, one is being made, one is read from.
constexpr std::size_t kAhead = 1;
constexpr std::size_t kSteps = kAhead + 2;
// A hostile chunk holds millions of messages that are none; no one reads a longer list.
constexpr std::size_t kMaxDamages = 10'000;

}  // namespace

struct Reader::Impl {
  std::string path;
  ReaderOptions options;
  Loader loader;
  Found current;
  std::span<const capnp::word> rest;  // of the current chunk or piece
  event::View view;
  EventRef ref;
  shape::ChunkShapes shapes;
  std::uint64_t shapes_of = UINT64_MAX;  // offset of the chunk they are of
  std::size_t bad_messages = 0;          // of the current chunk or piece
  std::size_t next_frame = 0;            // in current.frames
  std::uint64_t last_session = 0;
  std::uint64_t last_ordinal = 0;  // 0: no event yet
  bool started = false;
  bool ended = false;
  Tail tail = Tail::open;
  std::uint64_t tail_offset = 0;
  std::vector<Damage> damages;
  std::vector<Damage> unsettled;  // whose missing ordinals the next event or note tells
  std::vector<Preamble> preambles;
  Queue<Found> ready{kAhead};
  Queue<Found> spare{kSteps};
  std::jthread thread;

  Impl(Fd input, const std::string& name, const ReaderOptions& chosen)
      : path(name), options(chosen), loader(std::move(input), name, chosen.follow) {
    loader.recognise();
    options.prefetch = options.prefetch && !options.follow && loader.source().regular();
    note_preamble(0);
    if (options.frames != FrameUse::unwanted) ref.shapes = &shapes;
  }
  ~Impl() {
    ready.close();
    spare.close();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void prefetch() {
    for (std::size_t i = 0; i < kSteps - 1; ++i) (void)spare.push(Found{});
    thread = std::jthread([this] {
      FramesAhead ahead;
      while (auto found = spare.pop()) {
        try {
          loader.next(*found);
          if (options.frames == FrameUse::ahead) ahead.rebuild(*found);
        } catch (...) {
          found->failure = std::current_exception();
        }
        const bool last = found->part == Part::end || found->failure;
        if (!ready.push(std::move(*found)) || last) return;
      }
    });
  }

  void fetch() {
    if (!options.prefetch) {
      loader.next(current);
      return;
    }
    if (!std::exchange(started, true)) prefetch();
    (void)spare.push(std::move(current));
    auto found = ready.pop();
    if (!found) throw Error(Fault::internal, path + ": the reader is at its end");
    current = std::move(*found);
    if (current.failure) {
      ended = true;
      std::rethrow_exception(current.failure);
    }
  }

  void note_preamble(std::uint64_t offset) {
    if (!loader.source().regular()) return;
    if (auto preamble = preamble_at(loader.source(), offset)) add_preamble(std::move(*preamble));
  }

  void add_preamble(Preamble preamble) {
    for (const auto& known : preambles) {
      if (known.offset == preamble.offset) return;
    }
    preambles.push_back(std::move(preamble));
  }

  bool take();
  const EventRef* take_message();
  void take_frame(std::span<const capnp::word> framed);
  void settle(std::uint64_t session, std::uint64_t last_missing);
  void settle_by_note();
  void list_unsettled();
  void reject(std::size_t bytes, const std::string& what);
  void start_at(const std::vector<IndexPart>& parts, const IndexPosition& position);
};

/// Takes the next step of the walk. False: nothing more, now or at all.
bool Reader::Impl::take() {
  fetch();
  rest = {};
  bad_messages = 0;
  next_frame = 0;
  switch (current.part) {
    case Part::chunk:
    case Part::piece:
      rest = current.plain.view();
      if (std::exchange(shapes_of, current.offset) != current.offset) shapes.begin_chunk();
      break;
    case Part::preamble:
      add_preamble(parse_preamble(current.payload, current.offset, path));
      break;
    case Part::note:
      settle_by_note();
      break;
    case Part::damage:
      if (unsettled.size() >= kMaxDamages) list_unsettled();
      unsettled.push_back({current.offset, current.length, 0, 0, 0, current.what});
      break;
    case Part::wait:
    case Part::end:
      settle(0, 0);
      tail = current.tail;
      tail_offset = current.offset;
      ended = current.part == Part::end;
      return false;
    case Part::summary:
    case Part::seek_table:
    case Part::unknown:
      break;
  }
  return true;
}

/// Null: not a message; it was passed over.
const EventRef* Reader::Impl::take_message() {
  const auto size = event::parse_framed_size(rest);
  if (size.state != event::FramedState::whole) {
    reject(rest.size() * sizeof(capnp::word), "expected a message, met bytes that are none");
    rest = {};
    return nullptr;
  }
  const auto framed = rest.first(size.words);
  rest = rest.subspan(size.words);
  try {
    view.reset(framed);
    ref.event = view.event();
    if (options.frames != FrameUse::unwanted) shapes.see(ref.event);
    ref.session = ref.event.getSession();
    const auto stored = ref.event.getOrdinal();
    const bool follows = last_ordinal != 0 && ref.session == last_session;
    ref.ordinal = stored != 0 ? stored : follows ? last_ordinal + 1 : 0;
  } catch (const kj::Exception& e) {
    reject(framed.size_bytes(), e.getDescription().cStr());
    if (++bad_messages > kMaxBadMessages) rest = {};
    return nullptr;
  }
  take_frame(framed);
  if (!unsettled.empty()) settle(ref.session, ref.ordinal == 0 ? 0 : ref.ordinal - 1);
  ref.chunk_offset = current.offset;
  ref.framed = framed;
  last_session = ref.session;
  last_ordinal = ref.ordinal;
  return &ref;
}

/// The frame of the message at hand, if it was rebuilt ahead.
void Reader::Impl::take_frame(std::span<const capnp::word> framed) {
  ref.rebuilt.reset();
  const auto& frames = current.frames;
  if (next_frame == frames.size()) return;
  const auto at = static_cast<std::size_t>(framed.data() - current.plain.view().data());
  while (next_frame < frames.size() && frames[next_frame].at < at) ++next_frame;
  if (next_frame == frames.size() || frames[next_frame].at != at) return;
  const auto& frame = frames[next_frame++];
  ref.rebuilt = std::string_view(current.text).substr(frame.begin, frame.size);
}

void Reader::Impl::reject(std::size_t bytes, const std::string& what) {
  if (damages.size() >= kMaxDamages) return;
  damages.push_back({current.offset, current.length, last_session, 0, 0,
                     "a message of " + std::to_string(bytes) + " bytes in this chunk: " + what});
}

/// Damage is followed by what continues at `session`, `last_missing` + 1; 0, 0: by nothing.
void Reader::Impl::settle(std::uint64_t session, std::uint64_t last_missing) {
  if (unsettled.empty()) return;
  auto& first = unsettled.front();
  if (last_ordinal != 0 && session == last_session && last_missing > last_ordinal) {
    first.session = session;
    first.first_ordinal = last_ordinal + 1;
    first.last_ordinal = last_missing;
  }
  list_unsettled();
}

void Reader::Impl::list_unsettled() {
  for (auto& damage : unsettled) {
    if (damages.size() < kMaxDamages) damages.push_back(std::move(damage));
  }
  unsettled.clear();
}

void Reader::Impl::settle_by_note() {
  if (unsettled.empty()) return;
  auto& damage = unsettled.back();
  const auto note = parse_note(current.payload);
  if (!note || damage.offset + damage.length != current.offset ||
      note->compressed_size < damage.length)
    return;
  const auto& facts = note->facts;
  const bool same = last_ordinal != 0 && facts.first_session == last_session;
  if (!same || last_ordinal < facts.last_ordinal) {
    damage.session = facts.first_session;
    // Events from blocks in front of the damage were handed out.
    damage.first_ordinal =
        same ? std::max(facts.first_ordinal, last_ordinal + 1) : facts.first_ordinal;
    damage.last_ordinal = facts.last_ordinal;
  }
  last_session = facts.first_session;
  last_ordinal = std::max(same ? last_ordinal : 0, facts.last_ordinal);
  list_unsettled();
}

void Reader::Impl::start_at(const std::vector<IndexPart>& parts, const IndexPosition& position) {
  for (std::size_t i = 0; i <= position.part; ++i) note_preamble(parts[i].offset);
  loader.start_at(position.offset);
}

Reader::Reader(const std::string& path, const ReaderOptions& options)
    : Reader(open_input(path), path == "-" ? "stdin" : path, options) {}

Reader::Reader(Fd input, const std::string& name, const ReaderOptions& options)
    : impl_(std::make_unique<Impl>(std::move(input), name, options)) {}

Reader::~Reader() = default;

const EventRef* Reader::next() {
  auto& impl = *impl_;
  for (;;) {
    while (!impl.rest.empty()) {
      if (const auto* event = impl.take_message()) return event;
    }
    if (impl.ended || !impl.take()) return nullptr;
  }
}

void Reader::reject(const std::string& what) {
  impl_->reject(impl_->ref.framed.size_bytes(), what);
}

void Reader::seek(Nanos moment) {
  const auto parts = build_index(impl_->loader.source());
  if (!parts.empty()) impl_->start_at(parts, find_moment(parts, moment));
}

void Reader::seek(std::uint64_t session, std::uint64_t ordinal) {
  const auto parts = build_index(impl_->loader.source());
  if (!parts.empty()) impl_->start_at(parts, find_ordinal(parts, session, ordinal));
}

void Reader::seek_offset(std::uint64_t offset) {
  if (impl_->loader.source().regular()) impl_->loader.start_at(offset);
}

Tail Reader::tail() const { return impl_->tail; }
std::uint64_t Reader::tail_offset() const { return impl_->tail_offset; }
const std::vector<Damage>& Reader::damages() const { return impl_->damages; }
const std::vector<Preamble>& Reader::preambles() const { return impl_->preambles; }
const std::string& Reader::path() const { return impl_->path; }
bool Reader::regular_file() const { return impl_->loader.source().regular(); }

std::unique_ptr<capnp::FlatArrayMessageReader> SummaryPart::read() const {
  capnp::ReaderOptions limits;
  limits.traversalLimitInWords = words.size() * 16 + 4096;
  limits.nestingLimit = 8;
  return std::make_unique<capnp::FlatArrayMessageReader>(
      kj::ArrayPtr<const capnp::word>(words.data(), words.size()), limits);
}

std::vector<SummaryPart> read_summaries(const std::string& path) {
  const Source source(open_input(path), path);
  std::vector<SummaryPart> summaries;
  for (auto& part : build_index(source, IndexFrom::summaries)) {
    summaries.push_back({part.offset, part.size, std::move(part.summary)});
  }
  return summaries;
}

std::vector<std::uint64_t> checkpoints(const std::string& path, Nanos moment) {
  const Source source(open_input(path), path);
  std::vector<std::uint64_t> offsets;
  for (const auto& place : find_checkpoints(build_index(source), moment)) {
    offsets.push_back(place.offset);
  }
  return offsets;
}

}  // namespace tape::log
