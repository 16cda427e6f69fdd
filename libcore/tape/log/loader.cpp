#include <tape/base/error.h>
#include <tape/event/event.h>
#include <tape/log/format.h>
#include <tape/log/loader.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tape::log {
namespace {

constexpr std::size_t kMaxDataHeader = 18;
// A piece ends about here when there is more at hand.
constexpr std::size_t kPiecePlain = std::size_t{1} << 20U;

/// Bytes of whole messages at the front; everything when one is not valid, for the reader to say
/// so.
struct Messages {
  std::size_t whole = 0;
  std::size_t wanted = 0;  // bytes until the next one is whole, as far as that is known
};
Messages split(const Plain& plain) {
  const auto words = plain.view();
  std::size_t at = 0;
  while (at < words.size()) {
    const auto size = event::parse_framed_size(words.subspan(at));
    if (size.state == event::FramedState::invalid) return {plain.size, 0};
    if (size.state == event::FramedState::incomplete) {
      const auto wanted = std::max(size.words, words.size() - at + 1);
      return {at * sizeof(capnp::word), (at + wanted) * sizeof(capnp::word)};
    }
    at += size.words;
  }
  return {at * sizeof(capnp::word), plain.size + 1};
}

}  // namespace

Loader::Loader(Fd input, std::string name, bool follow)
    : source_(std::move(input), std::move(name)), frames_(source_, inflater_), follow_(follow) {}

Bytes Loader::stored(const Found& found) {
  const auto bytes = source_.get(found.offset, static_cast<std::size_t>(found.length));
  return bytes.first(std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(found.length)));
}

void Loader::next(Found& out) {
  out.plain.size = 0;
  out.last = false;
  out.what.clear();
  while (!step(out)) {
  }
}

/// False: nothing to hand out yet, go on.
bool Loader::step(Found& out) {
  if (pending_) {
    search_on(*std::exchange(pending_, std::nullopt), out);
    return true;
  }
  if (!stream_) {
    source_.skip_to(at_);
    const auto head = source_.get(at_, 4);
    if (head.empty()) {
      const bool clean = before_ == Part::seek_table && !torn_;
      found_end(at_, clean ? Tail::clean : torn_ ? Tail::torn : Tail::open, out);
      return true;
    }
    const bool data = head.size() >= 4 && load_u32(head, 0) == kDataMagic;
    if (data && (foreign_ || !source_.regular())) begin_stream(std::nullopt, false);
  }
  if (stream_) {
    stream(out);
    return out.part != Part::unknown;
  }
  const auto look = frames_.look(at_);
  if (look.state != Look::State::whole) {
    take_broken(look, out);
    return out.part != Part::unknown || stream_ == std::nullopt;
  }
  if (look.part == Part::chunk) {
    take_chunk(look, out);
    return !stream_;
  }
  take_whole(look, out);
  return true;
}

void Loader::take_whole(const Look& look, Found& out) {
  out.part = look.part;
  out.offset = at_;
  out.length = look.length;
  out.payload.clear();
  if (look.part == Part::preamble || look.part == Part::note) {
    const auto frame = source_.get(at_, static_cast<std::size_t>(look.length));
    out.payload.assign(frame.begin() + kSkippableHeader,
                       frame.begin() + static_cast<std::ptrdiff_t>(look.length));
  }
  before_ = look.part;
  torn_ = false;
  at_ += look.length;
}

std::size_t Loader::plain_hint(std::uint64_t note_at, std::uint64_t chunk_size) {
  constexpr std::size_t kEnough = 256;
  const auto bytes = source_.get(at_, static_cast<std::size_t>(note_at - at_) + kEnough);
  const auto frame =
      bytes.subspan(std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(note_at - at_)));
  if (frame.size() < kSkippableHeader || load_u32(frame, 0) != kNoteMagic) return 0;
  const auto size = load_u32(frame, 4);
  if (size > frame.size() - kSkippableHeader) return 0;
  const auto note = parse_note(frame.subspan(kSkippableHeader, size));
  return note && note->compressed_size == chunk_size
             ? static_cast<std::size_t>(note->facts.plain_size)
             : 0;
}

void Loader::take_chunk(const Look& look, Found& out) {
  const auto size = static_cast<std::size_t>(look.length);
  const auto hint = plain_hint(at_ + look.length, look.length);
  const auto frame = source_.get(at_, size).first(size);
  const auto wrong = inflater_.whole(frame, hint, look.plain_bound, out.plain);
  if (!wrong) {
    out.part = Part::chunk;
    out.offset = at_;
    out.length = look.length;
    before_ = Part::chunk;
    torn_ = false;
    at_ += look.length;
    return;
  }
  frames_.charge(look.plain_bound);
  out.plain.size = 0;
  auto from = at_ + 1;
  const auto next = frames_.search(from);
  if (next && *next < at_ + look.length && frames_.look(*next).part == Part::preamble) {
    begin_stream(next, false);  // a torn part, whose blocks seem to go on in the next one
    return;
  }
  found_damage(at_, next, "a chunk that does not decompress: " + *wrong, out);
}

void Loader::take_broken(const Look& look, Found& out) {
  const bool cut = look.state == Look::State::cut;
  out.part = Part::unknown;
  if (cut && follow_) {
    if (look.part == Part::chunk) {
      begin_stream(std::nullopt, false);
    } else {
      found_end(at_, Tail::torn, out);
    }
    return;
  }
  auto from = at_ + 1;
  const auto next = frames_.search(from);
  const bool cut_off = !next ? !follow_ : frames_.look(*next).part == Part::preamble;
  if (look.part == Part::chunk && source_.regular() && cut_off) {
    begin_stream(next, !next);
  } else if (!next && cut) {
    found_end(at_, Tail::torn, out);
  } else if (!next && follow_) {
    pending_ = Pending{at_, from, look.why};
    found_end(at_, Tail::torn, out);
  } else {
    found_damage(at_, next, cut ? "a frame that is cut off" : look.why, out);
  }
}

void Loader::found_damage(std::uint64_t from, std::optional<std::uint64_t> to, std::string why,
                          Found& out) {
  const auto end = to ? *to : source_.regular() ? source_.file_size() : source_.buffered_to();
  out.part = Part::damage;
  out.offset = from;
  out.length = end - std::min(end, from);
  out.what = std::move(why);
  at_ = std::max(end, from);
  torn_ = !to;
  before_ = Part::damage;
}

void Loader::search_on(Pending pending, Found& out) {
  const auto next = frames_.search(pending.search);
  if (!next && follow_) {
    found_end(pending.from, Tail::torn, out);
    pending_ = std::move(pending);
    return;
  }
  found_damage(pending.from, next, std::move(pending.why), out);
}

void Loader::found_end(std::uint64_t offset, Tail tail, Found& out) {
  out.part = follow_ ? Part::wait : Part::end;
  out.offset = offset;
  out.length = 0;
  out.tail = tail;
  if (!follow_) at_ = offset;
}

void Loader::begin_stream(std::optional<std::uint64_t> limit, bool nothing_follows) {
  stream_.emplace();
  stream_->frame = at_;
  stream_->limit = limit;
  stream_->nothing_follows = nothing_follows;
  carry_.size = 0;
  inflater_.begin();
}

void Loader::end_stream(std::uint64_t at) {
  stream_.reset();
  carry_.size = 0;
  at_ = at;
}

/// Bytes of the stream's frame, up to where it is cut off; fewer than wanted at the end.
Bytes Loader::stream_bytes(std::size_t from, std::size_t wanted) {
  auto& s = *stream_;
  // Damage is searched for from the frame's start on, as long as a chunk can be that large.
  const bool retain = from <= kMaxStored && !foreign_;
  source_.release(retain ? s.frame : s.frame + s.fed);
  const auto offset = s.frame + from;
  if (s.limit)
    wanted = std::min<std::size_t>(wanted,
                                   static_cast<std::size_t>(*s.limit - std::min(*s.limit, offset)));
  auto bytes = source_.get(offset, wanted);
  if (s.limit && offset + bytes.size() > *s.limit) {
    bytes = bytes.first(static_cast<std::size_t>(*s.limit - std::min(*s.limit, offset)));
  }
  return bytes;
}

/// Decompresses one more block.
Loader::Advance Loader::advance(Plain& out) {
  auto& s = *stream_;
  const auto fail = [&](std::string why) {
    s.error = std::move(why);
    return Advance::error;
  };
  if (s.next == 0) {
    const auto header = parse_data_header(stream_bytes(0, kMaxDataHeader / 3));
    const auto again = header.state == DataHeader::State::incomplete
                           ? parse_data_header(stream_bytes(0, kMaxDataHeader))
                           : header;
    if (again.state == DataHeader::State::incomplete) return Advance::cut;
    if (again.state == DataHeader::State::invalid)
      return fail("a zstd frame whose header no chunk has");
    if (!again.checksum && !foreign_) return fail("a zstd frame without content checksum");
    s.window = again.window;
    s.checksum = again.checksum;
    s.next = again.size;
  }
  const auto head = s.next - s.fed;
  auto bytes = stream_bytes(s.fed, head + kBlockHeader);
  if (bytes.size() < head + kBlockHeader) return Advance::cut;
  const auto block = parse_block(bytes.subspan(head, kBlockHeader), s.window);
  if (!block.valid) return fail("a zstd block whose header is not valid");
  const auto size = head + kBlockHeader + block.stored + (block.last && s.checksum ? kChecksum : 0);
  bytes = stream_bytes(s.fed, size);
  if (bytes.size() < size) return Advance::cut;
  const auto before = out.size;
  if (const auto wrong = inflater_.feed(bytes.first(size), out)) {
    out.size = before;
    return fail("a chunk that does not decompress: " + *wrong);
  }
  s.plain += out.size - before;
  s.fed += size;
  s.next = s.fed;
  if (s.plain > kMaxPlain && !foreign_) return fail("a chunk larger than 32 MiB");
  return block.last ? Advance::done : Advance::block;
}

void Loader::stream(Found& out) {
  auto& s = *stream_;
  out.part = Part::unknown;
  std::swap(out.plain, carry_);
  carry_.size = 0;
  out.offset = s.frame;
  auto messages = split(out.plain);
  auto step = s.error.empty() ? Advance::block : Advance::error;
  const auto at_hand = [&] {
    return source_.buffered_to() >= s.frame + s.fed + kBlockHeader + kMaxBlock + kChecksum;
  };
  while (step == Advance::block &&
         (messages.whole == 0 || (out.plain.size < kPiecePlain && at_hand()))) {
    step = advance(out.plain);
    if (out.plain.size >= messages.wanted || step != Advance::block) messages = split(out.plain);
  }
  out.length = s.fed;
  if (step == Advance::done) {
    out.part = Part::piece;
    out.last = true;
    before_ = Part::chunk;
    torn_ = false;
    end_stream(s.frame + s.fed);
    return;
  }
  if (messages.whole < out.plain.size) {
    carry_.size = 0;
    carry_.reserve(out.plain.size - messages.whole);
    std::memcpy(carry_.data(), out.plain.data() + messages.whole, out.plain.size - messages.whole);
    carry_.size = out.plain.size - messages.whole;
    out.plain.size = messages.whole;
  }
  if (messages.whole > 0) {
    out.part = Part::piece;
    before_ = Part::chunk;
    torn_ = false;
  } else if (step == Advance::cut) {
    stream_cut(out);
  } else {
    stream_failed(out);
  }
}

/// The input ends inside the chunk, or another part of the tape begins there.
void Loader::stream_cut(Found& out) {
  const auto s = *stream_;
  const auto good_to = s.frame + s.fed;
  const bool torn = carry_.size > 0 || !stream_bytes(s.fed, 1).empty();
  if (s.limit) {
    end_stream(*s.limit);
    if (torn)
      found_damage(good_to, s.limit, "a chunk that is cut off by the beginning of another tape",
                   out);
    return;
  }
  if (follow_) {
    out.part = Part::wait;
    out.tail = torn ? Tail::torn : Tail::open;
    out.offset = good_to;
    return;
  }
  if (!s.nothing_follows && !foreign_) {
    auto from = std::min<std::uint64_t>(s.frame + 1, good_to);
    if (s.fed > kMaxStored) from = good_to;
    if (const auto next = frames_.search(from)) {
      end_stream(*next);
      found_damage(good_to, next, "a chunk that is damaged or cut off", out);
      return;
    }
  }
  end_stream(source_.regular() ? source_.file_size() : source_.buffered_to());
  torn_ = torn;
  before_ = Part::chunk;
  found_end(good_to, torn ? Tail::torn : Tail::open, out);
  at_ = source_.regular() ? source_.file_size() : source_.buffered_to();
}

void Loader::stream_failed(Found& out) {
  const auto s = *stream_;
  const auto good_to = s.frame + s.fed;
  end_stream(good_to);
  if (s.limit || s.nothing_follows) {
    found_damage(good_to, s.limit, s.error, out);
    return;
  }
  const auto from = s.fed > kMaxStored || foreign_ ? good_to : s.frame + 1;
  search_on({good_to, from, s.error}, out);
}

}  // namespace tape::log
