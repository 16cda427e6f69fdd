#include <tape/base/error.h>
#include <tape/log/format.h>
#include <tape/log/frame_bytes.h>
#include <tape/log/loader.h>
#include <tape/log/verify.h>

#include <fcntl.h>
#include <kj/exception.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tape::log {
namespace {

// Frames that cannot be rebuilt and are named one by one.
constexpr std::size_t kMaxLost = 10'000;

/// The input as a file that can be read twice: itself, or a copy of a pipe in the directory for
/// temporary files.
Fd twice(Fd input, const std::string& name) {
  struct stat about {};
  if (::fstat(input.get(), &about) != 0) throw system_error(name, errno);
  if (S_ISREG(about.st_mode)) return input;
  const char* place = std::getenv("TMPDIR");
  std::string path = std::string(place != nullptr ? place : "/tmp") + "/tape-recover-XXXXXX";
  Fd copy(::mkostemp(path.data(), O_CLOEXEC));
  if (!copy) throw system_error(path, errno);
  (void)::unlink(path.c_str());
  std::vector<std::uint8_t> buffer(std::size_t{256} << 10U);
  while (const auto got = read_some(input.get(), buffer.data(), buffer.size(), name)) {
    write_all(copy.get(), {buffer.data(), got}, path);
  }
  return copy;
}

Fd duplicate(const Fd& fd) {
  Fd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy) throw system_error("cannot duplicate a descriptor", errno);
  return copy;
}

/// What a first reading finds out.
struct Survey {
  Recovered result;
  PreambleInfo info;
};

Survey survey(Fd input, const std::string& name) {
  Reader reader(std::move(input), name);
  Survey survey;
  std::unordered_set<std::uint64_t> sessions;
  while (const auto* event = reader.next()) {
    if (sessions.size() < 2) sessions.insert(event->session);
  }
  survey.result.lost = reader.damages();
  survey.result.tail = reader.tail();
  if (reader.tail() == Tail::torn) {
    Damage tail;
    tail.offset = reader.tail_offset();
    tail.what = "the torn tail";
    survey.result.lost.push_back(std::move(tail));
  }
  if (sessions.size() == 1) survey.info.session = *sessions.begin();
  if (!reader.preambles().empty()) {
    const auto& first = reader.preambles().front();
    survey.info.started_at = first.started_at;
    survey.info.flush_interval = first.flush_interval;
    survey.info.sync_interval = first.sync_interval;
  }
  return survey;
}

class Rescue {
 public:
  Rescue(Writer& writer, Recovered& result) : writer_(writer), result_(result) {}

  void copy(Loader& loader) {
    Found found;
    for (loader.next(found); found.part != Part::end; loader.next(found)) {
      if (found.part == Part::chunk) {
        whole_chunk(loader.stored(found), found.plain.view());
      } else if (found.part == Part::piece) {
        if (found.offset != piece_of_) {
          writer_.end_chunk();
          ++result_.chunks_rewritten;
          piece_of_ = found.offset;
          shapes_.begin_chunk();
        }
        each_event(found.plain.view());
      }
    }
  }

 private:
  void whole_chunk(Bytes stored, std::span<const capnp::word> plain) {
    try {
      writer_.copy_chunk(stored, plain);
    } catch (const Error& e) {
      if (e.fault != Fault::format) throw;
      writer_.end_chunk();
      shapes_.begin_chunk();
      each_event(plain);
      writer_.end_chunk();
      ++result_.chunks_rewritten;
      return;
    }
    ++result_.chunks_copied;
    note_last(plain);
  }

  void each_event(std::span<const capnp::word> plain) {
    bad_ = 0;
    while (!plain.empty() && bad_ <= kMaxBadMessages) {
      const auto size = event::parse_framed_size(plain);
      if (size.state != event::FramedState::whole) return;
      one_event(plain.first(size.words));
      plain = plain.subspan(size.words);
    }
  }

  void one_event(std::span<const capnp::word> framed) {
    try {
      view_.reset(framed);
      const auto event = view_.event();
      const auto session = event.getSession();
      const bool follows = session == session_ && ordinal_ != 0;
      const auto stored = event.getOrdinal();
      if (stored == 0 && !follows) return;  // without an identity it is no event
      session_ = session;
      ordinal_ = stored != 0 ? stored : ordinal_ + 1;
      shapes_.see(event);
      copy(event, framed.size_bytes());
    } catch (const kj::Exception&) {
      // The survey has listed it. It counts, so that those behind it keep their ordinals.
      if (ordinal_ != 0) ++ordinal_;
      ++bad_;
      return;
    }
    writer_.copy(message_, session_, ordinal_);
    ++result_.events;
  }

  /// Of an event whose frame cannot be rebuilt, what it means is saved.
  void copy(schema::Event::Reader event, std::size_t framed) try {
    copier_.copy(event, framed, &shapes_, message_);
  } catch (const Error& e) {
    if (e.fault != Fault::format) throw;
    message_.copy_with_raw(event, "").getRaw().setNone();
    Damage lost;
    lost.session = session_;
    lost.first_ordinal = lost.last_ordinal = ordinal_;
    lost.what = e.what();
    if (result_.lost.size() < kMaxLost) result_.lost.push_back(std::move(lost));
  }

  /// Ordinals go on behind a chunk that was copied untouched.
  void note_last(std::span<const capnp::word> plain) {
    while (!plain.empty()) {
      const auto size = event::parse_framed_size(plain);
      view_.reset(plain.first(size.words));
      const auto stored = view_.event().getOrdinal();
      session_ = view_.event().getSession();
      ordinal_ = stored != 0 ? stored : ordinal_ + 1;
      ++result_.events;
      plain = plain.subspan(size.words);
    }
  }

  Writer& writer_;
  Recovered& result_;
  event::View view_;
  event::Message message_;
  EventCopier copier_;
  shape::ChunkShapes shapes_;
  std::size_t bad_ = 0;
  std::uint64_t session_ = 0;
  std::uint64_t ordinal_ = 0;
  std::uint64_t piece_of_ = UINT64_MAX;
};

}  // namespace

Recovered recover(const std::string& path, Sink& sink, const std::string& recorder) {
  const std::string name = path == "-" ? "stdin" : path;
  const auto input = twice(open_input(path), name);
  auto found = survey(duplicate(input), name);
  found.info.recorder = recorder;
  found.info.derived = true;
  Writer writer(sink, {}, found.info);
  Loader loader(duplicate(input), name, false);
  loader.recognise();
  Rescue(writer, found.result).copy(loader);
  (void)writer.close();
  return std::move(found.result);
}

}  // namespace tape::log
