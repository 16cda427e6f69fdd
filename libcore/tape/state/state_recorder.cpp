// What the recorder noticed: lost connections, gaps, silence, and whom they concern.
#include <tape/state/state.h>
#include <tape/state/state_entries.h>

#include <fmt/format.h>

namespace tape::state {
namespace {

using event::Kind;

// Whether a recorder event speaks of a feed: one of the channels, and the symbol where it names
// one.
template <typename Channel>
bool speaks_of(capnp::List<schema::Concerned>::Reader concerns, std::string_view symbol,
               const Channel& is_channel) {
  for (const auto one : concerns) {
    const auto named = event::view(one.getSymbol());
    if ((named.empty() || named == symbol) && is_channel(event::view(one.getChannel())))
      return true;
  }
  return false;
}

std::string_view channel_of(schema::Event::Reader event, schema::Concerned::Reader concerns) {
  return event::view(concerns.hasChannel() ? concerns.getChannel() : event.getChannel());
}

}  // namespace

void State::apply_recorder(schema::Event::Reader event, const Occasion& occasion) {
  const auto body = event.getBody();
  const auto venue = event::view(event.getVenue());
  switch (body.which()) {
    case Kind::CONNECTION_OPENED:
      status_of(venue).apply(body.getConnectionOpened(), occasion);
      return leave_others(event, occasion.moment);
    case Kind::RECONNECT_ATTEMPT:
      return status_of(venue).apply(body.getReconnectAttempt(), occasion);
    case Kind::REQUEST_FAILED:
      return status_of(venue).apply(body.getRequestFailed(), occasion);
    case Kind::RESYNCHRONISED:
      return status_of(venue).apply(body.getResynchronised(),
                                    channel_of(event, body.getResynchronised().getConcerns()),
                                    occasion);
    case Kind::GAP:
      status_of(venue).apply(body.getGap(), channel_of(event, body.getGap().getConcerns()));
      return note_gap(event, occasion.moment);
    case Kind::PROBE:
      // A neutral place says something about every venue.
      for (auto& [name, status] : venues_) {
        if (venue.empty() || venue == name) {
          status.outage().probe(body.getProbe().getOk(), occasion.moment);
        }
      }
      return;
    case Kind::OPAQUE: {
      const auto raw = event::raw_bytes(event);
      if (raw && raw->find("notifications") != std::string_view::npos) {
        status_of(venue).outage().unreadable(*raw, occasion.moment);
      }
      return;
    }
    default:
      apply_loss(event, occasion);
  }
}

void State::apply_loss(schema::Event::Reader event, const Occasion& occasion) {
  const auto body = event.getBody();
  const auto venue = event::view(event.getVenue());
  if (body.isConnectionLost()) {
    const auto lost = body.getConnectionLost();
    status_of(venue).apply(lost, occasion);
    const auto cause = event::view(lost.getCause());
    lose(event, lost.getConcerns(),
         fmt::format("connection lost{}{}; the last known values stay", cause.empty() ? "" : ": ",
                     cause),
         occasion.moment, Loss::lost);
  } else if (body.isDropped()) {
    lose(event, body.getDropped().getConcerns(), "the recorder had to drop events", occasion.moment,
         Loss::dropped);
  } else if (body.isStalled()) {
    const auto stalled = body.getStalled();
    status_of(venue).apply(stalled, occasion);
    // Without a name it is no feed that is silent.
    if (event::view(stalled.getWhat()) == "moved" || stalled.getConcerns().size() == 0) return;
    lose(event, stalled.getConcerns(),
         fmt::format("nothing came since {}: {}", format_rfc3339(stalled.getSinceAt()),
                     event::view(stalled.getWhat())),
         occasion.moment, Loss::silent);
  }
}

// A recording that begins to listen to a venue knows nothing of what came between another one's end
// and its own snapshots.
void State::leave_others(schema::Event::Reader event, const Moment& moment) {
  const auto venue = event::view(event.getVenue());
  const auto label = event::view(event.getAccount());
  for (auto& [key, entry] : books_) {
    if (entry->venue == venue) entry->book.leave(moment);
  }
  const auto account = accounts_.find({std::string(venue), std::string(label)});
  if (account == accounts_.end()) return;
  for (Part& part : account->second.parts()) part.leave(moment);
}

// Without a word about what it concerns, a loss concerns everything that came by the same
// connection.
void State::lose(schema::Event::Reader event, capnp::List<schema::Concerned>::Reader concerns,
                 std::string_view reason, const Moment& moment, Loss loss) {
  const auto venue = event::view(event.getVenue());
  const auto connection = event.getConnection();
  for (auto& [key, entry] : books_) {
    if (!venue.empty() && entry->venue != venue) continue;
    Book& book = entry->book;
    const auto is_channel = [&book_entry = *entry](std::string_view channel) {
      return book_entry.comes_by(channel);
    };
    const bool hit = concerns.size() != 0
                         ? speaks_of(concerns, entry->symbol, is_channel)
                         : book.session() == moment.session &&
                               (connection == 0 || book.connection() == connection);
    if (!hit) continue;
    if (loss == Loss::lost) book.lose(reason, moment);
    if (loss == Loss::dropped) book.doubt(reason, moment);
    if (loss == Loss::silent) book.stall(reason, moment);
  }
  lose_accounts(event, concerns, reason, moment, loss);
}

void State::lose_accounts(schema::Event::Reader event,
                          capnp::List<schema::Concerned>::Reader concerns, std::string_view reason,
                          const Moment& moment, Loss loss) {
  const auto venue = event::view(event.getVenue());
  const auto label = event::view(event.getAccount());
  const auto connection = event.getConnection();
  for (auto& [key, account] : accounts_) {
    if (!venue.empty() && key.first != venue) continue;
    if (!label.empty() && key.second != label) continue;
    for (Part& part : account.parts()) {
      const auto is_channel = [&part](std::string_view channel) {
        return !channel.empty() && channel == part.channel();
      };
      // What is silent or dropped is so by name; a connection takes all that it carried with it.
      const bool carried = concerns.size() == 0 || (connection != 0 && loss == Loss::lost);
      const bool hit = (carried && part.comes_by(moment.session, connection)) ||
                       speaks_of(concerns, {}, is_channel);
      if (!hit) continue;
      if (loss == Loss::lost) part.lose(reason, moment);
      if (loss == Loss::dropped) part.doubt(reason, moment);
      if (loss == Loss::silent) part.stall(reason, moment);
    }
  }
}

void State::doubt_all(std::string_view reason, const Moment& moment) {
  for (auto& [key, entry] : books_) entry->book.doubt(reason, moment);
  for (auto& [key, account] : accounts_) account.doubt(reason, moment);
}

void State::note_gap(schema::Event::Reader event, const Moment& moment) {
  const auto gap = event.getBody().getGap();
  const auto concerns = gap.getConcerns();
  const auto channel = channel_of(event, concerns);
  const auto symbol = event::view(concerns.hasSymbol() ? concerns.getSymbol() : event.getSymbol());
  const auto venue = event::view(concerns.hasVenue() ? concerns.getVenue() : event.getVenue());
  const auto found = books_.find({venue, symbol});
  if (found != books_.end() && found->second->comes_by(channel)) {
    found->second->book.note_gap(gap.getKind(), gap.getExpected(), gap.getGot(), moment);
  }
  if (gap.getKind() == schema::GapKind::REPEATED || channel.empty()) return;
  const auto label = event::view(event.getAccount());
  for (auto& [key, account] : accounts_) {
    if (key.first != venue || (!label.empty() && key.second != label)) continue;
    for (Part& part : account.parts()) {
      if (part.channel() != channel) continue;
      part.doubt(fmt::format("gap: expected {}, got {}", gap.getExpected(), gap.getGot()), moment);
    }
  }
}

}  // namespace tape::state
