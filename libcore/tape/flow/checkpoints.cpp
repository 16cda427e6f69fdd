#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/flow/checkpoints.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::flow {
namespace {

// Bytes of tape behind one of its bytes: at most 3 % of a tape are checkpoints.
constexpr std::uint64_t kTimes = 33;
// What is read in some ten milliseconds; nearer ones would only cut chunks short.
constexpr std::uint64_t kLeast = std::uint64_t{512} << 10U;
// What zstd makes of a State, about; only until the first one has been written.
constexpr std::uint64_t kRatio = 4;

}  // namespace

CheckpointPolicy parse_checkpoint(const std::string& text) {
  CheckpointPolicy policy;
  if (text.empty()) return policy;
  if (text == "off") return {false, 0};
  const auto size = parse_size(text);
  if (!size || *size == 0) {
    throw Error(Fault::usage, "--checkpoint " + text + ": expected off or a size such as 4M");
  }
  policy.every = *size;
  return policy;
}

Checkpoints::Checkpoints(const CheckpointPolicy& policy) : policy_(policy) {
  if (policy.on) state_ = std::make_unique<state::State>();
}

void Checkpoints::apply(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal) {
  if (!state_) return;
  try {
    state_->apply(event, session, ordinal);
  } catch (const Error& error) {
    diag::warning(fmt::format("no more checkpoints in this recording: {}", error.what()));
    state_.reset();
  }
}

void Checkpoints::start_file(std::uint64_t written) {
  written_ = written;
  checkpoints_ = 0;
  one_in_file_ = false;
}

std::uint64_t Checkpoints::interval() const {
  return policy_.every != 0 ? policy_.every : std::max(kLeast, kTimes * size_);
}

bool Checkpoints::due(std::uint64_t written, std::uint64_t checkpoints) {
  if (!known()) return false;
  if (one_in_file_ && checkpoints > checkpoints_) size_ = checkpoints - checkpoints_;
  if (written < written_ || written - written_ < interval()) return false;
  if (size_ != 0 || policy_.every != 0) return true;
  capnp::MallocMessageBuilder message;
  state_->write(message.initRoot<schema::State>());
  size_ = message.sizeInWords() * sizeof(capnp::word) / kRatio + 1;
  return written - written_ >= interval();
}

state::CheckpointRun Checkpoints::run(std::uint64_t written, std::uint64_t checkpoints) {
  written_ = written;
  checkpoints_ = checkpoints;
  one_in_file_ = true;
  return state::CheckpointRun(*state_);
}

}  // namespace tape::flow
