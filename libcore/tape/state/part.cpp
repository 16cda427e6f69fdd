#include <tape/state/part.h>

namespace tape::state {
namespace {

constexpr std::string_view kNoSnapshot =
    "no snapshot yet: only what changed since the start is known";
constexpr std::string_view kNoSequence =
    "the feed has no sequence numbers: nothing proves that no change was missed";

}  // namespace

void Part::take(const Occasion& occasion, Nature nature) {
  const Moment& moment = occasion.moment;
  if (!occasion.answer) {
    if (nature == Nature::change) leave(moment);
    session_ = moment.session;
    connection_ = occasion.connection;
    if (channel_ != occasion.channel) channel_.assign(occasion.channel);
    if (stream_at_ == 0) stream_at_ = moment.received_at;
  }
  received_at_ = moment.received_at;
  ++updates_;
  // An answer to a question from before the doubt says nothing about what happened since.
  const bool outdated = standing_.suspect() && occasion.answer && occasion.latency != 0 &&
                        moment.received_at - occasion.latency < standing_.since().received_at;
  if (nature == Nature::picture && !outdated) {
    complete_ = true;
    snapshot_at_ = moment.received_at;
    if (!standing_.verified() || standing_.stale_at() != 0) standing_.verify(moment);
  } else if (!complete_) {
    standing_.weaken(kNoSnapshot, moment);
  } else if (nature == Nature::change && occasion.sequence == 0) {
    standing_.weaken(kNoSequence, moment);
  }
}

void Part::leave(const Moment& moment) {
  if (stream_at_ != 0 && session_ != moment.session) standing_.leave(moment, received_at_);
}

bool Part::comes_by(std::uint64_t session, std::uint32_t connection) const {
  return stream_at_ != 0 && session_ == session && (connection == 0 || connection_ == connection);
}

void Part::write(PartKind kind, schema::PartState::Builder out) const {
  out.setPart(std::string(kPartNames[static_cast<std::size_t>(kind)]));
  standing_.write(out);
  out.setStaleAt(standing_.stale_at());
  out.setSnapshotAt(snapshot_at_);
  out.setComplete(complete_);
  out.setReceivedAt(received_at_);
  out.setUpdates(updates_);
  if (!channel_.empty()) out.setChannel(text_of(channel_));
  out.setSession(session_);
  out.setConnection(connection_);
  out.setStreamAt(stream_at_);
}

void Part::read(schema::PartState::Reader in) {
  standing_.read(in);
  snapshot_at_ = in.getSnapshotAt();
  complete_ = in.getComplete();
  received_at_ = in.getReceivedAt();
  updates_ = in.getUpdates();
  channel_ = event::view(in.getChannel());
  session_ = in.getSession();
  connection_ = in.getConnection();
  stream_at_ = in.getStreamAt();
}

}  // namespace tape::state
