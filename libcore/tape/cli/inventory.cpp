#include <tape/base/bytes.h>
#include <tape/cli/inventory.h>
#include <tape/cli/source.h>
#include <tape/log/frame_bytes.h>

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace tape::cli {
namespace {

// A hostile tape may name a feed in every event; the summary has the same bound in its own way.
constexpr std::size_t kMostFeeds = std::size_t{1} << 16U;

std::uint64_t size_of(const std::string& path) {
  struct stat info {};
  const bool known = path != "-" && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  return known ? static_cast<std::uint64_t>(info.st_size) : 0;
}

void widen(Inventory& all, Nanos first, Nanos last) {
  all.first = std::min(all.first.value_or(first), first);
  all.last = std::max(all.last.value_or(last), last);
}

Feed& feed_of(Inventory& all, FeedKey key) {
  const auto found = all.feeds.find(key);
  if (found != all.feeds.end()) return found->second;
  if (all.feeds.size() >= kMostFeeds) key = {"", "", "", "*"};
  return all.feeds[std::move(key)];
}

struct Tally {
  std::uint16_t kind = 0;
  std::uint16_t raw = 0;
  std::uint64_t events = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t missing = 0;
  Nanos first = 0;
  Nanos last = 0;
};

void tally(Inventory& all, Feed& feed, const Tally& row) {
  const auto kind = static_cast<event::Kind>(row.kind);
  all.kinds.at(std::min<std::size_t>(row.kind, event::kKinds)) += row.events;
  all.kept.at(std::min<std::size_t>(row.raw, 3)) += row.events;
  if (row.raw == 1 || row.raw == 2) {
    const auto why = event::is_account_kind(kind)  ? Why::account
                     : kind == event::Kind::OPAQUE ? Why::opaque
                                                   : Why::unproven;
    all.why.at(static_cast<std::size_t>(why)) += row.events;
  }
  feed.first = feed.events == 0 ? row.first : std::min(feed.first, row.first);
  feed.last = feed.events == 0 ? row.last : std::max(feed.last, row.last);
  feed.events += row.events;
  feed.raw_bytes += row.raw_bytes;
  feed.missing += row.missing;
  if (kind == event::Kind::GAP) feed.gaps += row.events;
  if (kind == event::Kind::CONNECTION_LOST) feed.losses += row.events;
}

void add_summary(Inventory& all, schema::Summary::Reader summary) {
  ++all.parts;
  all.events += summary.getEvents();
  all.raw_bytes += summary.getRawBytes();
  all.plain_bytes += summary.getPlainBytes();
  if (summary.getEvents() > 0) {
    widen(all, summary.getFirstReceivedAt(), summary.getLastReceivedAt());
    all.known_sessions.insert(summary.getSession());
    all.other_sessions += std::max(summary.getSessions(), 1U) - 1;
  }
  for (const auto count : summary.getCounts()) {
    Tally row{count.getKind(),          count.getRaw(),     count.getEvents(),
              count.getRawBytes(),      count.getMissing(), count.getFirstReceivedAt(),
              count.getLastReceivedAt()};
    auto& feed =
        feed_of(all, {count.getVenue(), count.getAccount(), count.getChannel(), count.getSymbol()});
    tally(all, feed, row);
  }
}

/// False, and nothing added, when there is none or it cannot be read.
bool add_summaries(Inventory& all) {
  const Inventory before = all;
  try {
    for (const auto& part : whole_summaries(all.path)) {
      add_summary(all, part.read()->getRoot<schema::Summary>());
    }
  } catch (const kj::Exception&) {
    all = before;
  }
  return all.parts > 0;
}

/// Counts events one by one; consecutive events are mostly of feeds that were just met.
class Scan {
 public:
  explicit Scan(Inventory& all) : all_(all) {}

  void add(const log::EventRef& ref) {
    const auto& event = ref.event;
    const Nanos at = event.getReceivedAt();
    const auto raw = bytes_.of(ref);
    Tally row;
    row.kind = static_cast<std::uint16_t>(event.getBody().which());
    row.raw = static_cast<std::uint16_t>(event.getRaw().which());
    row.events = 1;
    row.raw_bytes = raw ? raw->size() : 0;
    row.first = row.last = at;
    if (event.getBody().isGap()) row.missing = event.getBody().getGap().getMissing();
    tally(all_, feed(event), row);
    ++all_.events;
    all_.raw_bytes += row.raw_bytes;
    all_.plain_bytes += ref.framed.size_bytes();
    widen(all_, at, at);
    if (ref.session != session_ || all_.known_sessions.empty()) {
      session_ = ref.session;
      all_.known_sessions.insert(session_);
    }
  }

 private:
  Feed& feed(schema::Event::Reader event) {
    const auto venue = event::view(event.getVenue());
    const auto account = event::view(event.getAccount());
    const auto channel = event::view(event.getChannel());
    const auto symbol = event::view(event.getSymbol());
    const auto found = all_.feeds.find(std::tie(venue, account, channel, symbol));
    if (found != all_.feeds.end()) return found->second;
    return feed_of(all_, {std::string(venue), std::string(account), std::string(channel),
                          std::string(symbol)});
  }

  Inventory& all_;
  log::FrameBytes bytes_;
  std::uint64_t session_ = 0;
};

}  // namespace

double Inventory::seconds() const {
  return first && last ? static_cast<double>(*last - *first) / static_cast<double>(kSecond) : 0;
}

double Inventory::ratio() const {
  if (file_bytes == 0 || selected) return 0;
  return static_cast<double>(raw_bytes) / static_cast<double>(file_bytes);
}

void Inventory::add(const Inventory& other) {
  from_summary = from_summary && other.from_summary;
  selected = selected || other.selected;
  tail = std::max(tail, other.tail);
  damages += other.damages;
  parts += other.parts;
  known_sessions.insert(other.known_sessions.begin(), other.known_sessions.end());
  other_sessions += other.other_sessions;
  events += other.events;
  raw_bytes += other.raw_bytes;
  plain_bytes += other.plain_bytes;
  file_bytes += other.file_bytes;
  if (other.first) widen(*this, *other.first, *other.last);
  for (std::size_t i = 0; i < kept.size(); ++i) kept.at(i) += other.kept.at(i);
  for (std::size_t i = 0; i < why.size(); ++i) why.at(i) += other.why.at(i);
  for (std::size_t i = 0; i < kinds.size(); ++i) kinds.at(i) += other.kinds.at(i);
  for (const auto& [key, more] : other.feeds) {
    auto& feed = feed_of(*this, key);
    feed.first = feed.events == 0 ? more.first : std::min(feed.first, more.first);
    feed.last = feed.events == 0 ? more.last : std::max(feed.last, more.last);
    feed.events += more.events;
    feed.raw_bytes += more.raw_bytes;
    feed.gaps += more.gaps;
    feed.missing += more.missing;
    feed.losses += more.losses;
  }
}

Inventory take_inventory(const std::string& path, const SelectOptions& select) {
  Inventory all;
  all.path = path;
  all.selected = select.any();
  all.file_bytes = size_of(path);
  if (!all.selected && all.file_bytes > 0 && add_summaries(all)) {
    log::ReaderOptions options;
    options.prefetch = false;
    const log::Reader reader(path, options);
    if (!reader.preambles().empty()) all.preamble = reader.preambles().front();
    return all;
  }
  all.from_summary = false;
  InputOptions options;
  options.files = {path};
  options.select = select;
  MergedInput input(options);
  Scan scan(all);
  while (const auto* ref = input.next()) {
    try {
      scan.add(*ref);
    } catch (const Error& error) {
      if (error.fault != Fault::format) throw;
      input.note_damage(
          fmt::format("{}: event {}:{}: {}", path, hex(ref->session), ref->ordinal, error.what()));
    } catch (const kj::Exception& error) {
      input.note_damage(fmt::format("{}: event {}:{}: damaged message: {}", path, hex(ref->session),
                                    ref->ordinal, error.getDescription().cStr()));
    }
  }
  const auto preambles = input.preambles();
  all.parts = preambles.size();
  if (!preambles.empty()) all.preamble = preambles.front();
  all.damages = input.damages();
  all.tail = input.tail();
  return all;
}

}  // namespace tape::cli
