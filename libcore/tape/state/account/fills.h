// The fills of one account, each once, however often and by whatever way it was seen.
#pragma once

#include <tape/state/row.h>
#include <tape/state/trust.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tape::state {

/// A fill is its identity(). A second sighting by another way confirms it field by field; by the
/// same way of the stream it is doubled. The last ones are kept; the counts are exact.
class Fills {
 public:
  enum class Way : std::uint8_t { order_stream, fill_stream, picture, answer };
  struct Difference {
    std::string field;
    Decimal held;  // of numbers
    Decimal given;
    std::string held_text;
    std::string given_text;
  };
  struct Record {
    explicit Record(const RowType& type) : row(type) {}
    Row row;
    std::uint64_t number = 0;
    Moment moment;                        // first seen
    std::array<std::uint32_t, 4> seen{};  // by way
    std::uint32_t connection = 0;
    bool missed = false;
    bool placed = false;
    bool doubled = false;
    bool disordered = false;
  };
  struct Sighting {
    Record* record = nullptr;  // null: nothing to see, or too old to be told from a known one
    bool fresh = false;
    bool doubled = false;
    std::vector<Difference> differences;
  };
  struct Hole {
    std::string symbol;
    std::uint64_t expected = 0;
    std::uint64_t found = 0;
  };

  Fills();

  /// `stream_at`: since when a stream brings fills; 0 = none does.
  [[nodiscard]] Sighting see(schema::Fill::Reader fill, Way way, Nanos stream_at,
                             const Occasion& occasion);
  /// What a list's numbers by market skip.
  [[nodiscard]] std::vector<Hole> holes(schema::Fills::Reader list);

  struct Counts {
    std::uint64_t seen = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t doubled = 0;
    std::uint64_t mismatched = 0;
    std::uint64_t missed = 0;
    std::uint64_t disordered = 0;
    std::uint64_t missing = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& types() const { return types_; }
  [[nodiscard]] const std::deque<Record>& kept() const { return kept_; }

  static constexpr std::size_t kKept = 1000;

  void write(schema::AccountState::Builder out, std::uint64_t unknown_removals) const;
  void write_resume(schema::AccountResume::Builder out) const;
  void read(schema::AccountState::Reader in);

 private:
  Record* record_of(const std::string& key);
  Record& add_record(const std::string& key, schema::Fill::Reader fill, Way way, Nanos stream_at,
                     const Occasion& occasion);
  void forget_oldest();
  [[nodiscard]] static std::vector<Difference> compare_with(const Row& held, const Row& given);
  static void merge(Row& held, schema::Fill::Reader fill);

  std::deque<Record> kept_;                                 // by number
  std::unordered_map<std::string, std::uint64_t> numbers_;  // of those kept
  Counts counts_;
  std::map<std::string, std::uint64_t> types_;
  std::map<std::string, std::uint64_t> last_numbers_;  // the venue's, by symbol
  Nanos forgotten_at_ = 0;
  Nanos last_fill_at_ = 0;  // on the stream
};

}  // namespace tape::state
