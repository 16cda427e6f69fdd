// One Event as one line for people: when, where, what, and the few values that matter.
#pragma once

#include <tape/event/event.h>

#include <memory>
#include <string>

namespace tape::event {

/// Writes events as lines of text. The form is for reading and may change; programs take JSON.
/// Appends to a buffer that the caller clears and reuses.
class TextWriter {
 public:
  TextWriter();
  ~TextWriter();
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  /// Appends one line with its newline; control characters in texts of the venue are escaped, so
  /// that a frame cannot steer a terminal. Throws Error{format} on a damaged message.
  void append(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
              std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One Event's body in a few words, without time and place: "bid 61800.20 x 3, ask 61800.30 x 1".
void append_summary(schema::Event::Reader event, std::string& out);

}  // namespace tape::event
