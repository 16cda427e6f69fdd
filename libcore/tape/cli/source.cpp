#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/cli/source.h>

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <limits>

namespace tape::cli {
namespace {

log::ReaderOptions probe_options() {
  log::ReaderOptions options;
  options.prefetch = false;
  return options;
}

/// From the summaries alone; one that cannot be read is as good as none: it can be rebuilt.
std::optional<Extent> summarized(const std::string& path) try {
  Extent extent;
  for (const auto& part : whole_summaries(path)) {
    const auto message = part.read();
    const auto summary = message->getRoot<schema::Summary>();
    if (summary.getEvents() == 0) continue;
    if (!extent.last) {
      extent.first = summary.getFirstReceivedAt();
      extent.last = summary.getLastReceivedAt();
      extent.session = summary.getSession();
      extent.first_ordinal = summary.getFirstOrdinal();
    } else {
      extent.first = std::min(extent.first, summary.getFirstReceivedAt());
      extent.last = std::max(*extent.last, summary.getLastReceivedAt());
    }
  }
  return extent.last ? std::optional(extent) : std::nullopt;
} catch (const kj::Exception&) {
  return std::nullopt;
}

/// The window as the file's summary translates it.
struct Bounds {
  std::uint64_t last_chunk = UINT64_MAX;
  bool one_session = false;
};

Bounds bounds_of(const std::string& path, const Window& window) try {
  Bounds bounds;
  const auto parts = whole_summaries(path);
  if (parts.empty()) return bounds;
  bounds.one_session =
      parts.size() == 1 && parts[0].read()->getRoot<schema::Summary>().getSessions() == 1;
  if (!window.to) return bounds;
  // The clock may have stepped back: not the first chunk behind the time is the end, but the last
  // before it.
  bounds.last_chunk = 0;
  for (const auto& part : parts) {
    const auto message = part.read();
    for (const auto row : message->getRoot<schema::Summary>().getRows()) {
      if (row.getMinReceivedAt() < *window.to) bounds.last_chunk = part.offset + row.getOffset();
    }
  }
  return bounds;
} catch (const kj::Exception&) {
  return {};
}

}  // namespace

bool is_regular(const std::string& path) {
  struct stat info {};
  return path != "-" && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::vector<log::SummaryPart> whole_summaries(const std::string& path) {
  auto parts = log::read_summaries(path);
  struct stat info {};
  if (parts.empty() || ::stat(path.c_str(), &info) != 0) return {};
  std::uint64_t covered = 0;
  for (const auto& part : parts) {
    if (part.offset != covered) return {};
    covered += part.size;
  }
  if (covered != static_cast<std::uint64_t>(info.st_size)) return {};
  return parts;
}

std::optional<Extent> measure(const std::string& path) {
  if (const auto extent = summarized(path)) return extent;
  Extent extent;
  log::Reader reader(path, probe_options());
  const auto* first = reader.next();
  if (first == nullptr) return std::nullopt;
  extent.first = first->event.getReceivedAt();
  extent.session = first->session;
  extent.first_ordinal = first->ordinal;
  return extent;
}

std::optional<Nanos> last_moment(const std::string& path) {
  const auto extent = measure(path);
  if (!extent) return std::nullopt;
  if (extent->last) return extent->last;
  // No summary: the part that no note covers is the latest; where there is none, all of it is read.
  std::optional<Nanos> last;
  for (const bool skip : {true, false}) {
    log::Reader reader(path, probe_options());
    if (skip) reader.seek(std::numeric_limits<Nanos>::max());
    while (const auto* ref = reader.next()) {
      last = std::max(last.value_or(std::numeric_limits<Nanos>::min()), ref->event.getReceivedAt());
    }
    if (last) break;
  }
  return last;
}

Nanos latest_moment(const std::vector<std::string>& files) {
  std::optional<Nanos> last;
  for (const auto& path : files) {
    if (!is_regular(path)) {
      throw Error(Fault::usage,
                  fmt::format("{}: a time from the last event needs a file, not a pipe", path));
    }
    if (const auto moment = last_moment(path)) last = std::max(last.value_or(*moment), *moment);
  }
  if (!last) throw Error(Fault::usage, "a time from the last event: there is no event");
  return *last;
}

Nanos moment_of(const TimeSpec& spec, const std::vector<std::string>& files) {
  for (const auto& path : files) {
    if (!is_regular(path)) {
      throw Error(Fault::usage,
                  fmt::format("{}: the time of an event needs a file, not a pipe", path));
    }
    log::Reader reader(path, probe_options());
    reader.seek(spec.session, spec.ordinal);
    while (const auto* ref = reader.next()) {
      if (ref->session == spec.session && ref->ordinal == spec.ordinal) {
        return ref->event.getReceivedAt();
      }
    }
  }
  throw Error(Fault::usage,
              fmt::format("@#{}:{}: no such event in the input", hex(spec.session), spec.ordinal));
}

std::string describe(const log::Damage& damage, const std::string& path) {
  auto text = fmt::format("{}: damage at byte {}", path, damage.offset);
  if (damage.length > 0) text += fmt::format(" ({} bytes)", damage.length);
  text += fmt::format(": {}", damage.what);
  if (damage.first_ordinal != 0) {
    text +=
        damage.first_ordinal == damage.last_ordinal
            ? fmt::format("; missing: event {}", damage.first_ordinal)
            : fmt::format("; missing: events {} to {}", damage.first_ordinal, damage.last_ordinal);
    if (damage.session != 0) text += fmt::format(" of session {}", hex(damage.session));
  }
  if (path != "-") text += fmt::format("; 'tape-recover {} -o FILE' saves the rest", path);
  return text;
}

void DamageTeller::tell(const std::string& line) {
  ++count_;
  if (count_ <= kMostLines) diag::warning(line);
  if (count_ == kMostLines) diag::warning("more damage is counted but not listed; see tape-verify");
}

Source::Source(std::string path, std::size_t index, bool follow)
    : path_(std::move(path)), index_(index), follow_(follow) {}

void Source::open(const Window& window) {
  log::ReaderOptions options;
  options.follow = follow_;
  options.frames = window.frames;
  reader_ = std::make_unique<log::Reader>(path_, options);
  if (is_regular(path_)) limit_reading(window);
  if (window.offset != 0) {
    reader_->seek_offset(window.offset);
  } else if (window.first_ordinal != 0) {
    reader_->seek(window.session, window.first_ordinal);
  } else if (window.from) {
    reader_->seek(*window.from);
  }
}

void Source::limit_reading(const Window& window) {
  if (follow_ || (!window.to && window.last_ordinal == UINT64_MAX)) return;
  const auto bounds = bounds_of(path_, window);
  last_chunk_ = bounds.last_chunk;
  if (bounds.one_session) last_ordinal_ = window.last_ordinal;
}

bool Source::past_window() const {
  return head_->chunk_offset > last_chunk_ || head_->ordinal > last_ordinal_;
}

void Source::advance(DamageTeller& teller) {
  head_ = reader_->next();
  if (reader_->damages().size() != damages_told_) tell_damage(teller);
  if (head_ == nullptr) {
    at_end(teller);
    return;
  }
  if (past_window()) {
    finish();
    return;
  }
  if (!follow_) return;
  ended_ = head_->event.getBody().isEnd();
  if (!ended_) return;
  try {
    next_file_ = event::view(head_->event.getBody().getEnd().getNextFile());
  } catch (const kj::Exception&) {
    next_file_.clear();  // who shows the event will tell that it is damaged
  }
}

void Source::at_end(DamageTeller& teller) {
  tail_ = reader_->tail();
  if (follow_) {
    if (!ended_) return;
    if (!next_file_.empty()) {
      open_next(teller);
      return;
    }
  } else if (tail_ == log::Tail::torn && damages_told_ == 0) {
    log::Damage torn;
    torn.what = "the tail is torn: the file ends inside a block";
    struct stat info {};
    if (::stat(path_.c_str(), &info) == 0) torn.offset = static_cast<std::uint64_t>(info.st_size);
    teller.tell(describe(torn, path_));
  } else if (tail_ == log::Tail::open) {
    diag::note(fmt::format("{}: is still being written, or its recorder was killed", path_));
  }
  finish();
}

void Source::open_next(DamageTeller& teller) {
  const std::filesystem::path name(next_file_);
  if (name.has_parent_path() || name == "." || name == "..") {
    teller.tell(
        fmt::format("{}: its end event names '{}', which is no file beside it; not followed", path_,
                    next_file_));
    finish();
    return;
  }
  const auto next = (std::filesystem::path(path_).parent_path() / name).string();
  std::error_code code;
  const auto size = std::filesystem::file_size(next, code);
  if (code || size == 0) return;  // not yet there
  log::ReaderOptions options;
  options.follow = true;
  auto reader = std::make_unique<log::Reader>(next, options);
  finish();
  finished_ = false;
  path_ = next;
  reader_ = std::move(reader);
  ended_ = false;
  next_file_.clear();
  damages_told_ = 0;
  advance(teller);
}

void Source::tell_damage(DamageTeller& teller) {
  const auto& all = reader_->damages();
  for (; damages_told_ < all.size(); ++damages_told_) {
    teller.tell(describe(all[damages_told_], path_));
  }
}

std::vector<log::Preamble> Source::preambles() const {
  auto all = preambles_;
  if (reader_) {
    const auto& more = reader_->preambles();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

void Source::finish() {
  preambles_ = preambles();
  reader_.reset();
  head_ = nullptr;
  finished_ = true;
}

}  // namespace tape::cli
