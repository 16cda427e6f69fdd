// Is it a tape? By its preamble or its first message, never by its name; and if not, what is it?
#include <tape/base/error.h>
#include <tape/event/event.h>
#include <tape/log/format.h>
#include <tape/log/loader.h>
#include <tape/schemas/file.capnp.h>

#include <capnp/serialize.h>
#include <kj/exception.h>

#include <algorithm>

namespace tape::log {
namespace {

// A tape whose front is damaged is known by what stands within that many bytes.
constexpr std::uint64_t kSearched = std::uint64_t{1} << 20U;

std::string describe(Bytes front) {
  const auto text = as_text(front);
  if (front.size() >= 2 && front[0] == 0x1F && front[1] == 0x8B) {
    return "is compressed with gzip; pipe it through gzip -dc into tape-record to make a tape of "
           "it";
  }
  if (front.size() >= 4 && load_u32(front, 0) == kDataMagic) {
    return "is compressed with zstd, but its first message is no session event; pipe it through "
           "zstd -dc into "
           "tape-record to make a tape of it";
  }
  const auto printable = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  };
  if (std::all_of(text.begin(), text.end(), printable)) {
    const auto first = text.find_first_not_of(" \r\n\t");
    const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
    return std::string("is ") + (json ? "JSON" : "plain text") + "; tape-record makes a tape of it";
  }
  return "is binary data of an unknown kind";
}

bool begins_with_session(const Plain& plain) {
  const auto size = event::parse_framed_size(plain.view());
  if (size.state != event::FramedState::whole) return false;
  try {
    event::View view;
    view.reset(plain.view().first(size.words));
    return view.event().getBody().isSession();
  } catch (const kj::Exception&) {
    return false;
  }
}

}  // namespace

void Loader::recognise() {
  constexpr std::size_t kFront = kSkippableHeader + kPreambleHead;
  const auto front = source_.get(0, kFront);
  if (front.empty()) throw Error(Fault::format, source_.name() + ": not a tape: is empty");
  const auto magic = front.size() >= 4 ? load_u32(front, 0) : 0;
  if (magic == kPreambleMagic && front.size() >= 12 &&
      as_text(front.subspan(kSkippableHeader, 4)) == "TAPE") {
    const auto look = frames_.look(0);
    if (look.state == Look::State::whole) {
      const auto frame = source_.get(0, static_cast<std::size_t>(look.length));
      const auto payload =
          frame.first(static_cast<std::size_t>(look.length)).subspan(kSkippableHeader);
      (void)parse_preamble(payload, 0, source_.name());
    }
    return;
  }
  Plain plain;
  if (magic == kDataMagic) {
    // What zstd -dc | zstd made of a tape, which has none of our frames.
    frames_.accept_foreign();
    if (frames_.first_plain(0, plain) && begins_with_session(plain)) {
      foreign_ = true;
      return;
    }
  }
  for (std::uint64_t at = 1; frames_.search_within(at, kSearched); ++at) {
    const auto part = frames_.look(at).part;
    if (part == Part::preamble || part == Part::note) return;
    if (part == Part::chunk && frames_.first_plain(at, plain) && begins_with_session(plain)) return;
  }
  const auto shown = source_.get(0, kFront);
  const bool begins =
      is_skippable(magic) || (shown.size() < 4 && shown[0] == (kPreambleMagic & 0xFFU));
  throw Error(Fault::format,
              source_.name() + ": not a tape: " +
                  (begins && shown.size() < kFront
                       ? "is too short, it ends inside its first frame"
                       : describe(shown.first(std::min<std::size_t>(shown.size(), 4096)))));
}

Preamble parse_preamble(Bytes payload, std::uint64_t offset, const std::string& name) {
  Preamble preamble;
  preamble.offset = offset;
  if (payload.size() < kPreambleHead) return preamble;
  preamble.major = payload[4];
  preamble.minor = payload[5];
  if (preamble.major > kMajor) {
    throw Error(Fault::format, name + ": offset " + std::to_string(offset) +
                                   ": a tape of format version " + std::to_string(preamble.major) +
                                   "." + std::to_string(preamble.minor) +
                                   ", this program reads up to version " + std::to_string(kMajor) +
                                   "; use a newer tape");
  }
  const auto words = framed_words(payload.subspan(kPreambleHead));
  if (!words) return preamble;
  try {
    capnp::FlatArrayMessageReader reader({words->data(), words->size()});
    const auto root = reader.getRoot<schema::Preamble>();
    preamble.session = root.getSession();
    preamble.started_at = root.getStartedAt();
    preamble.flush_interval = root.getFlushInterval();
    preamble.sync_interval = root.getSyncInterval();
    preamble.derived = root.getDerived();
    preamble.recorder = std::string(event::view(root.getRecorder()));
    const auto link = root.getPreviousLink();
    preamble.previous_link.assign(reinterpret_cast<const char*>(link.begin()), link.size());
  } catch (const kj::Exception&) {
    // A preamble that is no message says nothing; the tape reads without it.
  }
  return preamble;
}

}  // namespace tape::log
