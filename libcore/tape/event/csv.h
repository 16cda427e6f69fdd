// Events of one kind as CSV: a header line, then rows; lists give one row an element.
#pragma once

#include <tape/event/event.h>

#include <memory>
#include <string>

namespace tape::event {

/// Writes one kind of Event as CSV (RFC 4180 quoting, lines end in \n). The columns depend on the
/// kind alone. Appends to a buffer that the caller clears and reuses.
class CsvWriter {
 public:
  /// Throws Error{usage} for a kind this version does not know.
  explicit CsvWriter(Kind kind);
  ~CsvWriter();
  CsvWriter(const CsvWriter&) = delete;
  CsvWriter& operator=(const CsvWriter&) = delete;

  [[nodiscard]] Kind kind() const;
  /// Appends the header line: call once, first.
  void append_header(std::string& out) const;
  /// Appends the event's rows: one an element of its lists, one where it has none. Throws
  /// Error{usage} if the event is of another kind (the message says how to choose one),
  /// Error{format} if it is damaged.
  void append(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
              std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::event
