#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/event/frame.h>
#include <tape/flow/splitter.h>

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tape::flow {
namespace {

constexpr std::size_t kRead = ReadAhead::kBlock;

bool is_regular(int fd) {
  struct ::stat about {};
  return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

Splitter::Splitter(int fd, std::string name, std::optional<char> delimiter)
    : fd_(fd), name_(std::move(name)), delimiter_(delimiter), buffer_(ReadAhead::kMemory) {
  if (is_regular(fd)) ahead_ = std::make_unique<ReadAhead>(fd, name_);
}

std::size_t Splitter::find_delimiter() const {
  if (!delimiter_) return end_;
  const void* found = std::memchr(buffer_.data() + scan_, *delimiter_, end_ - scan_);
  return found == nullptr
             ? end_
             : static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
}

Splitter::Next Splitter::next(Run& run) {
  const auto at = find_delimiter();
  if (at != end_) {
    if (swallowing_ || at - begin_ > event::kMaxFrame) {
      swallow(at);
      begin_ = scan_ = at + 1;
      return take_oversize(run, true);
    }
    return take(run, at, true);
  }
  scan_ = end_;
  if (swallowing_ || end_ - begin_ > event::kMaxFrame) swallow(end_);
  if (!at_end_) return Next::drained;
  // A document is one frame even when it is empty; a line is one only when something stands in it.
  const bool rest = begin_ != end_ || swallowing_ || (!delimiter_ && runs_ == 0);
  if (!rest) return Next::end;
  return swallowing_ ? take_oversize(run, false) : take(run, end_, !delimiter_);
}

Splitter::Next Splitter::take(Run& run, std::size_t end, bool terminated) {
  run = {};
  run.bytes = {buffer_.data() + begin_, end - begin_};
  run.number = ++runs_;
  run.terminated = terminated;
  begin_ = scan_ = std::min(end + 1, end_);
  return Next::run;
}

Splitter::Next Splitter::take_oversize(Run& run, bool terminated) {
  run = {};
  run.bytes = {head_.data(), head_.size() - event::kFramePadding};
  run.number = ++runs_;
  run.terminated = terminated || !delimiter_;
  run.oversize = true;
  run.total_bytes = total_;
  run.sum = digest_.finish();
  swallowing_ = false;
  return Next::run;
}

/// Takes [begin_, end) into the digest of an oversize run, keeping its head.
void Splitter::swallow(std::size_t end) {
  if (!swallowing_) {
    swallowing_ = true;
    total_ = 0;
    const auto kept = std::min(end - begin_, event::kOversizeKept);
    head_.assign(buffer_.data() + begin_, buffer_.data() + begin_ + kept);
    head_.resize(kept + event::kFramePadding);
  }
  digest_.update(as_bytes({buffer_.data() + begin_, end - begin_}));
  total_ += end - begin_;
  begin_ = scan_ = end;
}

void Splitter::make_room() {
  const auto kept = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
    scan_ -= begin_;
    end_ = kept;
    begin_ = 0;
  }
  const auto needed = kept + kRead + event::kFramePadding;
  if (buffer_.size() < needed) {
    buffer_.resize(std::max(needed, std::min(2 * buffer_.size(), event::kMaxFrame + 2 * kRead)));
  } else if (kept == 0 && buffer_.size() > 8 * kRead) {
    // One large frame is no reason to hold its memory for months.
    buffer_.resize(kRead + event::kFramePadding);
    buffer_.shrink_to_fit();
  }
}

/// As little as possible is copied: what is left over goes in front of the block.
Splitter::Filled Splitter::take_block() {
  auto block = ahead_->take();
  at_end_ = block.size == 0;
  if (at_end_) return Filled::end;
  const auto kept = end_ - begin_;
  if (kept <= ReadAhead::kRoom) {
    const auto begin = ReadAhead::kRoom - kept;
    std::memcpy(block.memory.data() + begin, buffer_.data() + begin_, kept);
    std::swap(buffer_, block.memory);
    scan_ = scan_ - begin_ + begin;
    begin_ = begin;
    end_ = ReadAhead::kRoom + block.size;
  } else {
    make_room();
    std::memcpy(buffer_.data() + end_, block.memory.data() + ReadAhead::kRoom, block.size);
    end_ += block.size;
  }
  ahead_->give_back(std::move(block.memory));
  return Filled::data;
}

Splitter::Filled Splitter::fill(Nanos timeout, int stop_fd) {
  if (at_end_) return Filled::end;
  if (ahead_) {
    pollfd stop{stop_fd, POLLIN, 0};
    return ::poll(&stop, 1, 0) > 0 ? Filled::stopped : take_block();
  }
  make_room();
  pollfd ready[2] = {{fd_, POLLIN, 0}, {stop_fd, POLLIN, 0}};
  const auto ms =
      timeout < 0
          ? -1
          : static_cast<int>(std::min<Nanos>((timeout + kMillisecond - 1) / kMillisecond, 60'000));
  const int count = ::poll(ready, 2, ms);
  if (count < 0 && errno != EINTR) throw system_error(name_, errno);
  if (count <= 0) return Filled::timeout;
  if (ready[1].revents != 0) return Filled::stopped;
  if (ready[0].revents == 0) return Filled::timeout;
  const auto got =
      read_some(fd_, buffer_.data() + end_, buffer_.size() - event::kFramePadding - end_, name_);
  end_ += got;
  at_end_ = got == 0;
  return at_end_ ? Filled::end : Filled::data;
}

}  // namespace tape::flow
