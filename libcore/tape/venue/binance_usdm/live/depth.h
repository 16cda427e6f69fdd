// Snapshots of order books: when a book needs one, and whether the one that came joins the changes
// received.
#pragma once

#include <tape/venue/binance_usdm/live/rest/client.h>
#include <tape/venue/session.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tape::venue::binance_usdm::live {

/// After every subscription and every gap: changes are awaited, a snapshot is asked for, and again
/// while it is older than the first change received. The client outlives it.
class Depth {
 public:
  explicit Depth(Client& client) : client_(client) {}

  /// A stream of changes was acknowledged on that link: changes of other links count no more.
  void subscribed(std::string_view symbol, LinkId link, Nanos now);
  void lost(LinkId link);
  void gap(LinkId link, std::string_view symbol, Nanos now);

  /// First and last update that the change holds, the last of the one before it (0 = not said).
  struct Numbers {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t previous = 0;
  };
  void change(LinkId link, std::string_view symbol, const Numbers& numbers, Nanos now);
  /// `number`: lastUpdateId of the snapshot.
  void snapshot(std::string_view symbol, std::uint64_t number, Nanos now);
  void tick(Nanos now);

  void count(std::vector<Session::Counter>& counters) const;

 private:
  enum class State : std::uint8_t {
    idle,     // not subscribed to
    waiting,  // for the first change
    asked,    // for a snapshot
    joining,  // have a snapshot that is newer than all changes so far
    joined,
  };
  struct Book {
    Client::Job job = 0;
    LinkId link = 0;
    State state = State::idle;
    Nanos since = 0;          // of this state
    std::uint64_t first = 0;  // of the first change since; 0 = none came yet
    std::uint64_t previous = 0;
    std::uint64_t last = 0;
    std::uint64_t snapshot = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  void restart(Book& book, Nanos now);
  void ask(Book& book, Nanos now);
  void join(Book& book, Nanos now);

  Client& client_;
  std::unordered_map<std::string, Book, Hash, std::equal_to<>> books_;
  std::uint64_t asked_ = 0;
  std::uint64_t too_old_ = 0;
  std::uint64_t joined_ = 0;
};

}  // namespace tape::venue::binance_usdm::live
