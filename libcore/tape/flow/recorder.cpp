#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/flow/recorder.h>
#include <tape/flow/tape_file.h>
#include <tape/shape/rebuild.h>
#include <tape/venue/redact.h>
#include <tape/venue/registry.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::flow {
namespace {

// How long one wait for input may last: signals, rotation and free space are looked at in between.
constexpr Nanos kHousekeeping = kSecond;
// Lines that are no records are named one by one up to here.
constexpr std::uint64_t kNamedBadLines = 10;

class Recorder final : venue::Outbox {
 public:
  Recorder(const RecorderOptions& options, const Destination& destination, Clock& clock)
      : options_(options), clock_(clock), stamper_(clock), tape_(options, destination, clock) {}

  Recorded run() {
    started_ = clock_.monotonic();
    for (const auto& source : options_.sources) {
      if (!read_source(source)) break;
    }
    tape_.begin(last_stamp());
    tape_.close(result_.stopped ? "signal" : reason_, last_stamp());
    return result_;
  }

 private:
  venue::Protocol& protocol(std::string_view name) {
    const bool any = name.empty() || name == "auto";
    for (const auto& [known, made] : protocols_) {
      if (known == (any ? "auto" : name)) return *made;
    }
    const auto* found = any ? nullptr : venue::find_venue(name);
    auto made = found != nullptr ? found->make() : venue::make_any_venue();
    return *protocols_.emplace_back(any ? "auto" : name, std::move(made)).second;
  }

  /// False when the recording is to end.
  bool read_source(const std::string& source) {
    const Fd input = open_input(source);
    const auto name = source == "-" ? std::string("stdin") : source;
    Splitter splitter(input.get(), name, delimiter_of(options_.form));
    const auto reader = make_capture_reader(options_.form);
    Run run;
    Captured captured;
    auto now = stamp();
    for (;;) {
      switch (splitter.next(run)) {
        case Splitter::Next::run:
          if (run.oversize) {
            oversize(run, now);
          } else {
            reader->read(run, now, captured);
            take(captured, name);
          }
          if (options_.limit && result_.frames >= *options_.limit) return finish("limit");
          break;
        case Splitter::Next::end:
          return true;
        case Splitter::Next::drained: {
          tape_.drained();
          const auto filled = splitter.fill(wait_time(), options_.stop_fd);
          if (filled == Splitter::Filled::stopped) {
            result_.stopped = true;
            return false;
          }
          now = stamp();
          if (options_.duration && clock_.monotonic() - started_ >= *options_.duration) {
            return finish("duration");
          }
          tape_.housekeeping(last_stamp(), options_.hangup && options_.hangup());
        }
      }
    }
  }

  bool finish(std::string_view reason) {
    reason_ = reason;
    return false;
  }

  /// Until the oldest unflushed event is due, the recording's end, or the next look around.
  Nanos wait_time() {
    auto wait = std::min(kHousekeeping, tape_.flush_due());
    if (options_.duration) {
      wait = std::min(wait, std::max<Nanos>(0, started_ + *options_.duration - clock_.monotonic()));
    }
    return wait;
  }

  Stamp stamp() {
    const auto result = stamper_.stamp();
    if (!brings_times(options_.form)) {
      stamp_ = result.stamp;
      if (result.step != 0 && tape_.begun()) {
        auto event = message_.start();
        begin_local(event, stamp_);
        auto clock = event.getBody().initClock();
        clock.setWhat("step");
        clock.setOffsetBefore(result.stamp.clock_offset - result.step);
        clock.setOffsetAfter(result.stamp.clock_offset);
        this->event(message_);
      }
    }
    return result.stamp;
  }

  /// The moment of recorder events: ours, or in a capture the last frame's.
  Stamp last_stamp() {
    if (stamp_.received_at == 0) stamp_ = stamper_.stamp().stamp;
    return stamp_;
  }

  void begin_local(schema::Event::Builder event, const Stamp& at) {
    event.setReceivedAt(at.received_at);
    event.setClockOffset(at.clock_offset);
    event.setDirection(schema::Direction::LOCAL);
  }

  void take(Captured& captured, const std::string& source) {
    if (captured.kind == Captured::Kind::nothing) return;
    if (captured.frame.stamp.received_at != 0)
      stamp_ = captured.frame.stamp;
    else
      captured.frame.stamp = last_stamp();
    tape_.begin(stamp_);
    if (captured.frame.account.empty()) captured.frame.account = options_.account;
    switch (captured.kind) {
      case Captured::Kind::frame:
        frame(captured);
        break;
      case Captured::Kind::opened:
        opened(captured);
        break;
      default:
        local(captured, source);
    }
  }

  void frame(Captured& captured) {
    if (captured.frame.rest != nullptr) redact_target(captured);
    ++result_.frames;
    result_.bytes += captured.frame.bytes.size();
    captured.frame.raw = options_.keep_raw;
    const auto named = captured.venue.empty() ? std::string_view(options_.venue) : captured.venue;
    (void)protocol(named).on_frame(captured.frame, *this, venue::Unknown::record);
  }

  void redact_target(Captured& captured) {
    target_.assign(captured.rest.target);
    if (venue::redact_url({target_.data(), target_.size()})) captured.frame.redacted = true;
    captured.rest.target = target_;
  }

  void opened(const Captured& captured) {
    // Not by fill_envelope: the line holds the address as it came, perhaps with a key in it.
    auto event = message_.start();
    begin_local(event, captured.frame.stamp);
    event.setConnection(captured.frame.connection);
    event.setTransport(captured.frame.transport);
    target_.assign(captured.url);
    if (venue::redact_url({target_.data(), target_.size()})) event.setRedacted(true);
    auto body = event.getBody().initConnectionOpened();
    body.setUrl(target_);
    body.setAttempt(1);
    this->event(message_);
    for (auto& [name, protocol] : protocols_) protocol->on_connection(captured.frame.connection);
  }

  /// What is no message on a wire, kept with its bytes.
  void local(const Captured& captured, const std::string& source) {
    auto event = message_.start();
    event::fill_envelope(event, captured.frame, "");
    auto opaque = event.getBody().initOpaque();
    opaque.setKind(schema::OpaqueKind::UNBOUND);
    opaque.setReason(captured.problem);
    this->event(message_);
    if (captured.kind != Captured::Kind::bad) return;
    if (++result_.bad_lines <= kNamedBadLines) {
      diag::warning(fmt::format("{}: {}; kept as it is", source, captured.problem));
    }
  }

  void oversize(const Run& run, const Stamp& now) {
    if (!brings_times(options_.form)) stamp_ = now;
    tape_.begin(last_stamp());
    event::Frame frame;
    frame.bytes = run.bytes;
    frame.stamp = last_stamp();
    frame.connection = 1;
    frame.account = options_.account;
    frame.unterminated = !run.terminated;
    auto event = message_.start();
    event::fill_envelope(event, frame, options_.venue == "auto" ? "" : options_.venue);
    auto opaque = event.getBody().initOpaque();
    opaque.setKind(schema::OpaqueKind::OVERSIZE);
    opaque.setReason(
        fmt::format("{} bytes, kept are the first {}", run.total_bytes, run.bytes.size()));
    opaque.setTotalBytes(run.total_bytes);
    opaque.setSha256(capnp::Data::Reader(run.sum.data(), run.sum.size()));
    ++result_.frames;
    result_.bytes += run.total_bytes;
    this->event(message_);
    diag::warning(
        fmt::format("frame {}: {} are more than a frame may have ({}); kept are its first {}, "
                    "its length and its SHA-256",
                    run.number, format_size(run.total_bytes), format_size(event::kMaxFrame),
                    format_size(event::kOversizeKept)));
  }

  // venue::Outbox
  void event(event::Message& message) override {
    if (message.event().getBody().which() == event::Kind::OPAQUE) ++result_.opaque;
    ++result_.events;
    if (options_.paranoid && message.origin()) prove(message);
    tape_.append(message);
  }

  /// A frame that would not come back is kept as it is.
  void prove(event::Message& message) {
    const auto origin = *message.origin();
    proof_.clear();
    const auto program = shape::parse(origin.shape);
    rebuilder_.append(program, message.event().asReader(), message.framed_size(), proof_);
    if (proof_ == origin.frame) return;
    diag::warning(
        fmt::format("frame {}: rebuilt it is not what it was; its bytes are kept. "
                    "Please report this frame: {}",
                    result_.frames, origin.frame));
    kept_.copy_with_raw(message.event().asReader(), origin.frame);
    message.copy(kept_.event().asReader());
  }

  const RecorderOptions& options_;
  Clock& clock_;
  Stamper stamper_;
  TapeFile tape_;
  std::vector<std::pair<std::string, std::unique_ptr<venue::Protocol>>> protocols_;
  event::Message message_;
  event::Message kept_;
  shape::Rebuilder rebuilder_;
  std::string proof_;
  std::string target_;
  Stamp stamp_{};
  Nanos started_ = 0;
  std::string_view reason_ = "finished";
  Recorded result_;
};

}  // namespace

Nanos parse_sync(const std::string& text) {
  if (text == "off") return kSyncOff;
  if (text == "event") return kSyncEveryEvent;
  const auto interval = parse_duration(text);
  if (!interval || *interval <= 0) {
    throw Error(Fault::usage, "--sync " + text + ": expected off, event or a duration such as 1s");
  }
  return *interval;
}

InputForm parse_form(const std::string& name) {
  const auto form = input_form(name);
  if (!form) {
    throw Error(Fault::usage, fmt::format("--input {}: expected {}", name, input_form_names()));
  }
  return *form;
}

void check_venue(const std::string& name) {
  if (name == "auto" || venue::find_venue(name) != nullptr) return;
  std::string names = "auto";
  for (const auto& known : venue::venues()) names += fmt::format(", {}", known.name);
  throw Error(Fault::usage, fmt::format("--venue {}: expected {}", name, names));
}

Recorded record(const RecorderOptions& options, const Destination& destination, Clock& clock) {
  return Recorder(options, destination, clock).run();
}

}  // namespace tape::flow
