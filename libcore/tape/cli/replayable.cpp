#include <tape/cli/replayable.h>
#include <tape/cli/source.h>

#include <algorithm>
#include <memory>

namespace tape::cli {

ReplayableInput::ReplayableInput(const InputOptions& options, std::stop_token stop)
    : options_(options), stop_(std::move(stop)) {
  input_.emplace(options_, stop_);
}

void ReplayableInput::open(const InputOptions& options) {
  if (!std::all_of(options.files.begin(), options.files.end(), is_regular))
    throw Error(Fault::usage, "a pipe can be played once only, from its start; name a file");
  damages_ += input_->damages();
  input_.emplace(options, stop_);
}

void ReplayableInput::seek(const std::string& at) {
  const auto spec = parse_time(at);
  if (!spec) throw Error(Fault::usage, at + ": is no time");
  auto options = options_;
  if (!std::all_of(options.files.begin(), options.files.end(), is_regular))
    throw Error(Fault::usage, "a pipe can be played once only, from its start; name a file");
  // Resolved first: what fails must not end the reading at hand.
  options.select.from = TimeSpec{TimeSpec::From::epoch, resolve_time(*spec, options.files), 0, 0};
  open(options);
}

Exit ReplayableInput::exit() const {
  return damages_ > 0 ? worse(Exit::damaged, input_->exit()) : input_->exit();
}

}  // namespace tape::cli
