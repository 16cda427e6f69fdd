// Where what plays or compares events has them from: merged tapes, or a test.
#pragma once

#include <tape/log/reader.h>

#include <string>

namespace tape::log {

class EventSource {
 public:
  EventSource() = default;
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;
  virtual ~EventSource() = default;
  /// The next event, valid until the next call of any member; null at the end.
  [[nodiscard]] virtual const EventRef* next() = 0;
  /// Begins anew. Throws Error{usage} where that cannot be.
  virtual void rewind();
  /// Goes on at a time, spelled as on the command line. Throws Error{usage}; then nothing changed.
  virtual void seek(const std::string& at);
};

}  // namespace tape::log
