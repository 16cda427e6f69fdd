// The summary under construction: a row a chunk, totals, and counts for each kind of event of each
// feed.
#pragma once

#include <tape/log/chunk.h>
#include <tape/log/format.h>
#include <tape/schemas/file.capnp.h>

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace tape::log {

/// Counts events. Costs a comparison or a hash look-up for each; allocates only for a row that is
/// new. After kMaxCounts rows, a new one is counted in a row with empty texts but for the symbol
/// "*".
class Totals {
 public:
  void add(const EventFacts& event);
  void add_chunk(std::uint64_t offset, const ChunkFacts& facts, std::uint64_t compressed_size);
  /// The payload of the summary's frame: the same bytes for the same tape.
  [[nodiscard]] std::vector<std::uint8_t> build(const Sha256Sum& last_link) const;
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct Row {
    std::uint64_t offset;
    std::uint64_t first_ordinal;
    Nanos min_received_at;
    Nanos max_received_at;
    std::uint32_t flags;
    std::uint32_t events;
    std::uint64_t compressed_size;
  };
  struct Count {
    std::size_t hash = 0;
    std::string venue;
    std::string account;
    std::string channel;
    std::string symbol;
    std::uint16_t kind = 0;
    std::uint16_t raw_kind = 0;
    std::uint64_t events = 0;
    std::uint64_t raw_bytes = 0;
    Nanos first_received_at = 0;
    Nanos last_received_at = 0;
    std::uint64_t missing = 0;

    [[nodiscard]] bool counts(const EventFacts& event) const;
  };

  Count& count_for(const EventFacts& event);
  void grow_table();
  void fill_rows(capnp::List<schema::Summary::Row>::Builder rows) const;
  void fill_counts(capnp::List<schema::Summary::Count>::Builder counts) const;
  [[nodiscard]] std::size_t summary_words() const;

  std::vector<Row> rows_;
  std::vector<Count> counts_;
  std::vector<std::uint32_t> table_;  // open addressing: index in counts_ plus 1; 0 = free
  std::size_t text_bytes_ = 0;
  std::size_t guess_ = 0;  // the row of the event before
  std::uint64_t events_ = 0;
  std::uint64_t raw_bytes_ = 0;
  std::uint64_t plain_bytes_ = 0;
  std::uint64_t compressed_bytes_ = 0;
  Nanos first_received_at_ = 0;
  Nanos last_received_at_ = 0;
  std::uint64_t first_ordinal_ = 0;
  std::uint64_t last_ordinal_ = 0;
  std::uint64_t session_ = 0;
  std::uint64_t last_session_ = 0;
  std::unordered_set<std::uint64_t> sessions_;
};

}  // namespace tape::log
