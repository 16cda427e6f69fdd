#include <tape/base/error.h>
#include <tape/event/draft.h>
#include <tape/event/slot.h>

#include <algorithm>
#include <cstring>

namespace tape::event {
namespace {

// Lowest bits of a pointer, and the codes of what a list's elements are.
constexpr std::uint64_t kList = 1;
constexpr std::uint64_t kBytes = 2;
constexpr std::uint64_t kStructs = 7;
// Of a struct without sections: it points before itself, so that it is not null.
constexpr std::uint64_t kEmptyStruct = 0xFFFF'FFFCU;

std::uint64_t distance(const std::uint64_t* pointer, const std::uint64_t* target) {
  return static_cast<std::uint32_t>(static_cast<std::uint32_t>(target - pointer - 1) << 2U);
}

std::uint64_t sections(std::uint16_t data_words, std::uint16_t pointers) {
  return std::uint64_t{data_words} << 32U | std::uint64_t{pointers} << 48U;
}

/// Where the fields of the envelope stand.
struct Places {
  Layout event = layout_of(capnp::Schema::from<schema::Event>());
  Layout raw = of(event, "raw");
  Layout rendered = of(raw, "rendered");
  Layout body = of(event, "body");
  Slot session = event.find("session");
  Slot ordinal = event.find("ordinal");
  Slot received_at = event.find("receivedAt");
  Slot clock_offset = event.find("clockOffset");
  Slot connection = event.find("connection");
  Slot direction = event.find("direction");
  Slot transport = event.find("transport");
  Slot unknown_fields = event.find("unknownFields");
  Slot unterminated = event.find("unterminated");
  Slot venue = event.find("venue");
  Slot account = event.find("account");
  Slot channel = event.find("channel");
  Slot symbol = event.find("symbol");
  Slot raw_text = raw.find("text");
  Slot raw_rendered = raw.find("rendered");
  Slot shape = rendered.find("shape");
  Slot residuals = rendered.find("residuals");

  static Layout of(const Layout& layout, const char* name) {
    return layout_of(layout.find(name).structure);
  }
};

const Places& places() {
  static const Places kPlaces;
  return kPlaces;
}

std::uint64_t* pointer_of(Draft& draft, const Slot& slot) {
  return draft.word(1 + std::size_t{places().event.data_words} + slot.offset);
}

/// Of a Text that was made by text() or by a builder.
std::string_view text_at(Draft& draft, const Slot& slot) {
  const auto* const pointer = pointer_of(draft, slot);
  if (*pointer == 0) return {};
  const auto words = static_cast<std::int32_t>(static_cast<std::uint32_t>(*pointer)) >> 2;
  const auto size = static_cast<std::size_t>(*pointer >> 35U);
  return {reinterpret_cast<const char*>(pointer + 1 + words), size - 1};
}

template <typename Word>
Word load_at(Draft& draft, std::uint32_t offset) {
  Word value{};
  std::memcpy(&value, draft.root() + offset, sizeof value);
  return value;
}

/// Makes a member of the union `raw` the active one.
std::uint64_t* choose(Draft& draft, const Slot& member) {
  store(draft.root(), places().raw.discriminant_offset, member.discriminant, 0);
  return pointer_of(draft, member);
}

}  // namespace

void Draft::begin(std::span<const std::uint64_t> front, std::size_t room) {
  const auto wanted = front.size() + room + kSpare;
  if (wanted > capacity_ || (capacity_ > kSpare * 64 && wanted < capacity_ / 64)) {
    words_.reset();
    capacity_ = std::max(wanted, 4 * kSpare);
    words_ = std::make_unique_for_overwrite<std::uint64_t[]>(capacity_);
  }
  std::memcpy(words_.get(), front.data(), front.size_bytes());
  used_ = front.size();
  end_ = used_ + room;
}

std::uint64_t* Draft::allocate(std::size_t words) {
  if (words > end_ - used_) throw Error(Fault::internal, "an event is larger than was foreseen");
  auto* const result = words_.get() + used_;
  used_ += words;
  return result;
}

std::uint64_t* Draft::structure(std::uint64_t* pointer, std::uint16_t data_words,
                                std::uint16_t pointers) {
  const std::size_t words = std::size_t{data_words} + pointers;
  auto* const target = allocate(words);
  std::fill_n(target, words, 0);
  *pointer = words == 0 ? kEmptyStruct : distance(pointer, target) | sections(data_words, pointers);
  return target;
}

std::uint64_t* Draft::list(std::uint64_t* pointer, std::uint16_t data_words, std::uint16_t pointers,
                           std::uint32_t count) {
  const std::size_t words = count * (std::size_t{data_words} + pointers);
  auto* const tag = allocate(1 + words);
  *tag = std::uint64_t{count} << 2U | sections(data_words, pointers);
  std::fill_n(tag + 1, words, 0);
  *pointer = distance(pointer, tag) | kList | kStructs << 32U | std::uint64_t{words} << 35U;
  return tag + 1;
}

std::uint8_t* Draft::blob(std::uint64_t* pointer, std::size_t size) {
  const auto words = (size + 7) / 8;
  auto* const target = allocate(words);
  if (words > 0) target[words - 1] = 0;
  *pointer = distance(pointer, target) | kList | kBytes << 32U | std::uint64_t{size} << 35U;
  return reinterpret_cast<std::uint8_t*>(target);
}

void Draft::text(std::uint64_t* pointer, std::string_view text) {
  std::memcpy(blob(pointer, text.size() + 1), text.data(), text.size());  // a NUL ends it
}

void Draft::data(std::uint64_t* pointer, std::string_view bytes) {
  auto* const out = blob(pointer, bytes.size());
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
}

std::span<std::uint64_t> Draft::with_spare() {
  std::fill_n(words_.get() + used_, kSpare, 0);
  return {words_.get(), used_ + kSpare};
}

void put_envelope(Draft& draft, const Frame& frame) {
  const auto& at = places();
  auto* const data = draft.root();
  store(data, at.received_at.offset, frame.stamp.received_at, 0);
  store(data, at.clock_offset.offset, frame.stamp.clock_offset, 0);
  store(data, at.connection.offset, frame.connection, 0);
  store(data, at.direction.offset, static_cast<std::uint16_t>(frame.direction), 0);
  store(data, at.transport.offset, static_cast<std::uint16_t>(frame.transport), 0);
  if (frame.unterminated) {
    auto& byte = data[at.unterminated.offset / 8];
    byte = static_cast<std::uint8_t>(byte | 1U << (at.unterminated.offset % 8));
  }
  if (!frame.account.empty()) draft.text(pointer_of(draft, at.account), frame.account);
}

void put_unknown_fields(Draft& draft, std::uint16_t count) {
  store(draft.root(), places().unknown_fields.offset, count, 0);
}

void put_text(Draft& draft, std::string_view frame) {
  draft.text(choose(draft, places().raw_text), frame);
}

void put_rendered(Draft& draft, std::uint64_t shape, std::string_view residuals) {
  const auto& at = places();
  auto* const rendered =
      draft.structure(choose(draft, at.raw_rendered), at.rendered.data_words, at.rendered.pointers);
  store(reinterpret_cast<std::uint8_t*>(rendered), at.shape.offset, shape, 0);
  if (!residuals.empty())
    draft.data(rendered + at.rendered.data_words + at.residuals.offset, residuals);
}

void put_place(Draft& draft, std::uint64_t session, std::uint64_t ordinal) {
  const auto& at = places();
  store(draft.root(), at.session.offset, session, 0);
  store(draft.root(), at.ordinal.offset, ordinal, 0);
}

Head head_of(Draft& draft) {
  const auto& at = places();
  return {load_at<Nanos>(draft, at.received_at.offset),
          text_at(draft, at.venue),
          text_at(draft, at.account),
          text_at(draft, at.channel),
          text_at(draft, at.symbol),
          load_at<std::uint16_t>(draft, at.body.discriminant_offset),
          load_at<std::uint16_t>(draft, at.raw.discriminant_offset)};
}

Head head_of(const schema::Event::Reader& event) {
  const auto view = [](capnp::Text::Reader text) {
    return std::string_view(text.begin(), text.size());
  };
  return {event.getReceivedAt(),
          view(event.getVenue()),
          view(event.getAccount()),
          view(event.getChannel()),
          view(event.getSymbol()),
          static_cast<std::uint16_t>(event.getBody().which()),
          static_cast<std::uint16_t>(event.getRaw().which())};
}

}  // namespace tape::event
