#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/flow/tape_file.h>
#include <tape/shape/shape.h>

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>

namespace tape::flow {
namespace {

// Between two looks whether a checkpoint is due.
constexpr unsigned kEventsBetween = 64;

std::uint64_t random_session() {
  std::uint64_t session = 0;
  while (session == 0) {
    if (::getrandom(&session, sizeof session, 0) != sizeof session) {
      throw Error(Fault::io, "no random numbers from the system");
    }
  }
  return session;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

/// What the kernel says of the clock's discipline.
schema::Tri synchronised() {
  timex state{};
  const int verdict = ::adjtimex(&state);
  if (verdict < 0) return schema::Tri::UNKNOWN;
  return verdict == TIME_ERROR || (state.status & STA_UNSYNC) != 0 ? schema::Tri::NO
                                                                   : schema::Tri::YES;
}

}  // namespace

TapeFile::TapeFile(const RecorderOptions& options, const Destination& destination, Clock& clock)
    : options_(options),
      destination_(destination),
      clock_(clock),
      checkpoints_(options.checkpoint),
      session_(random_session()) {
  if (destination.files) files_.emplace(*destination.files);
}

TapeFile::~TapeFile() = default;

void TapeFile::begin(const Stamp& at) {
  if (begun()) return;
  open();
  start_writer(at);
}

void TapeFile::open() {
  if (!files_) {
    sink_ = destination_.sink;
    path_ = "-";
    return;
  }
  auto opened = files_->open(clock_.now());
  files_->check_free(opened.path);
  path_ = std::move(opened.path);
  file_ = std::move(opened.sink);
  sink_ = file_.get();
}

void TapeFile::start_writer(const Stamp& at) {
  log::PreambleInfo info;
  info.recorder = options_.recorder;
  info.session = session_;
  info.next_ordinal = next_ordinal_;
  info.started_at = clock_.now();
  info.flush_interval = options_.flush;
  info.sync_interval = files_ ? options_.sync : kSyncOff;
  info.previous_link = previous_link_;
  writer_ = std::make_unique<log::Writer>(*sink_, options_.writer, info);
  if (files_ && options_.sync > 0) syncer_ = std::make_unique<log::Syncer>(*sink_, options_.sync);
  opened_at_ = clock_.monotonic();
  events_in_file_ = 0;
  checkpoints_.start_file(writer_->bytes_written());
  const bool goes_on = checkpoints_.known();
  session_event(at);
  if (goes_on) write_checkpoint();
}

void TapeFile::session_event(const Stamp& at) {
  auto event = own_.start();
  event.setReceivedAt(at.received_at);
  event.setClockOffset(at.clock_offset);
  event.setDirection(schema::Direction::LOCAL);
  auto body = event.getBody().initSession();
  body.setRecorder(options_.recorder);
  body.setHost(host_name());
  body.setBootId(boot_id());
  body.setProcessId(static_cast<std::uint32_t>(::getpid()));
  body.setStartedAt(clock_.now());
  body.setMonotonicClock(!brings_times(options_.form) && at.clock_offset != 0);
  body.setClockSynchronised(synchronised());
  body.setFlushInterval(options_.flush);
  body.setSyncInterval(files_ ? options_.sync : kSyncOff);
  if (!previous_link_.empty()) {
    const auto link = as_bytes(previous_link_);
    body.setPreviousLink(capnp::Data::Reader(link.data(), link.size()));
  }
  auto settings = body.initConfiguration(static_cast<capnp::uint>(options_.configuration.size()));
  capnp::uint index = 0;
  for (const auto& [name, value] : options_.configuration) {
    settings[index].setName(name);
    settings[index++].setValue(value);
  }
  auto sources = body.initSources(static_cast<capnp::uint>(options_.sources.size()));
  for (capnp::uint i = 0; i < sources.size(); ++i) sources.set(i, options_.sources[i].c_str());
  append_own();
  flush();
}

void TapeFile::end_event(std::string_view reason, const std::string& next, const Stamp& at) {
  auto event = own_.start();
  event.setReceivedAt(at.received_at);
  event.setClockOffset(at.clock_offset);
  event.setDirection(schema::Direction::LOCAL);
  auto body = event.getBody().initEnd();
  body.setReason(std::string(reason));
  body.setNextFile(next);
  body.setEvents(events_in_file_ + 1);
  append_own();
}

void TapeFile::append_own() {
  const auto ordinal = append(own_);
  if (told_) told_(own_, ordinal);
}

/// A frame that would not come back is kept as it is.
void TapeFile::prove(event::Message& message) {
  const auto origin = *message.origin();
  std::string why = "its bytes are others";
  proof_.clear();
  try {
    const auto program = shape::parse(origin.shape);
    rebuilder_.append(program, message.reader(), message.framed_size(), proof_);
    if (proof_ == origin.frame) return;
  } catch (const Error& error) {
    why = error.what();
  }
  diag::warning(
      fmt::format("a frame does not come back from its event ({}) and keeps its bytes; "
                  "please report it: {}",
                  why, origin.frame));
  (void)kept_.copy_with_raw(message.reader(), origin.frame);
  (void)message.copy(kept_.event().asReader());
}

std::uint64_t TapeFile::append(event::Message& message) {
  if (options_.paranoid && message.origin()) prove(message);
  const auto ordinal = writer_->append(message);
  next_ordinal_ = ordinal + 1;
  ++events_in_file_;
  const auto& event = message.reader();
  checkpoints_.apply(message, session_, ordinal);
  if (unflushed_since_ == 0) {
    unflushed_since_ = std::max<Nanos>(1, clock_.monotonic());
    const bool ours = event.getClockOffset() != 0 && !brings_times(options_.form);
    oldest_ = ours ? event.getReceivedAt() - event.getClockOffset() : 0;
  }
  const bool at_once = event::is_account_kind(event.getBody().which()) ||
                       event.getDirection() == schema::Direction::SENT;
  if (options_.sync == kSyncEveryEvent && files_) {
    writer_->drain();
    sink_->sync();
    unflushed_since_ = 0;
  } else if (at_once) {
    flush();
  }
  if (++unchecked_ >= kEventsBetween) {
    unchecked_ = 0;
    if (checkpoints_.due(writer_->bytes_written(), writer_->checkpoint_bytes())) write_checkpoint();
  }
  return ordinal;
}

/// In chunks of its own, so that a reader can begin with it.
void TapeFile::write_checkpoint() {
  const auto run = checkpoints_.run(writer_->bytes_written(), writer_->checkpoint_bytes());
  if (!run) return;
  writer_->end_chunk();
  for (std::size_t i = 0; i < run->events(); ++i) {
    run->fill(i, own_.start());
    next_ordinal_ = writer_->append(own_) + 1;
    ++events_in_file_;
  }
  writer_->end_chunk();
}

void TapeFile::drain() {
  if (!begun()) return;
  writer_->drain();
  unflushed_since_ = 0;
}

void TapeFile::flush() {
  writer_->flush(oldest_);
  unflushed_since_ = 0;
}

void TapeFile::drained() {
  if (begun() && options_.flush == 0 && unflushed_since_ != 0) flush();
}

Nanos TapeFile::flush_due() const {
  if (unflushed_since_ == 0) return std::numeric_limits<Nanos>::max();
  return std::max<Nanos>(0, unflushed_since_ + options_.flush - clock_.monotonic());
}

void TapeFile::housekeeping(const Stamp& at, bool rotate_now) {
  if (!begun()) return;
  if (flush_due() == 0 && options_.flush != 0) flush();
  if (syncer_) syncer_->check();
  if (!files_) return;
  const auto age = clock_.monotonic() - opened_at_;
  if (rotate_now || files_->due(writer_->bytes_written(), age)) rotate(at);
  files_->check_free(path_);
}

void TapeFile::rotate(const Stamp& at) {
  Files::Opened next;
  try {
    next = files_->open(clock_.now());
  } catch (const Error& error) {
    // The file at hand still takes everything: going on in it loses nothing.
    diag::error(fmt::format("cannot open the next file, going on in {}: {}", path_, error.what()));
    opened_at_ = clock_.monotonic();
    return;
  }
  end_event("rotated", next.path.substr(next.path.rfind('/') + 1), at);
  finish_file();
  path_ = std::move(next.path);
  file_ = std::move(next.sink);
  sink_ = file_.get();
  start_writer(at);
  for (const auto& removed : files_->retain(path_, clock_.now())) {
    if (destination_.removed) destination_.removed(removed);
  }
}

void TapeFile::finish_file() {
  const auto closed = writer_->close();
  next_ordinal_ = closed.next_ordinal;
  previous_link_.assign(closed.last_link.begin(), closed.last_link.end());
  syncer_.reset();
  if (files_ && options_.sync != kSyncOff) sink_->sync();
  writer_.reset();
  unflushed_since_ = 0;
  if (files_ && destination_.closed) destination_.closed(path_);
}

void TapeFile::close(std::string_view reason, const Stamp& at) {
  end_event(reason, "", at);
  finish_file();
}

}  // namespace tape::flow
