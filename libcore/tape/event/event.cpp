#include <tape/base/error.h>
#include <tape/event/event.h>
#include <tape/event/levels.h>
#include <tape/event/slot.h>

#include <capnp/schema.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tape::event {
namespace {

// A message is built in this much memory; a larger one takes further segments, which are freed
// after it.
constexpr std::size_t kScratchWords = std::size_t{16} << 10U;
// More segments than any writer makes; a hostile table is refused before it is believed.
constexpr std::uint32_t kMaxSegments = 512;

std::uint32_t load_u32(const std::uint8_t* from) {
  std::uint32_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

const Layout& layout_of_event() {
  static const auto kLayout = layout_of(capnp::Schema::from<schema::Event>());
  return kLayout;
}

/// Where the pointer of a union of the Event stands, by one of its members.
std::uint32_t pointer_of(const char* of, std::string_view member) {
  return layout_of(capnp::Schema::from<schema::Event>().getFieldByName(of).getType().asStruct())
      .find(member)
      .offset;
}

/// Copies a body with lists where it has packed ones.
void unpack_body(capnp::AnyStruct::Reader from, capnp::AnyPointer::Builder target,
                 std::span<const PackedList> lists) {
  const auto data = from.getDataSection();
  const auto pointers = from.getPointerSection();
  auto to = target.initAsAnyStruct(static_cast<std::uint16_t>(data.size() / sizeof(capnp::word)),
                                   static_cast<std::uint16_t>(pointers.size()));
  std::memcpy(to.getDataSection().begin(), data.begin(), data.size());
  auto targets = to.getPointerSection();
  for (capnp::uint i = 0; i < pointers.size(); ++i) {
    if (pointers[i].isNull()) continue;
    const auto packed = std::find_if(lists.begin(), lists.end(),
                                     [&](const auto& each) { return each.packed == i; });
    if (packed == lists.end()) {
      targets[i].set(pointers[i]);
      continue;
    }
    PackedCursor cursor(pointers[i].getAs<schema::PackedLevels>());
    constexpr std::uint16_t kWords = sizeof(LevelRow) / sizeof(capnp::word);
    auto list = targets[packed->list].initAsListOfAnyStruct(kWords, 0, cursor.count());
    if (cursor.count() == 0) continue;
    auto* out = list[0].getDataSection().begin();
    for (LevelRow row; cursor.next(row); out += sizeof row) std::memcpy(out, &row, sizeof row);
  }
}

}  // namespace

class Message::Arena {
 public:
  Arena() : scratch_(kScratchWords) { builder_.emplace(*this); }

  capnp::MessageBuilder& restart() {
    clear();
    return builder_.emplace(*this);
  }

  /// Goes on in a message of one segment, of which `used` words are filled and the rest is zero.
  capnp::MessageBuilder& restart_in(std::span<std::uint64_t> words, std::size_t used) {
    clear();
    foreign_ = true;
    capnp::MessageBuilder::SegmentInit first{
        {reinterpret_cast<capnp::word*>(words.data()), words.size()}, used};
    return builder_.emplace(*this, kj::arrayPtr(&first, 1));
  }

  kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments() {
    const auto all = builder_->getSegmentsForOutput();
    note(all);
    return all;
  }

 private:
  class Builder final : public capnp::MessageBuilder {
   public:
    explicit Builder(Arena& arena) : arena_(arena) {}
    Builder(Arena& arena, kj::ArrayPtr<SegmentInit> segments)
        : MessageBuilder(segments), arena_(arena) {}
    ~Builder() noexcept override { arena_.note(getSegmentsForOutput()); }
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;
    kj::ArrayPtr<capnp::word> allocateSegment(
        capnp::uint minimum) override {  // NOLINT: capnp's name
      return arena_.allocate(minimum);
    }

   private:
    Arena& arena_;
  };

  void clear() {
    builder_.reset();
    std::memset(static_cast<void*>(scratch_.data()), 0, used_ * sizeof(capnp::word));
    used_ = 0;
    handed_out_ = false;
    foreign_ = false;
    further_.clear();
  }

  /// What of the scratch memory is to be cleared.
  void note(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) {
    if (segments.size() > 0 && !foreign_) used_ = std::max(used_, segments[0].size());
  }

  kj::ArrayPtr<capnp::word> allocate(std::size_t minimum) {
    if (!handed_out_ && !foreign_ && minimum <= scratch_.size()) {
      handed_out_ = true;
      return {scratch_.data(), scratch_.size()};
    }
    auto& segment = further_.emplace_back(std::max(minimum, 4 * kScratchWords));
    return {segment.data(), segment.size()};
  }

  std::vector<capnp::word> scratch_;  // value-initialised: zero, as capnp wants it
  std::vector<std::vector<capnp::word>> further_;
  std::size_t used_ = 0;
  bool handed_out_ = false;
  bool foreign_ = false;  // the first segment is not ours
  std::optional<Builder> builder_;
};

Message::Message() : arena_(std::make_unique<Arena>()) {}
Message::~Message() = default;

capnp::MessageBuilder& Message::restart() {
  origin_.reset();
  drafted_ = false;
  return arena_->restart();
}

schema::Event::Builder Message::start() {
  root_ = restart().initRoot<schema::Event>();
  return root_;
}

Draft& Message::start_draft(std::span<const std::uint64_t> front, std::size_t room) {
  origin_.reset();
  drafted_ = true;
  draft_.begin(front, room);
  return draft_;
}

void Message::adopt_draft() {
  const auto used = draft_.words().size();
  root_ = arena_->restart_in(draft_.with_spare(), used).getRoot<schema::Event>();
  drafted_ = false;
}

const schema::Event::Reader& Message::reader() {
  if (!drafted_) {
    draft_read_ = nullptr;
    return reader_ = root_.asReader();
  }
  const auto* const words = draft_.words().data();
  // All drafts begin alike: their root has one place and one size.
  if (draft_read_ != words) {
    draft_read_ = words;
    // Nothing but what we laid out ourselves is in it.
    reader_ =
        capnp::readMessageUnchecked<schema::Event>(reinterpret_cast<const capnp::word*>(words));
  }
  return reader_;
}

void Message::set_place(std::uint64_t session, std::uint64_t ordinal) {
  if (drafted_) {
    put_place(draft_, session, ordinal);
    return;
  }
  root_.setSession(session);
  root_.setOrdinal(ordinal);
}

schema::Event::Builder Message::copy(schema::Event::Reader other) {
  auto& builder = restart();
  builder.setRoot(other);
  root_ = builder.getRoot<schema::Event>();
  return root_;
}

/// Everything is copied but, unless `raw`, what the pointer of `raw` points to.
schema::Event::Builder Message::copy_parts(schema::Event::Reader other, bool raw, bool unpack) {
  static const auto kRaw = pointer_of("raw", "text");
  static const auto kBody = pointer_of("body", "opaque");
  auto& builder = restart();
  const capnp::AnyStruct::Reader from(other);
  const auto data = from.getDataSection();
  const auto pointers = from.getPointerSection();
  const auto& least = layout_of_event();
  auto to = builder.getRoot<capnp::AnyPointer>().initAsAnyStruct(
      std::max(least.data_words, static_cast<std::uint16_t>(data.size() / sizeof(capnp::word))),
      std::max(least.pointers, static_cast<std::uint16_t>(pointers.size())));
  std::memcpy(to.getDataSection().begin(), data.begin(), data.size());
  auto targets = to.getPointerSection();
  for (capnp::uint i = 0; i < pointers.size(); ++i) {
    if ((i == kRaw && !raw) || pointers[i].isNull()) continue;
    if (i == kBody && unpack) {
      unpack_body(pointers[i].getAs<capnp::AnyStruct>(), targets[i],
                  packed_lists(other.getBody().which()));
    } else {
      targets[i].set(pointers[i]);
    }
  }
  root_ = builder.getRoot<schema::Event>();
  return root_;
}

schema::Event::Builder Message::copy_unpacked(schema::Event::Reader other) {
  return copy_parts(other, true, is_packed(other));
}

schema::Event::Builder Message::copy_with_raw(schema::Event::Reader other, std::string_view frame) {
  (void)copy_parts(other, false, is_packed(other));
  fill_raw(root_, frame);
  return root_;
}

schema::Event::Builder Message::copy_rendered(schema::Event::Reader other, const Origin& origin) {
  const auto from = other.getRaw().getRendered();
  (void)copy_parts(other, false, false);
  auto to = root_.getRaw().initRendered();
  to.setShape(from.getShape());
  if (from.hasResiduals()) to.setResiduals(from.getResiduals());
  origin_ = origin;
  return root_;
}

std::size_t Message::framed_size() {
  if (drafted_) return sizeof(std::uint64_t) + draft_.words().size_bytes();
  return capnp::computeSerializedSizeInWords(arena_->segments()) * sizeof(capnp::word);
}

void Message::write(std::uint8_t* out) {
  const auto put = [&](std::uint32_t value) {
    std::memcpy(out, &value, sizeof value);
    out += sizeof value;
  };
  if (drafted_) {
    const auto words = draft_.words();
    put(0);
    put(static_cast<std::uint32_t>(words.size()));
    std::memcpy(out, words.data(), words.size_bytes());
    return;
  }
  const auto segments = arena_->segments();
  const auto count = static_cast<std::uint32_t>(segments.size());
  put(count - 1);
  for (const auto& segment : segments) put(static_cast<std::uint32_t>(segment.size()));
  if (count % 2 == 0) put(0);
  for (const auto& segment : segments) {
    const auto bytes = segment.size() * sizeof(capnp::word);
    std::memcpy(out, segment.begin(), bytes);
    out += bytes;
  }
}

FramedSize parse_framed_size(std::span<const capnp::word> words) {
  if (words.empty()) return {};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(words.data());
  const std::uint64_t segments = std::uint64_t{load_u32(bytes)} + 1;
  if (segments > kMaxSegments) return {FramedState::invalid, 0};
  const std::size_t table = (segments + 2) / 2;
  if (words.size() < table) return {};
  std::uint64_t total = table;
  for (std::uint64_t i = 0; i < segments; ++i) total += load_u32(bytes + 4 + 4 * i);
  if (total * sizeof(capnp::word) > kMaxMessage) return {FramedState::invalid, 0};
  return {words.size() < total ? FramedState::incomplete : FramedState::whole, total};
}

void View::reset(std::span<const capnp::word> framed) {
  framed_ = framed;
  capnp::ReaderOptions options;
  // Small messages may be read several times over (selection, JSON, state); hostile ones must not
  // amplify.
  options.traversalLimitInWords = framed.size() * 16 + 4096;
  options.nestingLimit = 32;
  reader_.emplace(kj::ArrayPtr<const capnp::word>(framed.data(), framed.size()), options);
  event_ = reader_->getRoot<schema::Event>();
}

void fill_envelope(schema::Event::Builder event, const Frame& frame, std::string_view venue) {
  fill_envelope_but_raw(event, frame, venue);
  fill_raw(event, frame.text());
}

void fill_envelope_but_raw(schema::Event::Builder event, const Frame& frame,
                           std::string_view venue) {
  event.setReceivedAt(frame.stamp.received_at);
  event.setClockOffset(frame.stamp.clock_offset);
  event.setConnection(frame.connection);
  event.setDirection(frame.direction);
  event.setTransport(frame.transport);
  if (frame.redacted) event.setRedacted(true);
  if (frame.unterminated) event.setUnterminated(true);
  const auto set = [&](auto init, std::string_view v) {
    if (!v.empty())
      std::memcpy(init(static_cast<capnp::uint>(v.size())).begin(), v.data(), v.size());
  };
  set([&](capnp::uint n) { return event.initVenue(n); }, venue);
  set([&](capnp::uint n) { return event.initAccount(n); }, frame.account);
  if (frame.rest != nullptr) {
    auto rest = event.initRest();
    set([&](capnp::uint n) { return rest.initMethod(n); }, frame.rest->method);
    set([&](capnp::uint n) { return rest.initTarget(n); }, frame.rest->target);
    rest.setStatus(frame.rest->status);
    rest.setLatency(frame.rest->latency);
    rest.setRequestOrdinal(frame.rest->request_ordinal);
  }
}

void fill_raw(schema::Event::Builder event, std::string_view bytes) {
  const auto size = static_cast<capnp::uint>(bytes.size());
  const bool printable =
      utf8_valid_prefix(bytes) == bytes.size() && bytes.find('\0') == std::string_view::npos;
  auto raw = event.getRaw();
  if (printable) {
    std::copy(bytes.begin(), bytes.end(), raw.initText(size).begin());
  } else {
    std::copy(bytes.begin(), bytes.end(), raw.initData(size).begin());
  }
}

std::optional<std::string_view> raw_bytes(schema::Event::Reader event) {
  const auto raw = event.getRaw();
  switch (raw.which()) {
    case schema::Event::Raw::TEXT:
      return view(raw.getText());
    case schema::Event::Raw::DATA: {
      const auto data = raw.getData();
      return std::string_view(reinterpret_cast<const char*>(data.begin()), data.size());
    }
    default:
      return std::nullopt;
  }
}

}  // namespace tape::event
