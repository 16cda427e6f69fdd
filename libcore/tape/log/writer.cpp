#include <tape/base/error.h>
#include <tape/log/backend.h>
#include <tape/log/chunk.h>
#include <tape/log/frame_bytes.h>
#include <tape/log/writer.h>

#include <kj/exception.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>

namespace tape::log {
namespace {

// More than a shape adds to a message.
constexpr std::size_t kMaxShapeSize = shape::kMaxStored + 4096;

const WriterOptions& checked(const WriterOptions& options) {
  if (options.chunk_bytes == 0 || options.chunk_bytes > kMaxPlain) {
    throw Error(Fault::usage, "a chunk of " + std::to_string(options.chunk_bytes) +
                                  " bytes cannot be; choose from 1 to " +
                                  std::to_string(kMaxPlain));
  }
  return options;
}

}  // namespace

struct Writer::Impl {
  Sink& sink;
  const std::size_t chunk_bytes;
  Totals totals;
  Backend backend;
  ChunkTally tally;
  Piece piece;  // under construction
  std::uint64_t session;
  std::uint64_t next_ordinal;
  std::uint64_t last_session = 0;
  std::uint64_t last_ordinal = 0;
  std::uint64_t tickets = 0;
  std::size_t unflushed = 0;
  bool closed = false;
  std::unordered_set<std::uint64_t> shapes;  // that the chunk under construction carries
  std::uint64_t last_shape = 0;              // the one used last; 0: none

  Impl(Sink& target, const WriterOptions& options, const PreambleInfo& info)
      : sink(target),
        chunk_bytes(checked(options).chunk_bytes),
        backend(target, options, info, totals),
        session(info.session),
        next_ordinal(info.next_ordinal) {}

  void submit(Job::Kind kind, const ChunkFacts& facts = {}, std::uint64_t ticket = 0,
              Nanos oldest = 0) {
    if (piece.capacity == 0) piece = backend.take();
    backend.submit({kind, std::exchange(piece, {}), facts, ticket, oldest});
    if (kind != Job::Kind::data) unflushed = 0;
  }

  /// `size` writable bytes at the end of the chunk.
  std::uint8_t* room(std::size_t size) {
    if (piece.capacity > 0 && piece.size > 0 && piece.size + size > piece.capacity)
      submit(Job::Kind::data);
    if (piece.capacity == 0) piece = backend.take();
    if (piece.size == 0) piece.reserve(size);
    return piece.bytes.get() + piece.size;
  }

  /// The first event of a chunk that uses a shape carries it. False: nothing was attached.
  bool attach_shape(event::Message& message) {
    const auto& event = message.reader();
    if (!event.getRaw().isRendered()) return false;
    if (!message.origin())
      throw Error(Fault::internal, "an event that is rendered came without its frame");
    const auto hash = event.getRaw().getRendered().getShape();
    if (hash == last_shape && hash != 0) return false;
    last_shape = hash;
    if (!shapes.insert(hash).second) return false;
    const auto stored = message.origin()->shape;
    message.event().getRaw().getRendered().setProgram(
        capnp::Data::Reader(stored.data(), stored.size()));
    return true;
  }

  void add(event::Message& message, std::uint64_t session_id, std::uint64_t ordinal) {
    backend.check();
    auto size = message.framed_size();
    const bool full = tally.plain_size() + size + kMaxShapeSize > kMaxPlain ||
                      shapes.size() == shape::kMaxShapes / 2;
    if (message.origin() && full) end_chunk();
    if (attach_shape(message)) size = message.framed_size();
    if (size > event::kMaxMessage) {
      throw Error(Fault::limit, "an event of " + std::to_string(size) + " bytes is larger than " +
                                    std::to_string(event::kMaxMessage));
    }
    if (tally.plain_size() + size > kMaxPlain) end_chunk();
    const bool follows =
        !tally.empty() && session_id == last_session && ordinal == last_ordinal + 1;
    message.set_place(session_id, follows ? 0 : ordinal);
    last_session = session_id;
    last_ordinal = ordinal;
    message.write(room(size));
    piece.size += size;
    unflushed += size;
    const auto raw = message.origin() ? std::optional(message.origin()->frame)
                                      : event::raw_bytes(message.reader());
    const auto facts = facts_of(message, session_id, ordinal, raw);
    tally.add(facts, size);
    totals.add(facts);
    if (tally.plain_size() >= chunk_bytes) end_chunk();
  }

  void end_chunk() {
    shapes.clear();
    last_shape = 0;
    if (!tally.empty()) submit(Job::Kind::end_chunk, tally.take());
  }

  void add_stored(Bytes stored, std::span<const capnp::word> plain);
};

Writer::Writer(Sink& sink, const WriterOptions& options, const PreambleInfo& info)
    : impl_(std::make_unique<Impl>(sink, options, info)) {}

Writer::~Writer() {
  if (impl_->closed) return;
  try {
    (void)close();
  } catch (...) {
    // The destructor does its best; whoever wants to know calls close().
  }
}

std::uint64_t Writer::append(event::Message& message) {
  const auto ordinal = impl_->next_ordinal;
  impl_->add(message, impl_->session, ordinal);
  impl_->next_ordinal = ordinal + 1;
  return ordinal;
}

void Writer::copy(event::Message& message, std::uint64_t session, std::uint64_t ordinal) {
  impl_->add(message, session, ordinal);
}

/// Calls `visit(facts, bytes)` for every event. Throws before or at the first that is none.
template <typename Visit>
void for_each_event(std::span<const capnp::word> plain, Visit visit) {
  std::uint64_t ordinal = 0;
  event::View view;
  shape::ChunkShapes shapes;
  FrameBytes bytes;
  while (!plain.empty()) {
    const auto size = event::parse_framed_size(plain);
    if (size.state != event::FramedState::whole)
      throw Error(Fault::format, "a chunk holds what is no message");
    view.reset(plain.first(size.words));
    const auto event = view.event();
    if (event.getOrdinal() == 0 && ordinal == 0) {
      throw Error(Fault::format, "a chunk begins with an event that has no ordinal");
    }
    ordinal = event.getOrdinal() != 0 ? event.getOrdinal() : ordinal + 1;
    shapes.see(event);
    const auto framed = size.words * sizeof(capnp::word);
    visit(facts_of(event, event.getSession(), ordinal, bytes.of(event, framed, &shapes)), framed);
    plain = plain.subspan(size.words);
  }
}

void Writer::Impl::add_stored(Bytes stored, std::span<const capnp::word> plain) {
  if (plain.empty()) return;
  for_each_event(plain, [](const EventFacts&, std::size_t) {});  // all of it, or nothing
  end_chunk();
  for_each_event(plain, [&](const EventFacts& facts, std::size_t bytes) {
    tally.add(facts, bytes);
    totals.add(facts);
    last_session = facts.session;
    last_ordinal = facts.ordinal;
  });
  if (piece.capacity == 0) piece = backend.take();
  piece.reserve(stored.size());
  std::memcpy(piece.bytes.get(), stored.data(), stored.size());
  piece.size = stored.size();
  submit(Job::Kind::stored_chunk, tally.take());
}

void Writer::copy_chunk(Bytes stored, std::span<const capnp::word> plain) {
  impl_->backend.check();
  try {
    impl_->add_stored(stored, plain);
  } catch (const kj::Exception& e) {
    throw Error(Fault::format,
                std::string("a chunk holds what is no event: ") + e.getDescription().cStr());
  }
}

void Writer::flush(Nanos oldest) {
  impl_->backend.check();
  if (impl_->unflushed > 0) impl_->submit(Job::Kind::flush, {}, 0, oldest);
}

const Delays& Writer::delays() const { return impl_->backend.delays(); }

void Writer::drain() {
  impl_->backend.check();
  impl_->submit(Job::Kind::flush, {}, ++impl_->tickets);
  impl_->backend.wait(impl_->tickets);
}

void Writer::end_chunk() {
  impl_->backend.check();
  impl_->end_chunk();
}

std::size_t Writer::unflushed() const { return impl_->unflushed; }

std::uint64_t Writer::bytes_written() const { return impl_->backend.builder().written(); }

std::uint64_t Writer::checkpoint_bytes() const {
  return impl_->backend.builder().checkpoint_bytes();
}

Closed Writer::close() {
  if (std::exchange(impl_->closed, true))
    throw Error(Fault::internal, "the writer is closed already");
  impl_->end_chunk();
  Closed closed;
  closed.bytes = impl_->backend.finish();
  closed.last_link = impl_->backend.builder().last_link();
  closed.next_ordinal = impl_->next_ordinal;
  closed.events = impl_->totals.events();
  impl_->sink.sync();
  return closed;
}

}  // namespace tape::log
