#include <tape/base/error.h>
#include <tape/log/summary.h>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <functional>
#include <tuple>

namespace tape::log {
namespace {

std::size_t hash_of(const EventFacts& event) {
  const std::hash<std::string_view> hash;
  std::size_t value = hash(event.venue);
  for (const auto text : {event.account, event.channel, event.symbol}) {
    value = value * 0x9E3779B97F4A7C15U ^ hash(text);
  }
  return value * 31 + event.kind * std::size_t{8} + event.raw_kind;
}

// More than that many bytes in the texts of the rows are no market's feeds.
constexpr std::size_t kMaxCountText = std::size_t{16} << 20U;
constexpr std::uint16_t kOtherKinds = 0xFFFF;

/// Stands for all rows beyond the bound.
bool is_rest(const EventFacts& event) {
  return event.symbol == "*" && event.venue.empty() && event.account.empty() &&
         event.channel.empty();
}

void set_text(const std::string& text, auto init) {
  if (!text.empty()) {
    std::copy(text.begin(), text.end(), init(static_cast<capnp::uint>(text.size())).begin());
  }
}

std::size_t text_words(const std::string& text) { return text.size() / sizeof(capnp::word) + 1; }

}  // namespace

bool Totals::Count::counts(const EventFacts& event) const {
  return kind == event.kind && raw_kind == event.raw_kind && symbol == event.symbol &&
         channel == event.channel && account == event.account && venue == event.venue;
}

void Totals::grow_table() {
  table_.assign(std::max<std::size_t>(64, table_.size() * 2), 0);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    std::size_t slot = counts_[i].hash & (table_.size() - 1);
    while (table_[slot] != 0) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

Totals::Count& Totals::count_for(const EventFacts& event) {
  if (guess_ < counts_.size() && counts_[guess_].counts(event)) return counts_[guess_];
  if (table_.size() < 2 * (counts_.size() + 2)) grow_table();
  const auto hash = hash_of(event);
  std::size_t slot = hash & (table_.size() - 1);
  for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1)) {
    auto& count = counts_[table_[slot] - 1];
    if (count.hash == hash && count.counts(event)) {
      guess_ = table_[slot] - 1;
      return count;
    }
  }
  const auto text_bytes =
      event.venue.size() + event.account.size() + event.channel.size() + event.symbol.size();
  if (counts_.size() >= kMaxCounts || text_bytes_ + text_bytes > kMaxCountText) {
    // The kinds that a schema has fit into the allowance; what is beyond is hostile.
    const bool known = counts_.size() < kMaxCounts + kMaxCounts / 16;
    EventFacts rest;
    rest.symbol = "*";
    rest.kind = known ? event.kind : kOtherKinds;
    rest.raw_kind = known ? event.raw_kind : kOtherKinds;
    if (!is_rest(event)) return count_for(rest);
  }
  text_bytes_ += text_bytes;
  auto& count = counts_.emplace_back();
  count.hash = hash;
  count.venue = event.venue;
  count.account = event.account;
  count.channel = event.channel;
  count.symbol = event.symbol;
  count.kind = event.kind;
  count.raw_kind = event.raw_kind;
  guess_ = counts_.size() - 1;
  table_[slot] = static_cast<std::uint32_t>(counts_.size());
  return count;
}

void Totals::add(const EventFacts& event) {
  const std::uint64_t raw_bytes = event.raw ? event.raw->size() : 0;
  if (events_ == 0) {
    session_ = event.session;
    first_ordinal_ = event.ordinal;
  }
  if (events_ == 0 || event.session != last_session_) {
    if (sessions_.size() < kMaxSessions) sessions_.insert(event.session);
    last_session_ = event.session;
  }
  ++events_;
  raw_bytes_ += raw_bytes;
  last_ordinal_ = event.ordinal;
  widen(first_received_at_, last_received_at_, event.received_at);
  auto& count = count_for(event);
  ++count.events;
  count.raw_bytes += raw_bytes;
  count.missing += event.missing;
  widen(count.first_received_at, count.last_received_at, event.received_at);
}

void Totals::add_chunk(std::uint64_t offset, const ChunkFacts& facts,
                       std::uint64_t compressed_size) {
  rows_.push_back({offset, facts.first_ordinal, facts.min_received_at, facts.max_received_at,
                   facts.flags, facts.events, compressed_size});
  plain_bytes_ += facts.plain_size;
  compressed_bytes_ += compressed_size;
}

std::size_t Totals::summary_words() const {
  // Sections of the structs as schemas/file.capnp has them: an upper bound keeps the message in one
  // segment.
  constexpr std::size_t kRoot = 64;
  constexpr std::size_t kRow = 8;
  constexpr std::size_t kCount = 16;
  std::size_t words = kRoot + rows_.size() * kRow;
  for (const auto& count : counts_) {
    words += kCount + text_words(count.venue) + text_words(count.account) +
             text_words(count.channel) + text_words(count.symbol);
  }
  return words;
}

void Totals::fill_rows(capnp::List<schema::Summary::Row>::Builder rows) const {
  for (capnp::uint i = 0; i < rows.size(); ++i) {
    auto row = rows[i];
    row.setOffset(rows_[i].offset);
    row.setFirstOrdinal(rows_[i].first_ordinal);
    row.setMinReceivedAt(rows_[i].min_received_at);
    row.setMaxReceivedAt(rows_[i].max_received_at);
    row.setFlags(rows_[i].flags);
    row.setEvents(rows_[i].events);
    row.setCompressedSize(rows_[i].compressed_size);
  }
}

void Totals::fill_counts(capnp::List<schema::Summary::Count>::Builder counts) const {
  std::vector<const Count*> sorted;
  sorted.reserve(counts_.size());
  for (const auto& count : counts_) sorted.push_back(&count);
  const auto key = [](const Count& c) {
    return std::tie(c.venue, c.account, c.channel, c.symbol, c.kind, c.raw_kind);
  };
  std::sort(sorted.begin(), sorted.end(),
            [&](const Count* a, const Count* b) { return key(*a) < key(*b); });
  for (capnp::uint i = 0; i < counts.size(); ++i) {
    auto count = counts[i];
    const auto& from = *sorted[i];
    set_text(from.venue, [&](capnp::uint n) { return count.initVenue(n); });
    set_text(from.account, [&](capnp::uint n) { return count.initAccount(n); });
    set_text(from.channel, [&](capnp::uint n) { return count.initChannel(n); });
    set_text(from.symbol, [&](capnp::uint n) { return count.initSymbol(n); });
    count.setKind(from.kind);
    count.setRaw(from.raw_kind);
    count.setEvents(from.events);
    count.setRawBytes(from.raw_bytes);
    count.setFirstReceivedAt(from.first_received_at);
    count.setLastReceivedAt(from.last_received_at);
    count.setMissing(from.missing);
  }
}

std::vector<std::uint8_t> Totals::build(const Sha256Sum& last_link) const {
  const auto words = summary_words();
  if (words * sizeof(capnp::word) > kMaxSummary) {
    throw Error(Fault::limit, "the summary would be larger than 1 GiB; rotate to smaller files");
  }
  capnp::MallocMessageBuilder message(static_cast<capnp::uint>(words));
  auto root = message.initRoot<schema::Summary>();
  fill_rows(root.initRows(static_cast<capnp::uint>(rows_.size())));
  fill_counts(root.initCounts(static_cast<capnp::uint>(counts_.size())));
  root.setEvents(events_);
  root.setRawBytes(raw_bytes_);
  root.setPlainBytes(plain_bytes_);
  root.setCompressedBytes(compressed_bytes_);
  root.setFirstReceivedAt(first_received_at_);
  root.setLastReceivedAt(last_received_at_);
  root.setFirstOrdinal(first_ordinal_);
  root.setLastOrdinal(last_ordinal_);
  root.setSession(session_);
  root.setSessions(static_cast<std::uint32_t>(sessions_.size()));
  std::copy(last_link.begin(), last_link.end(), root.initLastLink(kLink).begin());
  const auto array = capnp::messageToFlatArray(message);
  const auto bytes = array.asBytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace tape::log
