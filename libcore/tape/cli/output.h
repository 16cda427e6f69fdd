// Where a tool's result goes: stdout or a file, in large writes; quiet when nobody reads it any
// more.
#pragma once

#include <tape/base/bytes.h>
#include <tape/base/fd.h>
#include <tape/cli/app.h>
#include <tape/log/sink.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tape::cli {

struct OutputOptions {
  std::string path = "-";  // "-" is stdout
  bool force = false;      // --force: write over an existing file
};

/// Declares -o/--output and --force.
void add_output(App& app, OutputOptions& options);

enum class Content : std::uint8_t { text, binary };

/// Refuses (Error{usage}) binary to a terminal and (Error{io}) an existing file without force.
class Output {
 public:
  Output(const OutputOptions& options, Content content);
  /// Writes what is left as well as it can, silently; call close() where the outcome matters.
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Formatters append here, then call commit(), which writes once enough has come together.
  [[nodiscard]] std::string& buffer() { return buffer_; }
  void commit() {
    if (buffer_.size() >= kBatch) flush();
  }
  void write(std::string_view bytes) {
    buffer_.append(bytes);
    commit();
  }

  /// Hands everything to the kernel. Throws Error{io}, or ClosedOutput when stdout's reader is
  /// gone.
  void flush();
  /// Flushes and closes; reports what close() reports.
  void close();

  /// Should be flushed after every event while waiting for more: a person looks at it.
  [[nodiscard]] bool is_terminal() const { return terminal_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  static constexpr std::size_t kBatch = std::size_t{256} << 10U;
  std::string buffer_;
  std::string name_;
  Fd fd_;
  bool terminal_ = false;
  bool standard_ = false;
};

/// A text that is the whole result, at once on stdout.
Exit print(std::string_view text);

/// Throws Error{usage} when the output is one of the inputs: --force would destroy it before it is
/// read.
void refuse_same_file(const OutputOptions& options, const std::vector<std::string>& inputs);

/// The same as a sink for a log::Writer: a new file of mode 0600, or stdout (never a terminal). A
/// closed stdout throws ClosedOutput there too.
[[nodiscard]] std::unique_ptr<log::Sink> make_sink(const OutputOptions& options);

}  // namespace tape::cli
