#include <tape/base/error.h>
#include <tape/flow/player.h>

#include <fmt/format.h>
#include <kj/exception.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tape::flow {
namespace {

// Consumers are looked after this often in the silence between two events.
constexpr Nanos kTend = 100 * kMillisecond;
// Events between two looks at the stop token when nothing is waited for.
constexpr std::uint64_t kStopEvery = 64;

/// Hostile stamps must not overflow.
Nanos difference(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_sub_overflow(a, b, &result)) return result;
  return a < b ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}
Nanos sum(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return b < 0 ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}

Nanos scaled(Nanos duration, double speed) {
  if (speed == 1) return duration;
  constexpr double kMost = 9.2e18;
  return static_cast<Nanos>(std::clamp(static_cast<double>(duration) / speed, -kMost, kMost));
}

std::string_view payload_name(Payload payload) {
  switch (payload) {
    case Payload::capnp:
      return "capnp";
    case Payload::json:
      return "json";
    case Payload::raw:
      return "raw";
  }
  return "";
}

}  // namespace

Nanos TapeTime::of(const log::EventRef& ref) {
  const Nanos received_at = ref.event.getReceivedAt();
  const Nanos offset = ref.event.getClockOffset();
  if (received_at == 0) return last_;
  if (offset == 0) return last_ = received_at;
  const Nanos monotonic = difference(received_at, offset);
  if (current_ >= sessions_.size() || sessions_[current_].session != ref.session) {
    const auto found =
        std::find_if(sessions_.begin(), sessions_.end(),
                     [&](const Session& session) { return session.session == ref.session; });
    current_ = static_cast<std::size_t>(found - sessions_.begin());
    if (found == sessions_.end()) sessions_.push_back({ref.session, received_at, monotonic});
  }
  const auto& session = sessions_[current_];
  return last_ = sum(session.received_at, difference(monotonic, session.monotonic));
}

Player::Player(const PlayerOptions& options, EventSource& source, bus::Topics& topics,
               bus::Outlet& outlet, Clock& clock, std::stop_token stop)
    : options_(options),
      source_(source),
      topics_(topics),
      outlet_(outlet),
      clock_(clock),
      stop_(std::move(stop)) {}

Played Player::play() {
  const auto start = start_payload();
  if (!outlet_.send(bus::kStartTopic, as_bytes(start), marker_head())) {
    played_.stopped = true;
    return played_;
  }
  while (const auto* ref = source_.next()) {
    bus::Topic* topic = nullptr;
    std::optional<Bytes> payload;
    try {
      topic = &topics_.of(ref->event);
      payload = payload_of(*ref);
    } catch (const kj::Exception& exception) {
      damaged(*ref, exception.getDescription().cStr());
      continue;
    } catch (const Error& error) {
      if (error.fault != Fault::format) throw;
      damaged(*ref, error.what());
      continue;
    }
    if ((options_.speed > 0 && !pace(tape_time_.of(*ref))) ||
        (played_.events % kStopEvery == 0 && stop_.stop_requested()) ||
        !outlet_.send(topic->text, *payload,
                      {options_.run, topic->number + 1, ref->session, ref->ordinal})) {
      played_.stopped = true;
      break;
    }
    ++topic->number;
    topic->bytes += payload->size();
    ++played_.events;
    played_.bytes += payload->size();
    if (on_event) on_event(played_.events);
  }
  // A source that ends because of the same request must not pass for the end of the tape.
  played_.stopped = played_.stopped || stop_.stop_requested();
  return played_;
}

/// Waits until the event is due. False when stop was requested.
bool Player::pace(Nanos tape_time) {
  if (!tape_start_) {
    tape_start_ = tape_time;
    wall_start_ = clock_.monotonic();
  }
  const Nanos due = sum(wall_start_, scaled(difference(tape_time, *tape_start_), options_.speed));
  for (Nanos now = clock_.monotonic(); now < due; now = clock_.monotonic()) {
    if (stop_.stop_requested()) return false;
    const Nanos next = sum(now, kTend);
    clock_.sleep_until(std::min(due, next), stop_);
    if (next < due) outlet_.tend();
  }
  return !stop_.stop_requested();
}

Bytes Player::payload_of(const log::EventRef& ref) {
  switch (options_.payload) {
    case Payload::capnp: {
      const auto framed = whole_.framed(ref);
      return {reinterpret_cast<const std::uint8_t*>(framed.data()), framed.size_bytes()};
    }
    case Payload::json:
      text_.clear();
      json_.append(ref.event, ref.session, ref.ordinal, text_);
      if (!text_.empty() && text_.back() == '\n') text_.pop_back();
      return as_bytes(text_);
    case Payload::raw:
      return as_bytes(bytes_.of(ref).value_or(std::string_view{}));
  }
  throw Error(Fault::internal, "no such payload");
}

void Player::damaged(const log::EventRef& ref, std::string_view what) const {
  if (on_damage)
    on_damage(fmt::format("event {:016x}:{} is left out: {}", ref.session, ref.ordinal, what));
}

std::string Player::start_payload() const {
  return fmt::format(R"({{"version":1,"run":"{:016x}","format":"{}","pattern":"{}","speed":{}}})",
                     options_.run, payload_name(options_.payload),
                     options_.pattern == bus::Pattern::pub ? "pub" : "push",
                     options_.speed > 0 ? fmt::format("{}", options_.speed) : "\"max\"");
}

std::string Player::end_payload(std::string_view reason) const {
  std::string text = fmt::format(R"({{"version":1,"run":"{:016x}","complete":{},"reason":)",
                                 options_.run, reason == kFinished);
  event::append_json_string(reason, text);
  text += fmt::format(R"(,"events":{},"bytes":{},"topics":{{)", played_.events, played_.bytes);
  const char* separator = "";
  for (const auto& topic : topics_.all()) {
    if (topic.number == 0) continue;
    text += separator;
    separator = ",";
    event::append_json_string(topic.text, text);
    text += fmt::format(R"(:{{"events":{},"bytes":{}}})", topic.number, topic.bytes);
  }
  return text += "}}";
}

}  // namespace tape::flow
