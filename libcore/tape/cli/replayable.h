// Tapes that are read more than once, from the start again or from another time, and begin in the
// middle with the state there.
#pragma once

#include <tape/cli/input.h>
#include <tape/event/event.h>
#include <tape/log/event_source.h>
#include <tape/state/primer.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace tape::cli {

/// The session of computed events; no recording draws it.
inline constexpr std::uint64_t kPrimeSession = 1;

class ReplayableInput final : public log::EventSource {
 public:
  /// As MergedInput; `prime` makes what a start in the middle begins with.
  ReplayableInput(const InputOptions& options, state::MakePrimer prime, std::stop_token stop);
  ~ReplayableInput() noexcept override;

  /// The next event, valid until the next call of any member: computed events first,
  /// where there are any, then what is selected.
  [[nodiscard]] const log::EventRef* next() override;
  /// From the start of the selection. Throws Error{usage} on a pipe.
  void rewind() override;
  /// Throws what rewind() and seek() would throw on a pipe, before anything is played.
  void check_rewind() const;
  /// From a time on, spelled as on the command line; the end of the selection stays. Throws
  /// Error{usage} on a pipe, for what is no time and past the last event; then nothing changed.
  void seek(const std::string& at) override;

  /// Of all readings; see MergedInput.
  [[nodiscard]] Exit exit() const;
  [[nodiscard]] std::uint64_t damages() const { return damages_ + input_->damages(); }
  void note_damage(const std::string& what) { input_->note_damage(what); }

 private:
  enum class Start : std::uint8_t { first, again };
  void open(const InputOptions& options, Start start);
  [[nodiscard]] const log::EventRef* prime_event();

  InputOptions options_;
  state::MakePrimer prime_;
  std::stop_token stop_;
  std::optional<MergedInput> input_;
  std::uint64_t damages_ = 0;  // of readings that were left
  std::unique_ptr<state::Primer> primer_;
  std::size_t sent_ = 0;                  // of its events
  std::uint64_t primed_ = 0;              // computed events in all
  const log::EventRef* first_ = nullptr;  // waits behind them
  event::Message message_;
  std::vector<std::uint64_t> words_;
  event::View view_;
  log::EventRef ref_;
};

}  // namespace tape::cli
