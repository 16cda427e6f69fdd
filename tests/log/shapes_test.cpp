// Rendered frames on tapes: every chunk carries the shapes it uses, readers give the frames back,
// and damage to a shape costs what needed it and no more.
#include <tape/base/error.h>
#include <tape/log/frame_bytes.h>
#include <tape/shape/learn.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>

#include <algorithm>
#include <optional>
#include <set>

using namespace tape;
using namespace tape::log;
using namespace tape::log::testing;

namespace {

/// {"what":"<word>","number":N,"price":"P"} of trades; a shape for every word.
class Feed {
 public:
  explicit Feed(const std::string& word) : word_(word) {
    auto bytes = frame(1);
    const auto size = bytes.size();
    bytes.append(event::kFramePadding, ' ');
    shape::Outliner outliner;
    const auto items = outliner.outline({bytes.data(), size});
    std::vector<shape::Decision> decisions(items.size());
    const auto event = event::layout_of(capnp::Schema::from<schema::Event>());
    const auto trade = event::layout_of(capnp::Schema::from<schema::Trade>());
    const auto body = event::layout_of(event.find("body").structure).find("trade").offset;
    using shape::Form;
    decisions[2].kind = decisions[3].kind = shape::Decision::Kind::value;
    decisions[2].binding = {
        Form::number, 1, event::SlotType::uint64, trade.find("number").offset, 0, 0, 1, {}};
    const auto& price = trade.find("price");
    decisions[3].binding = {Form::decimal, 1, {}, price.offset, price.exponent_offset, 0, 1, {}};
    program_ = shape::build(
        std::string_view(bytes).substr(0, size), items, decisions,
        {shape::Scope{}, {shape::Scope::Kind::structure, 0, static_cast<std::uint16_t>(body)}});
    REQUIRE(program_);
  }

  [[nodiscard]] std::string frame(std::uint64_t number) const {
    return R"({"what":")" + word_ + R"(","number":)" + std::to_string(number) + R"(,"price":")" +
           format_decimal({static_cast<std::int64_t>(number * 7), -2}) + "\"}";
  }

  /// The frame stays with this until the next call.
  void make(event::Message& message, std::uint64_t number) {
    frame_ = frame(number);
    auto event = message.start();
    event.setReceivedAt(kStart + static_cast<Nanos>(number) * kSecond);
    auto trade = event.getBody().initTrade();
    trade.setNumber(number);
    event::set_decimal(trade.getPrice(), {static_cast<std::int64_t>(number * 7), -2});
    event.getRaw().initRendered().setShape(program_->hash);
    message.set_origin({frame_, as_bytes(program_->stored)});
  }
  [[nodiscard]] const shape::Program& program() const { return *program_; }

 private:
  std::string word_;
  std::string frame_;
  std::optional<shape::Program> program_;
};

constexpr std::uint64_t kFrames = 40;

/// Frames of two feeds by turns, in chunks of `per_chunk`; `frames` is what went in.
struct Recorded {
  std::vector<std::string> frames;
  Buffer tape;

  explicit Recorded(std::uint64_t per_chunk = 10, bool close = true) {
    MemorySink sink;
    WriterOptions options;
    options.threaded = false;
    Writer writer(sink, options, info_of({}));
    event::Message message;
    session_event(message);
    (void)writer.append(message);
    Feed feeds[] = {Feed("a"), Feed("b")};
    for (std::uint64_t i = 0; i < kFrames; ++i) {
      feeds[i % 2].make(message, i);
      frames.push_back(feeds[i % 2].frame(i));
      (void)writer.append(message);
      if (i % per_chunk == per_chunk - 1) writer.end_chunk();
    }
    if (!close) {
      writer.drain();
      tape = sink.bytes;
      return;
    }
    end_event(message, kStart + 1000 * kSecond);
    (void)writer.append(message);
    (void)writer.close();
    tape = sink.bytes;
  }
};

struct Back {
  std::vector<std::string> frames;
  std::size_t carrying = 0;  // events that carry a shape
  std::size_t ahead = 0;     // frames that were rebuilt ahead
  std::vector<std::string> errors;
  std::set<std::uint64_t> chunks;
};

Back read_back(Bytes tape, Nanos from, bool ahead) {
  Back back;
  ReaderOptions options;
  options.prefetch = ahead;
  options.frames = ahead ? FrameUse::ahead : FrameUse::on_demand;
  Reader reader(memory_file(tape), "memory", options);
  if (from != 0) reader.seek(from);
  FrameBytes bytes;
  while (const auto* ref = reader.next()) {
    back.chunks.insert(ref->chunk_offset);
    const auto raw = ref->event.getRaw();
    if (ref->rebuilt) ++back.ahead;
    if (raw.isRendered() && raw.getRendered().hasProgram()) ++back.carrying;
    try {
      if (const auto frame = bytes.of(*ref)) back.frames.emplace_back(*frame);
    } catch (const Error& error) {
      CHECK(error.fault == Fault::format);
      back.errors.emplace_back(error.what());
    }
  }
  CHECK(reader.damages().empty());
  return back;
}

/// With frames rebuilt as they are read, and ahead: both ways give the same.
Back read_back(Bytes tape, Nanos from = 0) {
  auto back = read_back(tape, from, false);
  const auto ahead = read_back(tape, from, true);
  CHECK(ahead.frames == back.frames);
  CHECK(ahead.errors == back.errors);
  CHECK(back.ahead == 0);
  back.ahead = ahead.ahead;
  return back;
}

}  // namespace

TEST_CASE("rendered frames come back, and every chunk carries the shapes it uses once") {
  const Recorded recorded;
  const auto back = read_back(recorded.tape);
  CHECK(back.frames == recorded.frames);
  CHECK(back.errors.empty());
  // The last chunk holds the end event alone.
  CHECK(back.chunks.size() == 5);
  CHECK(back.carrying == 4 * 2);
  CHECK(back.ahead > back.frames.size() / 4);
  CHECK(back.ahead < back.frames.size());
}

TEST_CASE("a reader that begins in the middle has the shapes it needs") {
  const Recorded recorded;
  const auto back = read_back(recorded.tape, kStart + 25 * kSecond);
  CHECK(back.errors.empty());
  REQUIRE(back.frames.size() >= 15);
  REQUIRE(back.frames.size() < recorded.frames.size());
  CHECK(std::equal(back.frames.rbegin(), back.frames.rend(), recorded.frames.rbegin()));
}

TEST_CASE("the digest of a chunk is over the frames, and verifying rebuilds them") {
  const Recorded recorded;
  Folder folder;
  write_file(folder / "good.tape", recorded.tape);
  const auto good = verify(folder / "good.tape");
  CHECK(good.problems.empty());
  CHECK(good.frames == kFrames);

  // The same events under a shape that gives other bytes: everything else still fits.
  MemorySink sink;
  WriterOptions options;
  options.threaded = false;
  Writer writer(sink, options, info_of({}));
  event::Message message;
  session_event(message);
  (void)writer.append(message);
  Feed feed("a");
  const Feed other("x");
  feed.make(message, 1);
  message.event().getRaw().getRendered().setShape(other.program().hash);
  const auto frame = feed.frame(1);
  message.set_origin({frame, as_bytes(other.program().stored)});
  (void)writer.append(message);
  end_event(message, kStart + 1000 * kSecond);
  (void)writer.append(message);
  (void)writer.close();
  write_file(folder / "bad.tape", sink.bytes);
  const auto bad = verify(folder / "bad.tape");
  REQUIRE(!bad.problems.empty());
  CHECK(bad.problems.front().check == std::string("digest"));
}

TEST_CASE("an event that carries no origin cannot be appended as rendered") {
  MemorySink sink;
  WriterOptions options;
  options.threaded = false;
  Writer writer(sink, options, info_of({}));
  event::Message message;
  message.start().getRaw().initRendered().setShape(1);
  CHECK_THROWS_AS(writer.append(message), Error);
}

TEST_CASE("a damaged shape costs the frames that need it, and is told") {
  // One chunk; the first event of feed a carries a shape that is none.
  MemorySink sink;
  WriterOptions options;
  options.threaded = false;
  {
    Writer writer(sink, options, info_of({}));
    event::Message message;
    session_event(message);
    (void)writer.append(message);
    Feed a("a");
    Feed b("b");
    const std::string rubbish = "no shape at all";
    for (std::uint64_t i = 0; i < 10; ++i) {
      auto& feed = i % 2 == 0 ? a : b;
      feed.make(message, i);
      const auto frame = feed.frame(i);
      if (i % 2 == 0) message.set_origin({frame, as_bytes(rubbish)});
      (void)writer.append(message);
    }
    (void)writer.close();
  }
  const auto back = read_back(sink.bytes);
  CHECK(back.frames.size() == 5);
  CHECK(back.errors.size() == 5);
  for (const auto& error : back.errors) CHECK(error.find("cannot be rebuilt") != std::string::npos);
  Folder folder;
  write_file(folder / "a.tape", sink.bytes);
  const auto verdict = verify(folder / "a.tape");
  const auto told =
      std::count_if(verdict.problems.begin(), verdict.problems.end(),
                    [](const Problem& problem) { return problem.check == std::string("shape"); });
  CHECK(told == 5);

  // Saving keeps all events, and the frames of the others.
  MemorySink saved;
  const auto recovered = recover(folder / "a.tape", saved, "test 1");
  CHECK(recovered.lost.size() == 5);
  const auto again = read_back(saved.bytes);
  CHECK(again.frames.size() == 5);
  CHECK(again.errors.empty());
}

TEST_CASE("events go to other tapes and out of tapes with their frames") {
  const Recorded recorded;
  ReaderOptions options;
  options.prefetch = false;
  Reader reader(memory_file(recorded.tape), "memory", options);
  MemorySink sink;
  WriterOptions writing;
  writing.threaded = false;
  auto info = info_of({});
  info.derived = true;
  Writer writer(sink, writing, info);
  EventCopier copier;
  WholeEvent whole;
  event::Message message;
  event::View view;
  std::size_t frames = 0;
  while (const auto* ref = reader.next()) {
    // Some only, so that others carry the shapes.
    if (ref->ordinal % 3 != 0) {
      copier.copy(*ref, message);
      writer.copy(message, ref->session, ref->ordinal);
    }
    view.reset(whole.framed(*ref));
    CHECK(!view.event().getRaw().isRendered());
    if (view.event().getBody().isTrade())
      CHECK(event::raw_bytes(view.event()) == recorded.frames.at(frames++));
    view.reset(whole.with_ordinal(*ref));
    CHECK(view.event().getOrdinal() == ref->ordinal);
    CHECK(!view.event().getRaw().isRendered());
  }
  CHECK(frames == kFrames);
  (void)writer.close();
  const auto back = read_back(sink.bytes);
  CHECK(back.errors.empty());
  CHECK(back.carrying == 2);
  for (const auto& frame : back.frames)
    CHECK(std::count(recorded.frames.begin(), recorded.frames.end(), frame) == 1);
  CHECK(back.frames.size() > 20);
}

TEST_CASE("a tape whose recorder was killed is recovered with its frames") {
  for (const std::uint64_t per_chunk : {7U, 1000U}) {
    const Recorded recorded(per_chunk, false);
    Folder folder;
    write_file(folder / "open.tape", recorded.tape);
    const auto open = read_back(recorded.tape);
    CHECK(open.frames == recorded.frames);
    MemorySink saved;
    const auto recovered = recover(folder / "open.tape", saved, "test 1");
    CHECK(recovered.lost.empty());
    const auto back = read_back(saved.bytes);
    CHECK(back.frames == recorded.frames);
    CHECK(back.errors.empty());
    write_file(folder / "saved.tape", saved.bytes);
    CHECK(verify(folder / "saved.tape").problems.empty());
  }
}

TEST_CASE("a rendered tape cut at every byte gives whole frames or none") {
  const Recorded recorded(5);
  for (std::size_t size = 12; size < recorded.tape.size(); ++size) {
    ReaderOptions options;
    options.prefetch = false;
    std::optional<Reader> reader;
    try {
      reader.emplace(memory_file(Bytes(recorded.tape).first(size)), "memory", options);
    } catch (const Error&) {
      continue;  // too short to be told for a tape
    }
    FrameBytes bytes;
    std::size_t next = 0;
    while (const auto* ref = reader->next()) {
      if (const auto frame = bytes.of(*ref)) REQUIRE(*frame == recorded.frames.at(next++));
    }
  }
}
