// Tapes that are read more than once: from the start again, or from another time.
#pragma once

#include <tape/cli/input.h>

#include <optional>
#include <stop_token>
#include <string>

namespace tape::cli {

class ReplayableInput {
 public:
  /// As MergedInput.
  ReplayableInput(const InputOptions& options, std::stop_token stop);

  /// The next selected event, valid until the next call of any member.
  [[nodiscard]] const log::EventRef* next() { return input_->next(); }
  /// From the start of the selection. Throws Error{usage} on a pipe.
  void rewind() { open(options_); }
  /// From a time on, spelled as on the command line; the end of the selection stays. Throws
  /// Error{usage} on a pipe, and for what is no time; then nothing changed.
  void seek(const std::string& at);

  /// Of all readings; see MergedInput.
  [[nodiscard]] Exit exit() const;
  [[nodiscard]] std::uint64_t damages() const { return damages_ + input_->damages(); }
  void note_damage(const std::string& what) { input_->note_damage(what); }

 private:
  void open(const InputOptions& options);

  InputOptions options_;
  std::stop_token stop_;
  std::optional<MergedInput> input_;
  std::uint64_t damages_ = 0;  // of readings that were left
};

}  // namespace tape::cli
