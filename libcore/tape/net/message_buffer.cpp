#include <tape/net/message_buffer.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tape::net {
namespace {

constexpr std::size_t kFirst = std::size_t{64} << 10U;
constexpr std::size_t kRoom = std::size_t{4} << 10U;  // reads into less are not worth a call
constexpr std::size_t kScratch = std::size_t{64} << 10U;
constexpr std::uint32_t kSmallBeforeShrink = 256;

}  // namespace

MessageBuffer::MessageBuffer(std::size_t most) : most_(most) { resize(std::min(most_, kFirst)); }

std::span<char> MessageBuffer::space() {
  if (size_ == most_) {
    if (!scratch_) scratch_ = std::make_unique_for_overwrite<char[]>(kScratch);
    return {scratch_.get(), kScratch};
  }
  if (capacity_ - size_ < kRoom) resize(std::min(most_, std::max(kFirst, capacity_ * 2)));
  return {bytes_.get() + size_, capacity_ - size_};
}

void MessageBuffer::commit(std::size_t count) {
  total_ += count;
  if (size_ < most_) {
    size_ += count;
    return;
  }
  if (count == 0) return;
  if (!digest_) {
    digest_ = std::make_unique<Sha256>();
    digest_->update(as_bytes(std::string_view(bytes_.get(), size_)));
  }
  digest_->update(as_bytes(std::string_view(scratch_.get(), count)));
}

std::optional<Sha256Sum> MessageBuffer::digest() {
  return digest_ ? std::optional(digest_->finish()) : std::nullopt;
}

std::span<char> MessageBuffer::kept() {
  std::memset(bytes_.get() + size_, 0, event::kFramePadding);
  return {bytes_.get(), size_};
}

void MessageBuffer::clear() {
  scratch_.reset();
  digest_.reset();
  small_in_a_row_ = size_ < capacity_ / 4 && capacity_ > kFirst ? small_in_a_row_ + 1 : 0;
  size_ = 0;
  total_ = 0;
  if (small_in_a_row_ < kSmallBeforeShrink) return;
  small_in_a_row_ = 0;
  resize(std::max(std::min(most_, kFirst), capacity_ / 2));
}

void MessageBuffer::resize(std::size_t capacity) {
  if (capacity == capacity_) return;
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity + event::kFramePadding);
  if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

}  // namespace tape::net
