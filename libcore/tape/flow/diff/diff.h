// What differs between two recordings: events missing, extra, changed, in another order.
#pragma once

#include <tape/flow/play/player.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::flow {

/// How events of the two sides find each other.
enum class Identity : std::uint8_t {
  ordinal,  // session and ordinal: one is a copy of the other
  content,  // two recordings of one feed: venue, channel, symbol and the venue's sequence, else all
};

struct DiffOptions {
  enum class Order : std::uint8_t {
    tape,        // of all events
    connection,  // of what came by each connection; of the requests to, and answers of, each target
  };

  Identity identity = Identity::ordinal;
  Order order = Order::tape;
  /// JSON keys, or paths such as "body.bestQuote.bid", which do not count.
  std::vector<std::string> ignore;
  /// Paths whose numbers may differ by so much, text as in JSON.
  std::vector<std::pair<std::string, double>> tolerance;
};

/// "auto", "ordinal" or "content". auto: by the sessions that the two files begin with; one in
/// common, and the one is taken for a copy of the other. Throws Error{usage} for auto on a pipe,
/// and what log::Reader does.
[[nodiscard]] Identity identity_of(std::string_view align, const std::string& a,
                                   const std::string& b);
/// "FIELD=AMOUNT". Throws Error{usage}.
[[nodiscard]] std::pair<std::string, double> parse_tolerance(const std::string& text);

/// Our own receive times, and what a recorder counts; of two recordings also where and how fast it
/// reached the venue, and for how long.
[[nodiscard]] const std::vector<std::string>& default_ignored(Identity identity);

struct FieldChange {
  std::string path;
  std::string a;  // JSON; empty = absent
  std::string b;
};

struct Difference {
  enum class Kind : std::uint8_t { missing, extra, changed, reordered };
  Kind kind = Kind::missing;
  std::string
      event;  // citation SESSION:ORDINAL, kind and topic, for people; of side A where it has it
  std::vector<FieldChange> fields;  // of changed
};

struct DiffReport {
  std::uint64_t a = 0;  // events
  std::uint64_t b = 0;
  std::uint64_t same = 0;
  std::uint64_t missing = 0;  // in A only
  std::uint64_t extra = 0;    // in B only
  std::uint64_t changed = 0;
  std::uint64_t reordered = 0;  // the fewest events that are to be moved
  [[nodiscard]] bool equal() const { return missing + extra + changed + reordered == 0; }
};

/// Reads both to their ends. Memory grows with what differs, not with what is read. The session and
/// end events that copies put around themselves are passed over; of two recordings all that a
/// recorder says of itself and by its clock alone (session, end, health, clock, probe, checkpoint,
/// stalled, reconnectAttempt), and the time and signature in what it asked.
[[nodiscard]] DiffReport diff(const DiffOptions& options, log::EventSource& a, log::EventSource& b,
                              const std::function<void(const Difference&)>& on_difference);

/// One object without a newline; for people, one line each.
[[nodiscard]] std::string to_json(const Difference& difference);
[[nodiscard]] std::string to_text(const Difference& difference);

}  // namespace tape::flow
