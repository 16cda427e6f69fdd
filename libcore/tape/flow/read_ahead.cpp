#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/flow/read_ahead.h>

#include <utility>

namespace tape::flow {

ReadAhead::ReadAhead(int fd, std::string name) : fd_(fd), name_(std::move(name)) {
  for (int i = 0; i < 2; ++i) (void)spare_.push(std::vector<char>(kMemory));
  thread_ = std::jthread([this] { run(); });
}

ReadAhead::~ReadAhead() {
  ready_.close();
  spare_.close();
}

void ReadAhead::run() {
  while (auto memory = spare_.pop()) {
    Block block;
    block.memory = std::move(*memory);
    try {
      block.size = read_some(fd_, block.memory.data() + kRoom, kBlock, name_);
    } catch (...) {
      block.failure = std::current_exception();
    }
    const bool last = block.size == 0;
    if (!ready_.push(std::move(block)) || last) return;
  }
}

ReadAhead::Block ReadAhead::take() {
  auto block = ready_.pop();
  if (!block) throw Error(Fault::internal, name_ + ": read on behind its end");
  if (block->failure) std::rethrow_exception(block->failure);
  return std::move(*block);
}

void ReadAhead::give_back(std::vector<char> memory) {
  // One that a long line made grow is not kept for months.
  if (memory.size() != kMemory) {
    memory.resize(kMemory);
    memory.shrink_to_fit();
  }
  (void)spare_.push(std::move(memory));
}

}  // namespace tape::flow
