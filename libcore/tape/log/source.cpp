#include <tape/base/error.h>
#include <tape/log/source.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tape::log {
namespace {

constexpr std::size_t kRead = std::size_t{256} << 10U;

}  // namespace

Source::Source(Fd input, std::string name) : input_(std::move(input)), name_(std::move(name)) {
  struct stat about {};
  if (::fstat(input_.get(), &about) != 0) throw system_error(name_, errno);
  if (S_ISDIR(about.st_mode)) throw Error(Fault::io, name_ + ": is a directory, expected a tape");
  regular_ = S_ISREG(about.st_mode);
}

std::uint64_t Source::file_size() const {
  struct stat about {};
  if (::fstat(input_.get(), &about) != 0) throw system_error(name_, errno);
  return static_cast<std::uint64_t>(about.st_size);
}

void Source::make_room(std::uint64_t offset, std::size_t wanted) {
  // A pipe keeps everything that was not released; a file is read again where it is asked for.
  const auto keep = regular_ ? offset : std::min(offset, std::max(released_, start_));
  if (keep > start_) {
    const auto drop = static_cast<std::size_t>(std::min<std::uint64_t>(keep - start_, used_));
    if (used_ > drop) std::memmove(buffer_.get(), buffer_.get() + drop, used_ - drop);
    used_ -= drop;
    start_ += drop;
  }
  const auto needed = static_cast<std::size_t>(offset - start_) + wanted;
  if (needed <= capacity_) return;
  const auto capacity =
      std::max(needed, std::min(capacity_ * 2, capacity_ + (std::size_t{4} << 20U)));
  auto bigger = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
  if (used_ > 0) std::memcpy(bigger.get(), buffer_.get(), used_);
  buffer_ = std::move(bigger);
  capacity_ = capacity;
}

Bytes Source::get(std::uint64_t offset, std::size_t wanted) {
  if (regular_ && (offset < start_ || offset > buffered_to())) {
    start_ = offset;
    used_ = 0;
  }
  const auto have = [&] {
    return offset < buffered_to() ? static_cast<std::size_t>(buffered_to() - offset) : 0;
  };
  if (have() < wanted) make_room(offset, std::max(wanted, kRead));
  while (have() < wanted) {
    const auto space = capacity_ - used_;
    const auto got = regular_
                         ? read_at(input_.get(), buffer_.get() + used_,
                                   std::min(space, std::max(wanted, kRead)), buffered_to(), name_)
                         : read_some(input_.get(), buffer_.get() + used_, space, name_);
    used_ += got;
    if (got == 0) break;
  }
  if (have() == 0) return {};
  return {buffer_.get() + (offset - start_), have()};
}

void Source::release(std::uint64_t offset) { released_ = std::max(released_, offset); }

bool Source::reaches(std::uint64_t offset) {
  if (offset <= buffered_to()) return true;
  if (regular_) return offset <= file_size();
  const auto ahead = offset - buffered_to();
  if (ahead > (std::uint64_t{1} << 20U)) return true;
  const auto from = std::max(released_, start_);
  return get(from, static_cast<std::size_t>(offset - from)).size() >= offset - from;
}

std::size_t Source::peek(std::uint64_t offset, void* out, std::size_t size) const {
  return read_at(input_.get(), out, size, offset, name_);
}

void Source::skip_to(std::uint64_t offset) {
  release(offset);
  if (regular_) return;
  while (buffered_to() < offset) {
    start_ = buffered_to();
    used_ = 0;
    make_room(start_, kRead);
    const auto wanted = std::min<std::uint64_t>(capacity_, offset - start_);
    used_ = read_some(input_.get(), buffer_.get(), static_cast<std::size_t>(wanted), name_);
    if (used_ == 0) return;
  }
}

}  // namespace tape::log
