#include <tape/base/error.h>
#include <tape/bus/topic.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>

namespace tape::bus {
namespace {

constexpr std::size_t kFirstSlots = 256;

void store(std::uint64_t value, std::uint8_t* out) {
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  std::memcpy(out, &value, sizeof value);
}

std::uint64_t load(const std::uint8_t* in) {
  std::uint64_t value = 0;
  std::memcpy(&value, in, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

/// Puts a topic together on the stack.
class Spelling {
 public:
  void add(std::string_view part) {
    const auto size = std::min(part.size(), kMaxTopicPart);
    std::memcpy(text_.data() + size_, part.data(), size);
    size_ += size;
    text_[size_++] = '/';
  }
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 3 * (kMaxTopicPart + 1)> text_;
  std::size_t size_ = 0;
};

}  // namespace

void write_head(const Head& head, std::uint8_t* out) {
  store(head.run, out);
  store(head.number, out + 8);
  store(head.session, out + 16);
  store(head.ordinal, out + 24);
}

Head read_head(const std::uint8_t* in) {
  return {load(in), load(in + 8), load(in + 16), load(in + 24)};
}

Topics::Topics() : slots_(kFirstSlots, nullptr) {}

Topic& Topics::of(schema::Event::Reader event) {
  const auto kind = event.getBody().which();
  if (kind == event::Kind::CHECKPOINT) return find(kStateTopic);
  if (event::is_recorder_kind(kind)) {
    Spelling spelling;
    const auto venue = event::view(event.getVenue());
    spelling.add(venue.empty() ? "tape" : venue);
    spelling.add("recorder");
    spelling.add(event::kind_name(kind));
    return find(spelling.text());
  }
  return concerned(event);
}

Topic& Topics::concerned(schema::Event::Reader event) {
  Spelling spelling;
  spelling.add(event::view(event.getVenue()));
  spelling.add(event::view(event.getChannel()));
  spelling.add(event::view(event.getSymbol()));
  return find(spelling.text());
}

Topic& Topics::find(std::string_view text) {
  if (last_ != nullptr && last_->text == text) return *last_;
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = std::hash<std::string_view>{}(text)&mask;
  while (slots_[at] != nullptr && slots_[at]->text != text) at = (at + 1) & mask;
  if (slots_[at] != nullptr) return *(last_ = slots_[at]);

  if (topics_.size() == kMaxTopics) {
    throw Error(Fault::limit,
                fmt::format("more than {} topics in one run; select fewer symbols or channels",
                            kMaxTopics));
  }
  last_ = &topics_.emplace_back(text);
  slots_[at] = last_;
  if (topics_.size() * 2 > slots_.size()) grow();
  return *last_;
}

void Topics::grow() {
  slots_.assign(slots_.size() * 2, nullptr);
  const std::size_t mask = slots_.size() - 1;
  for (auto& topic : topics_) {
    std::size_t at = std::hash<std::string_view>{}(topic.text) & mask;
    while (slots_[at] != nullptr) at = (at + 1) & mask;
    slots_[at] = &topic;
  }
}

std::uint64_t Topics::events() const {
  std::uint64_t sum = 0;
  for (const auto& topic : topics_) sum += topic.events;
  return sum;
}

std::uint64_t Topics::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& topic : topics_) sum += topic.bytes;
  return sum;
}

}  // namespace tape::bus
