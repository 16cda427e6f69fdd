#include <tape/base/bytes.h>
#include <tape/cli/input.h>
#include <tape/cli/selection.h>
#include <tape/cli/source.h>
#include <tape/cli/waiter.h>
#include <tape/log/frame_bytes.h>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace tape::cli {
namespace {

/// A copy of an event that --context may still show.
struct Kept {
  std::vector<std::uint64_t> words;  // capnp::word itself cannot be copied
  event::View view;
  log::EventRef ref;
  std::size_t source = 0;

  void keep(const log::EventRef& other, std::span<const capnp::word> whole, std::size_t from) {
    words.resize(whole.size());
    std::memcpy(words.data(), whole.data(), whole.size_bytes());
    const std::span framed(reinterpret_cast<const capnp::word*>(words.data()), words.size());
    view.reset(framed);
    ref = other;
    ref.shapes = nullptr;
    ref.framed = framed;
    ref.event = view.event();
    source = from;
  }
};

}  // namespace

struct MergedInput::Impl {
  Impl(const InputOptions& given, std::stop_token token) : options(given), stop(std::move(token)) {}

  InputOptions options;
  std::stop_token stop;
  std::vector<std::unique_ptr<Source>> sources;  // in argument order
  struct Pending {
    Extent extent;
    Source* source = nullptr;
  };
  std::vector<Pending> pending;               // by time, the latest first
  std::vector<Source*> active;                // open and not finished, in argument order
  Source* current = nullptr;                  // whose head was given out last
  std::unique_ptr<event::Selector> selector;  // null: everything
  Window window;
  DamageTeller teller;
  std::unique_ptr<Waiter> waiter;
  std::uint64_t selected = 0;
  bool live = false;  // stdin is among the inputs

  // --context
  log::WholeEvent whole;
  std::vector<Kept> ring;
  std::size_t ring_start = 0;
  std::size_t ring_count = 0;
  const log::EventRef* match = nullptr;  // comes when the ring is empty
  std::uint64_t after = 0;
  std::size_t given_source = 0;
  bool given_context = false;

  void start();
  void plan();
  void open(Source& source);
  void open_due();
  [[nodiscard]] Source* choose() const;
  const log::EventRef* pull();
  void before_read() const;
  bool wait();
  [[nodiscard]] bool matches(const log::EventRef& ref);
  bool keep(const log::EventRef& ref);
  const log::EventRef* give(const log::EventRef* ref, std::size_t source, bool context);
  const log::EventRef* next();
  [[nodiscard]] Nanos resolve(const TimeSpec& spec);
  [[nodiscard]] Nanos first_moment();
};

void MergedInput::Impl::start() {
  if (options.files.empty()) throw Error(Fault::usage, "no input; name a tape, or - for stdin");
  const auto pipes = std::count(options.files.begin(), options.files.end(), "-");
  live = pipes > 0;
  if (pipes > 1) {
    throw Error(Fault::usage, "stdin (-) can be read only once");
  }
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    const auto& path = options.files[i];
    sources.push_back(std::make_unique<Source>(path, i, options.follow && is_regular(path)));
  }
  if (options.follow) {
    waiter = std::make_unique<Waiter>(stop);
    for (const auto& source : sources) waiter->watch(source->path());
  }
  std::optional<Nanos> from;
  std::optional<Nanos> to;
  if (options.select.from) from = resolve(*options.select.from);
  if (options.select.to) to = resolve(*options.select.to);
  const auto selection = make_selection(options.select, from, to);
  if (!selection.everything()) {
    selector = std::make_unique<event::Selector>(selection, options.select.aliases);
  }
  window = make_window(selection, options.select.context);
  window.frames = options.frames;
  ring.resize(options.select.context);
  plan();
}

void MergedInput::Impl::plan() {
  const bool alone = sources.size() == 1;
  for (const auto& source : sources) {
    if (source->is_open()) continue;
    // One input, pipes, and what grows: opened at once. Of many files only the times are looked at.
    if (alone || options.follow || !is_regular(source->path())) {
      open(*source);
      continue;
    }
    const auto extent = measure(source->path());
    if (!extent) {
      open(*source);  // says what is wrong with it, if anything
    } else if (!window.from || !extent->last || *extent->last >= *window.from) {
      pending.push_back({*extent, source.get()});
    } else {
      source->finish();
    }
  }
  std::stable_sort(pending.begin(), pending.end(), [](const Pending& a, const Pending& b) {
    return a.extent.first != b.extent.first ? a.extent.first > b.extent.first
                                            : a.source->index() > b.source->index();
  });
}

void MergedInput::Impl::open(Source& source) {
  auto part = window;
  if (source.index() == options.start_file) part.offset = options.start_offset;
  source.open(part);
  active.push_back(&source);
  std::sort(active.begin(), active.end(),
            [](const Source* a, const Source* b) { return a->index() < b->index(); });
  if (sources.size() > 1) source.advance(teller);
}

/// Opens what may hold the next event: all whose time has come, and all that hold earlier events of
/// their session.
void MergedInput::Impl::open_due() {
  while (!pending.empty()) {
    const Source* first = choose();
    const auto due = pending.back();
    if (first != nullptr && first->head()->event.getReceivedAt() < due.extent.first) return;
    pending.pop_back();
    open(*due.source);
    for (std::size_t i = 0; i < pending.size();) {
      const auto other = pending[i];
      if (other.extent.session == due.extent.session &&
          other.extent.first_ordinal < due.extent.first_ordinal) {
        pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(i));
        open(*other.source);
      } else {
        ++i;
      }
    }
  }
}

Source* MergedInput::Impl::choose() const {
  Source* best = nullptr;
  for (auto* source : active) {
    if (source->head() == nullptr) continue;
    if (best == nullptr ||
        source->head()->event.getReceivedAt() < best->head()->event.getReceivedAt()) {
      best = source;
    }
  }
  if (best == nullptr || active.size() == 1) return best;
  // A clock that stepped back must not turn a session around.
  for (auto* source : active) {
    if (source->head() != nullptr && source->head()->session == best->head()->session &&
        source->head()->ordinal < best->head()->ordinal) {
      best = source;
    }
  }
  return best;
}

/// The next event of all inputs, merged, selected or not.
const log::EventRef* MergedInput::Impl::pull() {
  if (live) before_read();
  if (current != nullptr) current->advance(teller);
  for (;;) {
    if (sources.size() == 1) {
      current = sources.front().get();
      if (current->head() == nullptr && !current->finished()) current->advance(teller);
    } else {
      std::erase_if(active, [](const Source* source) { return source->finished(); });
      open_due();
      current = choose();
    }
    if (current != nullptr && current->head() != nullptr) return current->head();
    current = nullptr;
    const bool over = std::all_of(sources.begin(), sources.end(),
                                  [](const auto& source) { return source->finished(); });
    if (over || !wait()) return nullptr;
    if (sources.size() == 1) continue;
    for (auto* source : active) {
      if (source->head() == nullptr && !source->finished()) source->advance(teller);
    }
  }
}

/// A pipe that has nothing ready may be a live one: what is ready here goes out before it blocks.
void MergedInput::Impl::before_read() const {
  if (!options.before_wait) return;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) == 0) options.before_wait();
}

bool MergedInput::Impl::wait() {
  if (!options.follow) return false;
  if (options.before_wait) options.before_wait();
  return waiter->wait();
}

bool MergedInput::Impl::matches(const log::EventRef& ref) {
  if (!selector) return true;
  try {
    return selector->matches(ref.event, ref.session, ref.ordinal);
  } catch (const Error& error) {
    if (error.fault != Fault::format) throw;
    teller.tell(fmt::format("{}: {}", current->path(), error.what()));
    return false;
  }
}

/// The chunk's shapes are gone when a kept event is shown: it keeps its bytes. False: damaged.
bool MergedInput::Impl::keep(const log::EventRef& ref) try {
  ring[(ring_start + ring_count) % ring.size()].keep(ref, whole.framed(ref), current->index());
  return true;
} catch (const Error& error) {
  if (error.fault != Fault::format) throw;
  teller.tell(fmt::format("{}: {}", current->path(), error.what()));
  return false;
} catch (const kj::Exception& error) {
  teller.tell(
      fmt::format("{}: damaged message: {}", current->path(), error.getDescription().cStr()));
  return false;
}

const log::EventRef* MergedInput::Impl::give(const log::EventRef* ref, std::size_t source,
                                             bool context) {
  given_source = source;
  given_context = context;
  return ref;
}

const log::EventRef* MergedInput::Impl::next() {
  if (ring_count > 0 && match != nullptr) {
    const auto& kept = ring[ring_start];
    ring_start = (ring_start + 1) % ring.size();
    --ring_count;
    return give(&kept.ref, kept.source, true);
  }
  if (match != nullptr) {
    const auto* ref = match;
    match = nullptr;
    return give(ref, current->index(), false);
  }
  for (;;) {
    const bool full = options.limit > 0 && selected >= options.limit;
    if (full && after == 0) return nullptr;
    if (stop.stop_requested()) return nullptr;
    const auto* ref = pull();
    if (ref == nullptr) return nullptr;
    if (!full && matches(*ref)) {
      ++selected;
      after = ring.size();
      if (ring_count == 0) return give(ref, current->index(), false);
      match = ref;
      return next();
    }
    if (ring.empty()) continue;
    if (after > 0) {
      --after;
      return give(ref, current->index(), true);
    }
    if (!keep(*ref)) continue;
    if (ring_count < ring.size()) {
      ++ring_count;
    } else {
      ring_start = (ring_start + 1) % ring.size();
    }
  }
}

Nanos MergedInput::Impl::resolve(const TimeSpec& spec) {
  switch (spec.from) {
    case TimeSpec::From::epoch:
      return spec.value;
    case TimeSpec::From::first:
      return first_moment() + spec.value;
    case TimeSpec::From::last:
      return latest_moment(options.files) - spec.value;
    case TimeSpec::From::event:
      return moment_of(spec, options.files);
  }
  return 0;
}

Nanos MergedInput::Impl::first_moment() {
  std::optional<Nanos> first;
  const auto take = [&](Nanos moment) { first = std::min(first.value_or(moment), moment); };
  for (const auto& source : sources) {
    if (is_regular(source->path())) {
      if (const auto extent = measure(source->path())) take(extent->first);
      continue;
    }
    // A pipe is read once only: its first event waits at the head until it is its turn.
    if (!source->is_open() && !source->finished()) {
      source->open({});
      active.push_back(source.get());
      source->advance(teller);
    }
    if (source->head() != nullptr) take(source->head()->event.getReceivedAt());
  }
  if (!first) throw Error(Fault::usage, "a time from the first event: there is no event");
  return *first;
}

MergedInput::MergedInput(const InputOptions& options, std::stop_token stop)
    : impl_(std::make_unique<Impl>(options, std::move(stop))) {
  impl_->start();
}

MergedInput::~MergedInput() = default;

const log::EventRef* MergedInput::next() { return impl_->next(); }
std::size_t MergedInput::source() const { return impl_->given_source; }
bool MergedInput::is_context() const { return impl_->given_context; }
Exit MergedInput::exit() const { return damages() > 0 ? Exit::damaged : Exit::done; }
std::uint64_t MergedInput::damages() const { return impl_->teller.count(); }
void MergedInput::note_damage(const std::string& what) { impl_->teller.tell(what); }

log::Tail MergedInput::tail() const {
  log::Tail worst = log::Tail::clean;
  for (const auto& source : impl_->sources) worst = std::max(worst, source->tail());
  return worst;
}

Nanos MergedInput::resolve(const TimeSpec& spec) { return impl_->resolve(spec); }

std::vector<log::Preamble> MergedInput::preambles() const {
  std::vector<log::Preamble> all;
  for (const auto& source : impl_->sources) {
    const auto some = source->preambles();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Nanos resolve_time(const TimeSpec& spec, const std::vector<std::string>& files) {
  if (spec.from == TimeSpec::From::epoch) return spec.value;
  for (const auto& path : files) {
    if (!is_regular(path)) {
      throw Error(Fault::usage, fmt::format("{}: a relative time needs a file, not a pipe", path));
    }
  }
  InputOptions options;
  options.files = files;
  return MergedInput(options).resolve(spec);
}

}  // namespace tape::cli
