// What the runs of an input are: frames, and the records of captures made by others.
#pragma once

#include <tape/event/frame.h>
#include <tape/flow/splitter.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tape::flow {

/// How an input is written. Captures (cryptofeed, hftbacktest) bring their own receive times.
enum class InputForm : std::uint8_t { ndjson, raw0, document, json, cryptofeed, hftbacktest };

/// "ndjson", ...; nothing for another word.
[[nodiscard]] std::optional<InputForm> input_form(std::string_view name);
[[nodiscard]] std::string_view input_form_name(InputForm form);
/// All names, for help and messages.
[[nodiscard]] std::string_view input_form_names();

/// The byte that ends a run of this form; nothing for document.
[[nodiscard]] std::optional<char> delimiter_of(InputForm form);
/// Whether the form's frames carry receive times of another clock than ours.
[[nodiscard]] bool brings_times(InputForm form);

/// One run, understood.
struct Captured {
  enum class Kind : std::uint8_t {
    frame,    // `frame` is a message on the wire
    opened,   // a connection to `url` was opened at frame.stamp
    remark,   // a line about the capture itself, kept as a local frame
    bad,      // not a record of this form; kept as a local frame; `problem` says why
    nothing,  // an empty line of a capture
  };
  Kind kind = Kind::nothing;
  event::Frame frame;
  event::RestInfo rest;
  std::string_view url;
  std::string_view venue;  // named by the record itself; empty = not said
  bool dated = false;      // the record of a form that need not brings its receive time
  std::string problem;
};

/// Reads one form. Views in what it gives live until the next call and the next fill of the
/// splitter.
class CaptureReader {
 public:
  CaptureReader() = default;
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;
  virtual ~CaptureReader() = default;
  /// `now` is our own stamp; forms that bring times replace it.
  virtual void read(const Run& run, const Stamp& now, Captured& out) = 0;
};

[[nodiscard]] std::unique_ptr<CaptureReader> make_capture_reader(InputForm form);

}  // namespace tape::flow
