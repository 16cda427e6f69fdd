#include <tape/state/status.h>

#include <algorithm>
#include <vector>

namespace tape::state {
namespace {

constexpr std::size_t kMaxFeeds = 1000;
constexpr std::size_t kConnectionsKept = 32;
constexpr std::size_t kNoticesKept = 200;
constexpr std::string_view kSocket = "websocket";
constexpr std::string_view kRest = "rest";

std::string text(capnp::Text::Reader value) { return {value.begin(), value.size()}; }

bool longer(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

VenueStatus::Feed* VenueStatus::feed_of(std::string_view channel) {
  if (channel.empty()) return nullptr;
  if (last_feed_ != nullptr && last_channel_ == channel) return last_feed_;
  auto found = feeds_.find(channel);
  if (found == feeds_.end()) {
    if (feeds_.size() >= kMaxFeeds) return nullptr;
    found = feeds_.emplace(std::string(channel), Feed{}).first;
  }
  last_channel_.assign(channel);
  last_feed_ = &found->second;
  return last_feed_;
}

VenueStatus::Connection* VenueStatus::connection_of(std::uint64_t session, std::uint32_t number) {
  for (auto at = connections_.rbegin(); at != connections_.rend(); ++at) {
    if (at->session == session && at->number == number) return &*at;
  }
  return nullptr;
}

VenueStatus::Connection& VenueStatus::add_connection(const Occasion& occasion,
                                                     std::string_view url) {
  Connection connection;
  connection.session = occasion.moment.session;
  connection.number = occasion.connection;
  connection.url = url;
  connection.opened_at = connection.received_at = occasion.moment.received_at;
  connections_.push_back(std::move(connection));
  if (connections_.size() > kConnectionsKept) connections_.pop_front();
  return connections_.back();
}

void VenueStatus::touch(schema::Event::Reader event, const Occasion& occasion) {
  received_at_ = occasion.moment.received_at;
  outage_.advance(occasion.moment);
  if (event.getDirection() != schema::Direction::RECEIVED) return;
  if (Feed* feed = feed_of(occasion.channel)) {
    feed->received_at = received_at_;
    ++feed->events;
    if (!occasion.answer) {
      feed->session = occasion.moment.session;
      feed->connection = occasion.connection;
      feed->lost_at = 0;
    }
    feed->stalled_at = 0;
  }
  if (occasion.answer) {
    const auto status = event.getRest().getStatus();
    if (status >= 200 && status < 500 && !event.getBody().isOpaque()) {
      outage_.work(kRest, occasion.moment);
    }
    return;
  }
  if (event.getTransport() == schema::Transport::WEBSOCKET &&
      (!socket_seen_ || outage_.watching())) {
    socket_seen_ = true;
    outage_.work(kSocket, occasion.moment);
  }
}

void VenueStatus::apply(schema::ConnectionOpened::Reader opened, const Occasion& occasion) {
  // What another recording had open is gone with it.
  for (Connection& connection : connections_) {
    if (connection.session == occasion.moment.session || connection.lost_at != 0) continue;
    connection.lost_at = std::max<Nanos>(connection.received_at, 1);
    connection.cause = "another recording goes on here";
  }
  for (auto& [channel, feed] : feeds_) {
    const bool others = feed.connection != 0 && feed.session != occasion.moment.session;
    if (others && feed.lost_at == 0) feed.lost_at = std::max<Nanos>(feed.received_at, 1);
  }
  add_connection(occasion, event::view(opened.getUrl()));
}

void VenueStatus::apply(schema::ConnectionLost::Reader lost, const Occasion& occasion) {
  ++connections_lost_;
  lost_at_ = occasion.moment.received_at;
  lost_cause_ = text(lost.getCause());
  Connection* connection = connection_of(occasion.moment.session, occasion.connection);
  if (connection == nullptr) connection = &add_connection(occasion, event::view(lost.getUrl()));
  connection->lost_at = lost_at_;
  connection->cause = lost_cause_;
  if (lost.getLastFrameAt() != 0) connection->received_at = lost.getLastFrameAt();
  lose_feeds(lost, occasion);
  outage_.fail(kSocket, lost_cause_, occasion.moment);
}

void VenueStatus::lose_feeds(schema::ConnectionLost::Reader lost, const Occasion& occasion) {
  for (auto& [channel, feed] : feeds_) {
    bool named = false;
    for (const auto one : lost.getConcerns()) named |= event::view(one.getChannel()) == channel;
    const bool same = feed.session == occasion.moment.session &&
                      (occasion.connection == 0 || feed.connection == occasion.connection);
    if (feed.connection != 0 && (named || same) && feed.lost_at == 0) feed.lost_at = lost_at_;
  }
}

void VenueStatus::apply(schema::ReconnectAttempt::Reader attempt, const Occasion& occasion) {
  if (attempt.getOutcome().size() == 0) return;
  outage_.fail(kSocket, event::view(attempt.getOutcome()), occasion.moment);
}

void VenueStatus::apply(schema::RequestFailed::Reader failed, const Occasion& occasion) {
  // What the venue refuses for a reason of ours says nothing about the venue.
  if (failed.getStatus() >= 400 && failed.getStatus() < 500) return;
  outage_.fail(kRest, event::view(failed.getCause()), occasion.moment);
}

void VenueStatus::apply(schema::Stalled::Reader stalled, const Occasion& occasion) {
  const bool moved = event::view(stalled.getWhat()) == "moved";
  for (const auto one : stalled.getConcerns()) {
    const auto channel = event::view(one.getChannel());
    if (Feed* feed = feed_of(channel)) {
      feed->stalled_at = moved ? 0 : std::max<Nanos>(stalled.getSinceAt(), 1);
    }
    if (!moved && channel == "heartbeat") {
      outage_.fail(kSocket, "heartbeats are silent", occasion.moment);
    }
  }
}

void VenueStatus::apply(schema::Gap::Reader gap, std::string_view channel) {
  if (gap.getKind() == schema::GapKind::REPEATED) return;
  ++gaps_;
  if (Feed* feed = feed_of(channel)) ++feed->gaps;
}

void VenueStatus::apply(schema::Resynchronised::Reader, std::string_view channel,
                        const Occasion& occasion) {
  if (Feed* feed = feed_of(channel)) feed->resynchronised_at = occasion.moment.received_at;
}

void VenueStatus::apply(schema::Notifications::Reader notifications, const Moment& moment) {
  const auto items = notifications.getItems();
  if (items.size() == 0) return;
  notifications_ += items.size();
  notified_at_ = moment.received_at;
  last_ = read(items[items.size() - 1]);
  // Two of one message are ordered by their numbers, not by the time they take effect.
  std::vector<schema::Notification::Reader> sorted;
  for (const auto item : items) sorted.push_back(item);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return longer(text(a.getId()), text(b.getId()));
  });
  for (const auto& item : sorted) take_notice(item, moment);
}

// Answers have no id: the same words with the same time are the same notification.
void VenueStatus::take_notice(schema::Notification::Reader item, const Moment& moment) {
  const Notification given = read(item);
  for (Notice& notice : notices_) {
    const bool words = notice.text.type == given.type && notice.text.priority == given.priority &&
                       notice.text.note == given.note &&
                       notice.text.effective_at == given.effective_at;
    const bool ids = !notice.text.id.empty() && !given.id.empty();
    if (ids ? notice.text.id != given.id : !words) continue;
    ++notice.seen;
    if (notice.text.id.empty()) notice.text.id = given.id;
    return;
  }
  notices_.push_back({given, moment, 1});
  if (notices_.size() > kNoticesKept) notices_.pop_front();
  outage_.note(given.id.empty() ? given.note : given.id, item, moment);
}

VenueStatus::Notification VenueStatus::read(schema::Notification::Reader in) {
  return {text(in.getId()),   text(in.getType()),  text(in.getPriority()),
          text(in.getNote()), in.getEffectiveAt(), in.getExpectedDowntimeMinutes()};
}

void VenueStatus::write(const Notification& from, schema::Notification::Builder out) {
  if (!from.id.empty()) out.setId(text_of(from.id));
  out.setType(text_of(from.type));
  out.setPriority(text_of(from.priority));
  out.setNote(text_of(from.note));
  out.setEffectiveAt(from.effective_at);
  out.setExpectedDowntimeMinutes(from.expected_downtime_minutes);
}

void VenueStatus::write(schema::VenueState::Builder out) const {
  out.setReceivedAt(received_at_);
  out.setConnectionsLost(connections_lost_);
  out.setLostAt(lost_at_);
  if (!lost_cause_.empty()) out.setLostCause(text_of(lost_cause_));
  out.setGaps(gaps_);
  out.setNotifications(notifications_);
  out.setNotifiedAt(notified_at_);
  if (notifications_ != 0) write(last_, out.initNotification());
  if (outage_.known()) outage_.write(out.initOutage());
  write_parts(out);
}

void VenueStatus::write_parts(schema::VenueState::Builder out) const {
  unsigned index = 0;
  if (!notices_.empty()) {
    auto notices = out.initNotices(static_cast<unsigned>(notices_.size()));
    for (const Notice& notice : notices_) {
      auto entry = notices[index++];
      write(notice.text, entry.initNotification());
      entry.setReceivedAt(notice.moment.received_at);
      entry.setSession(notice.moment.session);
      entry.setOrdinal(notice.moment.ordinal);
      entry.setSeen(notice.seen);
    }
  }
  if (!connections_.empty()) {
    auto connections = out.initConnections(static_cast<unsigned>(connections_.size()));
    index = 0;
    for (const Connection& one : connections_) {
      auto entry = connections[index++];
      entry.setSession(one.session);
      entry.setConnection(one.number);
      if (!one.url.empty()) entry.setUrl(text_of(one.url));
      entry.setOpenedAt(one.opened_at);
      entry.setLostAt(one.lost_at);
      if (!one.cause.empty()) entry.setCause(text_of(one.cause));
      entry.setReceivedAt(one.received_at);
    }
  }
  auto feeds = out.initFeeds(static_cast<unsigned>(feeds_.size()));
  index = 0;
  for (const auto& [channel, feed] : feeds_) {
    auto entry = feeds[index++];
    entry.setChannel(text_of(channel));
    entry.setReceivedAt(feed.received_at);
    entry.setEvents(feed.events);
    entry.setSession(feed.session);
    entry.setConnection(feed.connection);
    entry.setLostAt(feed.lost_at);
    entry.setStalledAt(feed.stalled_at);
    entry.setGaps(feed.gaps);
    entry.setResynchronisedAt(feed.resynchronised_at);
  }
}

void VenueStatus::read(schema::VenueState::Reader in) {
  received_at_ = in.getReceivedAt();
  connections_lost_ = in.getConnectionsLost();
  lost_at_ = in.getLostAt();
  lost_cause_ = text(in.getLostCause());
  gaps_ = in.getGaps();
  notifications_ = in.getNotifications();
  notified_at_ = in.getNotifiedAt();
  if (in.hasNotification()) last_ = read(in.getNotification());
  if (in.hasOutage()) outage_.read(in.getOutage());
  for (const auto one : in.getNotices()) {
    notices_.push_back({read(one.getNotification()),
                        {one.getReceivedAt(), one.getSession(), one.getOrdinal()},
                        one.getSeen()});
    if (notices_.size() > kNoticesKept) notices_.pop_front();
  }
  for (const auto one : in.getConnections()) {
    connections_.push_back({one.getSession(), one.getConnection(), text(one.getUrl()),
                            one.getOpenedAt(), one.getLostAt(), text(one.getCause()),
                            one.getReceivedAt()});
    if (connections_.size() > kConnectionsKept) connections_.pop_front();
  }
  for (const auto one : in.getFeeds()) {
    if (feeds_.size() >= kMaxFeeds) break;
    feeds_[text(one.getChannel())] = {
        one.getReceivedAt(), one.getEvents(),    one.getSession(), one.getConnection(),
        one.getLostAt(),     one.getStalledAt(), one.getGaps(),    one.getResynchronisedAt()};
  }
}

}  // namespace tape::state
