#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/flow/checkpoints.h>

#include <fmt/format.h>
#include <kj/exception.h>

#include <algorithm>
#include <utility>

namespace tape::flow {
namespace {

// Bytes of tape behind one byte of the last checkpoint; and, since a State grows, bytes of the file
// for one of all its checkpoints: at most 2.8 % of it, and what they cut chunks short by besides.
constexpr std::uint64_t kTimes = 33;
constexpr std::uint64_t kTimesOfAll = 36;
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
  if (!policy.on) return;
  state_ = std::make_unique<state::State>();
  for (std::size_t i = 0; i < kBatches; ++i) (void)empty_.push({});
  thread_ = std::jthread([this] { work(); });
}

Checkpoints::~Checkpoints() { full_.close(); }

void Checkpoints::apply(event::Message& message, std::uint64_t session, std::uint64_t ordinal) {
  if (!state_) return;
  if (failed_) return give_up();
  fed_ = true;
  const auto words = message.framed_size() / sizeof(std::uint64_t);
  if (!batch_.items.empty() && batch_.words.size() + words > kBatchWords) hand_over();
  if (batch_.words.capacity() == 0) batch_.words.reserve(kBatchWords);
  const auto at = batch_.words.size();
  batch_.words.resize(at + words);
  message.write(reinterpret_cast<std::uint8_t*>(batch_.words.data() + at));
  batch_.items.push_back({session, ordinal, words});
}

void Checkpoints::hand_over() {
  if (batch_.items.empty()) return;
  ++handed_;
  (void)full_.push(std::move(batch_));
  batch_ = empty_.pop().value_or(Batch{});
}

/// The State has all that was applied, and the thread waits. False when there is none any more.
bool Checkpoints::catch_up() {
  hand_over();
  for (auto now = done_.load(); now < handed_; now = done_.load()) done_.wait(now);
  if (failed_) give_up();
  return state_ != nullptr;
}

void Checkpoints::work() {
  while (auto batch = full_.pop()) {
    if (!failed_) feed(*batch);
    batch->items.clear();
    batch->words.clear();
    // One of a single large event gives the memory back.
    if (batch->words.capacity() > 2 * kBatchWords) batch->words = {};
    (void)empty_.push(std::move(*batch));
    ++done_;
    done_.notify_all();
  }
}

void Checkpoints::feed(const Batch& batch) {
  event::View view;
  const auto* at = reinterpret_cast<const capnp::word*>(batch.words.data());
  try {
    for (const Item& item : batch.items) {
      view.reset({at, item.words});
      state_->apply(view.event(), item.session, item.ordinal);
      at += item.words;
    }
  } catch (const Error& error) {
    failure_ = error.what();
    failed_ = true;
  } catch (const kj::Exception& error) {
    failure_ = error.getDescription().cStr();
    failed_ = true;
  }
}

void Checkpoints::give_up() {
  diag::warning(fmt::format("no more checkpoints in this recording: {}", failure_));
  full_.close();
  thread_.join();
  state_.reset();
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
  if (policy_.every != 0) return true;
  if (size_ != 0) return written >= kTimesOfAll * (checkpoints + size_);
  if (!catch_up()) return false;
  capnp::MallocMessageBuilder message;
  state_->write(message.initRoot<schema::State>());
  size_ = message.sizeInWords() * sizeof(capnp::word) / kRatio + 1;
  return written - written_ >= interval();
}

std::unique_ptr<state::CheckpointRun> Checkpoints::run(std::uint64_t written,
                                                       std::uint64_t checkpoints) {
  if (!catch_up()) return nullptr;
  written_ = written;
  checkpoints_ = checkpoints;
  one_in_file_ = true;
  return std::make_unique<state::CheckpointRun>(*state_);
}

}  // namespace tape::flow
