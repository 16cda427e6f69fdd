// Frames that other programs hand in as JSON objects, a line each (schemas/json.md): what tape-cat
// writes, any subset.
#pragma once

#include <tape/event/frame.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tape::venue {

class HandedIn {
 public:
  HandedIn();
  ~HandedIn();
  HandedIn(const HandedIn&) = delete;
  HandedIn& operator=(const HandedIn&) = delete;

  /// Reads one object; event::kFramePadding readable bytes follow the line. Takes `raw` (or
  /// `rawHex`, for bytes that are not UTF-8) and what else is there: direction, transport,
  /// connection, account, venue, receivedAt or receivedAtS, clockOffset, rest {method, target,
  /// status, latency, requestOrdinal}, unterminated; what is absent keeps its value in `frame`. An
  /// object with `kind` and without `raw` is a recorder's own event: frame.bytes is null then.
  /// Returns what is wrong with the line, or nothing. Views live until the next call.
  std::string read(std::span<const char> line, event::Frame& frame, event::RestInfo& rest,
                   std::string_view& venue);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::venue
