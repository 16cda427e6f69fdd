#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/flow/intake.h>
#include <tape/flow/recorder.h>
#include <tape/flow/tape_file.h>
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
      : options_(options),
        clock_(clock),
        stamper_(clock),
        tape_(options, destination, clock),
        intake_(options.venue, options.account, *this),
        foreign_(brings_times(options.form)) {}

  Recorded run() {
    started_ = clock_.monotonic();
    for (const auto& source : options_.sources) {
      if (!read_source(source)) break;
    }
    tape_.begin(last_stamp());
    tape_.close(result_.stopped ? "signal" : reason_, last_stamp());
    result_.frames = intake_.frames();
    result_.bytes = intake_.bytes();
    return result_;
  }

 private:
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
          if (options_.limit && intake_.frames() >= *options_.limit) return finish("limit");
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
    if (!foreign_) {
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

  /// The moment of recorder events: ours, or that of the last frame where it brought its own, so
  /// that a tape spans what it holds.
  Stamp last_stamp() {
    if (stamp_.received_at == 0) stamp_ = stamper_.stamp().stamp;
    return stamp_;
  }

  void take(Captured& captured, const std::string& source) {
    if (captured.kind == Captured::Kind::nothing) return;
    const bool bad = captured.kind == Captured::Kind::bad;
    if (bad && foreign_) captured.frame.stamp = {};  // its own is not known, and ours is of today
    if (!bad) foreign_ = brings_times(options_.form) || captured.dated;
    if (captured.frame.stamp.received_at != 0) {
      stamp_ = captured.frame.stamp;
    } else {
      captured.frame.stamp = last_stamp();
    }
    tape_.begin(stamp_);
    captured.frame.raw = options_.keep_raw;
    intake_.take(captured, secrets_);
    if (!bad) return;
    if (++result_.bad_lines <= kNamedBadLines) {
      diag::warning(fmt::format("{}: {}; kept as it is", source, captured.problem));
    }
  }

  void oversize(const Run& run, const Stamp& now) {
    if (!foreign_) stamp_ = now;
    tape_.begin(last_stamp());
    intake_.oversize(run, last_stamp());
  }

  // venue::Outbox
  void event(event::Message& message) override {
    if (message.reader().getBody().isOpaque()) ++result_.opaque;
    ++result_.events;
    (void)tape_.append(message);
  }

  const RecorderOptions& options_;
  Clock& clock_;
  Stamper stamper_;
  TapeFile tape_;
  Intake intake_;
  const venue::Secrets secrets_;  // a pipe brings frames, and no keys to hold
  event::Message message_;
  bool foreign_;  // the times that frames have now are of another clock than ours
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

std::string parse_venue(const std::string& name) {
  if (name == "auto" || venue::find_venue(name) != nullptr) return name;
  std::string names = "auto";
  for (const auto& known : venue::venues()) names += fmt::format(", {}", known.name);
  throw Error(Fault::usage, fmt::format("--venue {}: expected {}", name, names));
}

void tell(const Recorded& recorded) {
  diag::note(fmt::format("{} events, {} frames, {} bytes of frames, {} not understood",
                         recorded.events, recorded.frames, recorded.bytes, recorded.opaque));
}

Recorded record(const RecorderOptions& options, const Destination& destination, Clock& clock) {
  const auto recorded = Recorder(options, destination, clock).run();
  tell(recorded);
  if (recorded.bad_lines > 0) {
    diag::warning(
        fmt::format("{} lines were no records of --input {}; they are on the tape as they came",
                    recorded.bad_lines, input_form_name(options.form)));
  }
  return recorded;
}

}  // namespace tape::flow
