#include <tape/cli/replayable.h>
#include <tape/cli/source.h>
#include <tape/cli/start.h>
#include <tape/state/state.h>

#include <algorithm>
#include <utility>

namespace tape::cli {
namespace {

/// A jump past everything would end the run, and with it what waits for an operator.
void check_inside(const InputOptions& options, const std::string& at, Nanos from) {
  if (options.select.by != "receive") return;
  Nanos last = latest_moment(options.files);
  if (options.select.to) last = std::min(last, resolve_time(*options.select.to, options.files) - 1);
  if (from > last)
    throw Error(Fault::usage, at + ": nothing is played after " + format_rfc3339(last));
}

}  // namespace

ReplayableInput::ReplayableInput(const InputOptions& options, state::MakePrimer prime,
                                 std::stop_token stop)
    : options_(options), prime_(std::move(prime)), stop_(std::move(stop)) {
  open(options_, Start::first);
}

void ReplayableInput::check_rewind() const {
  if (!can_seek(options_))
    throw Error(Fault::usage, "a pipe can be played once only, from its start; name a file");
}

void ReplayableInput::open(const InputOptions& options, Start start) {
  if (input_) damages_ += input_->damages();
  primer_.reset();
  first_ = nullptr;
  sent_ = 0;
  if (prime_) {
    const auto before = state_before(options, stop_);
    if (before && before->state().moment().ordinal != 0) {
      primer_ = prime_(before->state());
    } else if (start == Start::again && (before != nullptr) == options.select.from.has_value()) {
      // Back at the beginning: what consumers know is void.
      primer_ = prime_(state::State());
    }
    if (primer_ && primer_->events() == 0) primer_.reset();
  }
  input_.emplace(options, stop_);
}

ReplayableInput::~ReplayableInput() noexcept = default;

const log::EventRef* ReplayableInput::next() {
  if (!primer_) {
    if (first_ != nullptr) return std::exchange(first_, nullptr);
    return input_->next();
  }
  // They have the time of the first event: nothing waits between them.
  if (sent_ == 0) first_ = input_->next();
  if (first_ == nullptr) {
    primer_.reset();
    return nullptr;
  }
  return prime_event();
}

const log::EventRef* ReplayableInput::prime_event() {
  primer_->fill(sent_, message_);
  auto event = message_.event();
  event.setSession(kPrimeSession);
  event.setOrdinal(++primed_);
  event.setReceivedAt(first_->event.getReceivedAt());
  words_.resize(message_.framed_size() / sizeof(std::uint64_t));
  message_.write(reinterpret_cast<std::uint8_t*>(words_.data()));
  const std::span<const capnp::word> framed(reinterpret_cast<const capnp::word*>(words_.data()),
                                            words_.size());
  view_.reset(framed);
  ref_.event = view_.event();
  ref_.session = kPrimeSession;
  ref_.ordinal = primed_;
  ref_.framed = framed;
  if (++sent_ == primer_->events()) primer_.reset();
  return &ref_;
}

void ReplayableInput::rewind() {
  check_rewind();
  open(options_, Start::again);
}

void ReplayableInput::seek(const std::string& at) {
  const auto spec = parse_time(at);
  if (!spec) throw Error(Fault::usage, at + ": is no time");
  check_rewind();
  auto options = options_;
  // Resolved first: what fails must not end the reading at hand.
  const Nanos from = resolve_time(*spec, options.files);
  check_inside(options, at, from);
  options.select.from = TimeSpec{TimeSpec::From::epoch, from, 0, 0};
  open(options, Start::again);
}

Exit ReplayableInput::exit() const {
  return damages_ > 0 ? worse(Exit::damaged, input_->exit()) : input_->exit();
}

}  // namespace tape::cli
