// What a venue tells a client that asks now, in its own words: snapshots rendered from a State.
#pragma once

#include <tape/venue/venue.h>
#include <tape/venue/writer.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// What of a State a snapshot is about.
enum class PictureOf : std::uint8_t {
  book,       // one each; books that no snapshot ever completed have none
  ticker,     // the last one of a market
  orders,     // open ones of an account
  positions,  // of an account
  balances,   // of an account, with margins
  account,    // balances and positions in one
  fills,      // the last ones of an account
};

struct Picture {
  PictureOf of = PictureOf::book;
  std::string_view table;   // its name among the venue's
  std::string_view target;  // of the REST answer, {symbol} to be replaced; empty: on the stream
  std::span<const FixedMember> fixed;
};

/// One venue's.
struct PictureInfo {
  std::span<const Picture> pictures;
  Spelling spelling;
  std::vector<Table> (*tables)() = nullptr;
};

/// A rendered frame. Views live until the next one is rendered.
struct PictureFrame {
  std::string_view text;
  std::string_view account;  // our label; empty: public
  std::string_view target;   // of a REST answer; empty: on the stream
};

/// One a venue and thread.
class PictureWriter {
 public:
  /// A venue without pictures renders nothing. Throws Error{internal} on a name that no table has.
  explicit PictureWriter(const Venue& venue);
  ~PictureWriter();
  PictureWriter(const PictureWriter&) = delete;
  PictureWriter& operator=(const PictureWriter&) = delete;

  /// All there is of the venue in a State: books, then markets, then accounts. Venue times of
  /// accounts are those of what was last received of them.
  void write(schema::State::Reader state, const std::function<void(const PictureFrame&)>& take);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::venue
