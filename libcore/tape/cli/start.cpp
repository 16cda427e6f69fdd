#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/cli/source.h>
#include <tape/cli/start.h>
#include <tape/state/checkpoint.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tape::cli {
namespace {

/// Null when the run is not whole.
std::unique_ptr<state::State> load(const std::string& path, std::uint64_t offset) {
  log::ReaderOptions options;
  options.prefetch = false;
  log::Reader reader(path, options);
  reader.seek_offset(offset);
  state::CheckpointReader run;
  while (const auto* ref = reader.next()) {
    switch (run.take(ref->event)) {
      case state::CheckpointReader::Step::inside:
        break;
      case state::CheckpointReader::Step::whole:
        return run.state();
      default:
        return nullptr;
    }
  }
  return nullptr;
}

struct Piece {
  std::string path;
  Extent extent;
};

/// The files of one recording in their order; empty when they are of several, or not known to be.
std::vector<Piece> pieces_of(const std::vector<std::string>& files) {
  std::vector<Piece> pieces;
  for (const auto& path : files) {
    const auto extent = measure(path);
    if (!extent || extent->session == 0) return {};
    const auto parts = whole_summaries(path);
    const bool mixed = std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
      const auto message = part.read();
      const auto summary = message->template getRoot<schema::Summary>();
      return summary.getSessions() != 1 || summary.getSession() != extent->session;
    });
    if (mixed) return {};
    pieces.push_back({path, *extent});
  }
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return a.extent.first_ordinal < b.extent.first_ordinal;
  });
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].extent.session != pieces[0].extent.session) return {};
    if (i + 1 < pieces.size() && !pieces[i].extent.last) return {};
  }
  return pieces;
}

}  // namespace

std::unique_ptr<state::Rebuild> state_before(InputOptions input, const std::stop_token& stop) {
  auto& select = input.select;
  const bool single = !select.kinds.empty() || !select.connections.empty() ||
                      !select.directions.empty() || !select.transports.empty() ||
                      !select.ordinals.empty() || !select.ids.empty();
  if (!select.from || select.by != "receive" || single || !can_seek(input)) return nullptr;
  const auto moment = resolve_time(*select.from, input.files);
  select.from.reset();
  select.to.emplace();
  select.to->value = moment;
  select.context = 0;
  input.limit = 0;
  input.follow = false;
  input.before_wait = nullptr;
  // A recorded state holds more than some venues, accounts, channels or symbols.
  const bool all = select.venues.empty() && select.accounts.empty() && select.channels.empty() &&
                   select.symbols.empty();
  auto known = all ? start_near(input, moment - 1) : nullptr;
  auto rebuild = known ? std::make_unique<state::Rebuild>(std::move(known))
                       : std::make_unique<state::Rebuild>();
  MergedInput events(input, stop);
  RebuildFeed feed;
  while (const auto* ref = events.next()) feed.apply(events, *ref, *rebuild);
  return rebuild;
}

void RebuildFeed::apply(MergedInput& input, const log::EventRef& ref, state::Rebuild& rebuild) {
  if (input.damages() != std::exchange(damages_, input.damages())) {
    rebuild.lose("a part of the tape could not be read",
                 {ref.event.getReceivedAt(), ref.session, ref.ordinal});
  }
  try {
    rebuild.apply(ref.event, ref.session, ref.ordinal);
  } catch (const Error& error) {
    if (error.fault != Fault::format) throw;
    input.note_damage(error.what());
  }
}

bool can_seek(const InputOptions& input) {
  return std::all_of(input.files.begin(), input.files.end(), is_regular);
}

std::unique_ptr<state::State> start_near(InputOptions& input, Nanos moment, std::uint64_t session,
                                         std::uint64_t ordinal) try {
  if (!can_seek(input)) return nullptr;
  std::vector<Piece> pieces;
  if (input.files.size() == 1) {
    pieces.push_back({input.files.front(), {}});
  } else {
    pieces = pieces_of(input.files);
  }
  std::size_t end = 0;  // pieces that may hold it
  while (end < pieces.size()) {
    const auto& last = pieces[end++].extent.last;
    if (last && *last > moment) break;
  }
  for (auto i = end; i-- > 0;) {
    for (const auto offset : log::checkpoints(pieces[i].path, moment)) {
      auto state = load(pieces[i].path, offset);
      if (!state) {
        diag::note(
            fmt::format("{}: the checkpoint at byte {} is not whole; an earlier one is taken",
                        pieces[i].path, offset));
        continue;
      }
      const auto& at = state->moment();
      if (session != 0 && (at.session != session || at.ordinal > ordinal)) continue;
      input.files.clear();
      for (auto k = i; k < pieces.size(); ++k) input.files.push_back(pieces[k].path);
      input.start_file = 0;
      input.start_offset = offset;
      return state;
    }
  }
  return nullptr;
} catch (const kj::Exception&) {
  return nullptr;  // a summary that cannot be read is as good as none
}

}  // namespace tape::cli
