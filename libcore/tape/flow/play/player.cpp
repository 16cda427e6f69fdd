#include <tape/base/error.h>
#include <tape/flow/play/player.h>

#include <kj/exception.h>

#include <algorithm>

namespace tape::flow {
namespace {

// Consumers are looked after this often in the silence between two events, operators more often.
constexpr Nanos kTend = 100 * kMillisecond;
constexpr Nanos kServe = 10 * kMillisecond;
// Events between two looks at the stop token and at operators when nothing is waited for.
constexpr std::uint64_t kLookEvery = 64;
constexpr Nanos kClockEvery = 100 * kMillisecond;
// What --spin does not sleep: more than a sleep oversleeps.
constexpr Nanos kSpin = 300'000;

}  // namespace

Player::Player(const PlayerOptions& options, log::EventSource& source, bus::Topics& topics,
               bus::Outlet& outlet, Clock& clock, std::stop_token stop)
    : options_(options),
      source_(source),
      topics_(topics),
      outlet_(outlet),
      clock_(clock),
      stop_(std::move(stop)),
      pace_(options.speed, options.gap),
      credits_(options.lockstep) {}

Played Player::play() {
  const auto start = start_payload();
  played_.stopped = !outlet_.send(bus::kStartTopic, as_bytes(start), marker_head());
  while (!played_.stopped) {
    if (!play_once() || !flush()) {
      played_.stopped = true;
      break;
    }
    if (++played_.loops >= options_.loops) break;
    source_.rewind();
    pace_.cut();
    barrier_at_.reset();
  }
  // A source that ends because of the same request must not pass for the end of the tape.
  played_.stopped = played_.stopped || stop_.stop_requested();
  played_.digest = digest_.value();
  return played_;
}

/// To the end of the source. False when the run is to stop.
bool Player::play_once() {
  for (;;) {
    jumped_ = false;
    const auto* ref = source_.next();
    if (ref == nullptr) return true;
    if (play_event(*ref) == Go::stop) return false;
  }
}

Player::Go Player::play_event(const log::EventRef& ref) {
  bus::Topic* topic = nullptr;
  Bytes payload;
  Batch::Identity identity{ref.session, ref.ordinal, false};
  try {
    topic = &topics_.of(ref.event);
    payload = payload_of(ref);
    identity.stored = options_.payload != Payload::capnp || ref.event.getOrdinal() != 0;
  } catch (const kj::Exception& exception) {
    damaged(ref, exception.getDescription().cStr());
    return Go::skip;
  } catch (const Error& error) {
    if (error.fault != Fault::format) throw;
    damaged(ref, error.what());
    return Go::skip;
  }
  if (const auto go = admit(ref); go != Go::send) return go;
  if (!add(*topic, payload, identity)) return Go::stop;
  if (options_.tell_topics && !tell(ref, payload)) return Go::stop;
  return Go::send;
}

/// What became of a wait.
Player::Go Player::now_what() const {
  if (stop_.stop_requested()) return Go::stop;
  return jumped_ ? Go::skip : Go::send;
}

/// Waits until the event may go: for operators, credits and its time.
Player::Go Player::admit(const log::EventRef& ref) {
  if (looks_++ % kLookEvery == 0 && !look()) return Go::stop;
  if (const auto go = now_what(); go != Go::send) return go;
  const Nanos tape_time = tape_time_.of(ref);
  if (options_.lockstep > 0) {
    if (const auto go = await_credit(tape_time); go != Go::send) return go;
  }
  const bool timed = pace_.speed() > 0 || options_.clock;
  pace_.enter(tape_time, timed ? clock_.monotonic() : 0);
  if (const auto go = await_due(); go != Go::send) return go;
  if (options_.clock && clock_due() && !send_clock(tape_time, false)) return Go::stop;
  return Go::send;
}

Player::Go Player::await_credit(Nanos tape_time) {
  if (options_.barrier > 0) {
    if (barrier_at_ && tape_time < *barrier_at_) return Go::send;
    if (barrier_at_) {
      if (!flush() || !send_clock(*barrier_at_, true)) return Go::stop;
    }
  }
  Nanos waits_since = clock_.monotonic();
  while (credits_ == 0) {
    if (!flush()) return Go::stop;
    idle(kServe);
    if (const auto go = now_what(); go != Go::send) return go;
    const Nanos now = clock_.monotonic();
    if (paused_) waits_since = now;
    if (now - waits_since > options_.stall_timeout) {
      throw Error(Fault::timeout,
                  "no credit came for " + format_duration(options_.stall_timeout) +
                      "; consumers grant by the control socket (--lockstep, --stall-timeout)");
    }
    if (credits_ > 0) pace_.hold(now);
  }
  --credits_;
  if (options_.barrier > 0) {
    // Multiples from the first event on, so that barriers do not depend on where events stand.
    const Nanos from = barrier_at_.value_or(tape_time);
    const Nanos steps = (tape_time - from) / options_.barrier + 1;
    barrier_at_ = from + steps * options_.barrier;
  }
  return Go::send;
}

Player::Go Player::await_due() {
  for (;;) {
    if (paused_) {
      if (steps_ > 0) {
        --steps_;
        pace_.reach(clock_.monotonic());
        return Go::send;
      }
      if (!flush()) return Go::stop;
      idle(kServe);
    } else {
      if (pace_.speed() == 0) return Go::send;
      const Nanos now = clock_.monotonic();
      const Nanos due = pace_.due();
      if (now >= due) {
        lateness_.add(now - due);
        latest_ = std::max(latest_, now - due);
        return now_what();
      }
      if (!flush()) return Go::stop;
      await(now, due);
    }
    if (const auto go = now_what(); go != Go::send) return go;
    if (options_.clock && clock_due() && !send_clock(tape_now(), false)) return Go::stop;
  }
}

/// Sleeps until the event is due, or until something else is to be looked after.
void Player::await(Nanos now, Nanos due) {
  if (options_.spin && due - now <= kSpin) {
    while (clock_.monotonic() < due) {
    }
    return;
  }
  const Nanos slice = serve || options_.clock ? kServe : kTend;
  const Nanos wake = due - (options_.spin ? kSpin : oversleep_.lead(due - now));
  if (wake - now <= slice) {
    clock_.sleep_until(wake, stop_);
    if (options_.spin) return;
    Nanos woken = clock_.monotonic();
    oversleep_.learn(woken - wake);
    while (woken < due && woken >= wake) woken = clock_.monotonic();
    return;
  }
  clock_.sleep_until(now + slice, stop_);
  outlet_.tend();
  if (serve) serve(0);
}

void Player::idle(Nanos duration) {
  if (serve) {
    serve(duration);
  } else {
    clock_.sleep_until(clock_.monotonic() + duration, stop_);
  }
  outlet_.tend();
}

/// Operators see, and seek from, what was sent.
bool Player::look() {
  if (!serve) return true;
  if (!flush()) return false;
  serve(0);
  return true;
}

bool Player::add(bus::Topic& topic, Bytes payload, const Batch::Identity& identity) {
  if (options_.batch <= 1) {
    // Where each event has its moment it goes at once; flush() sends the rest before any wait.
    if (pace_.speed() > 0 || options_.lockstep > 0) {
      if (!emit(topic, payload, 1, identity)) return false;
      digest(digest_, payload);
      return true;
    }
    burst_.add(topic, payload, identity);
    return !burst_.full() || flush_burst();
  }
  if (!batch_.empty() && !batch_.follows(identity) && !flush()) return false;
  batch_.add(topic, payload, identity, options_.payload != Payload::capnp);
  return batch_.events() < options_.batch || flush();
}

bool Player::flush_burst() {
  std::size_t end = 0;  // of what was sent
  // Messages stand end to end: all at once are faster.
  const auto hash = [&] {
    if (options_.payload == Payload::capnp) digest(digest_, {burst_.slabs().begin(), end});
  };
  bool sent = false;
  try {
    sent = burst_.each([&](const Burst::Item& item, Bytes payload) {
      if (stop_.stop_requested() ||
          !emit(*item.topic, payload, 1, item.identity, burst_.slabs().slab()))
        return false;
      end = item.begin + item.size;
      if (options_.payload != Payload::capnp) digest(digest_, payload);
      return true;
    });
  } catch (...) {
    hash();
    throw;
  }
  hash();
  burst_.clear();
  return sent;
}

bool Player::flush() {
  if (!burst_.empty() && !flush_burst()) return false;
  if (batch_.empty()) return true;
  auto& topic = batch_.topic() != nullptr ? *batch_.topic() : topics_.named(bus::kBatchTopic);
  const bool sent =
      emit(topic, batch_.payload(), batch_.events(), batch_.first(), batch_.slabs().slab());
  if (sent) digest(digest_, batch_.payload());
  batch_.clear();
  return sent;
}

bool Player::emit(bus::Topic& topic, Bytes payload, std::uint64_t events,
                  const Batch::Identity& first, bus::Slab* slab) {
  sending_ = true;
  const bus::Head head{options_.run, topic.number + 1, first.session, first.ordinal};
  const bool sent = slab != nullptr ? outlet_.lend(topic.text, payload, head, *slab)
                                    : outlet_.send(topic.text, payload, head);
  sending_ = false;
  if (!sent) return false;
  ++topic.number;
  topic.events += events;
  topic.bytes += payload.size();
  digest(topic.digest, payload);
  played_.events += events;
  ++played_.messages;
  played_.bytes += payload.size();
  if (on_event) on_event(played_.events);
  return true;
}

void Player::digest(Xxh64& into, Bytes payload) const {
  into.update(payload);
  if (options_.payload == Payload::capnp) return;
  // What separates events in a batch belongs to each, so that batches do not change the digest.
  constexpr std::uint8_t kNewline = '\n';
  into.update({&kNewline, 1});
}

bool Player::clock_due() {
  const Nanos now = clock_.monotonic();
  if (now < clock_at_) return false;
  clock_at_ = now + kClockEvery;
  return true;
}

/// A loss goes out again on each topic that it concerns: the one of its channel and symbol, else
/// all that were met on its connection.
bool Player::tell(const log::EventRef& ref, Bytes payload) {
  const auto kind = ref.event.getBody().which();
  const Connection connection{ref.session, ref.event.getConnection()};
  const bool named = ref.event.getChannel().size() > 0 || ref.event.getSymbol().size() > 0;
  if (!event::is_recorder_kind(kind)) {
    if (kind == event::Kind::CHECKPOINT) return true;
    auto& topics = concerned_[connection];
    auto* topic = &topics_.concerned(ref.event);
    if (std::find(topics.begin(), topics.end(), topic) == topics.end()) topics.push_back(topic);
    return true;
  }
  const Batch::Identity identity{ref.session, ref.ordinal, true};
  if (named) return add(topics_.concerned(ref.event), payload, identity);
  const bool loss = kind == event::Kind::CONNECTION_LOST || kind == event::Kind::GAP ||
                    kind == event::Kind::RESYNCHRONISED || kind == event::Kind::STALLED ||
                    kind == event::Kind::DROPPED;
  if (!loss) return true;
  for (auto* topic : concerned_[connection]) {
    if (!add(*topic, payload, identity)) return false;
  }
  return true;
}

Bytes Player::payload_of(const log::EventRef& ref) {
  auto& slabs = options_.batch > 1 ? batch_.slabs() : burst_.slabs();
  slabs.turn();
  switch (options_.payload) {
    case Payload::capnp: {
      const auto framed = whole_.framed(ref, slabs);
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

}  // namespace tape::flow
