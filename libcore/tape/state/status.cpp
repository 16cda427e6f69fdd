#include <tape/state/status.h>

namespace tape::state {
namespace {

void take(capnp::Text::Reader from, std::string& to) { to.assign(from.begin(), from.size()); }

}  // namespace

void VenueStatus::apply(schema::ConnectionLost::Reader lost, const Moment& moment) {
  ++connections_lost_;
  lost_at_ = moment.received_at;
  take(lost.getCause(), lost_cause_);
}

void VenueStatus::apply(schema::Gap::Reader gap) {
  if (gap.getKind() != schema::GapKind::REPEATED) ++gaps_;
}

void VenueStatus::apply(schema::Notifications::Reader notifications, const Moment& moment) {
  const auto items = notifications.getItems();
  if (items.size() == 0) return;
  notifications_ += items.size();
  notified_at_ = moment.received_at;
  const auto item = items[items.size() - 1];
  take(item.getId(), last_.id);
  take(item.getType(), last_.type);
  take(item.getPriority(), last_.priority);
  take(item.getNote(), last_.note);
  last_.effective_at = item.getEffectiveAt();
  last_.expected_downtime_minutes = item.getExpectedDowntimeMinutes();
}

void VenueStatus::write(schema::VenueState::Builder out) const {
  out.setReceivedAt(received_at_);
  out.setConnectionsLost(connections_lost_);
  out.setLostAt(lost_at_);
  if (!lost_cause_.empty()) out.setLostCause(lost_cause_.c_str());
  out.setGaps(gaps_);
  out.setNotifications(notifications_);
  out.setNotifiedAt(notified_at_);
  if (notifications_ == 0) return;
  auto item = out.initNotification();
  item.setId(last_.id.c_str());
  item.setType(last_.type.c_str());
  item.setPriority(last_.priority.c_str());
  item.setNote(last_.note.c_str());
  item.setEffectiveAt(last_.effective_at);
  item.setExpectedDowntimeMinutes(last_.expected_downtime_minutes);
}

}  // namespace tape::state
