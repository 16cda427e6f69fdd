#include <tape/base/diag.h>
#include <tape/base/digest.h>
#include <tape/base/error.h>
#include <tape/bus/subscriber.h>
#include <tape/flow/relay.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string_view>

namespace tape::flow {
namespace {

constexpr Nanos kFlush = 50 * kMillisecond;
constexpr std::string_view kRemedy =
    "what came is on the tape; record the run again to another file";

/// What came, as a run of events.
class Arrival {
 public:
  Arrival(const RelayOptions& options, const RelayHooks& hooks)
      : options_(options), hooks_(hooks) {}

  /// False after the last message.
  bool take(const bus::Received& message) {
    if (run_ && *run_ != message.head.run) next_run();
    run_ = message.head.run;
    if (message.topic == bus::kStartTopic) {
      started_ = true;
      return true;
    }
    if (message.topic == bus::kEndTopic) {
      end(as_text(message.payload));
      return false;
    }
    if (message.topic == bus::kClockTopic) return true;
    auto& last = last_[std::string(message.topic)];
    // Before the first message of a run that began without us nothing is known.
    if ((last != 0 || started_) && message.head.number > last + 1)
      relayed.holes += message.head.number - last - 1;
    last = message.head.number;
    digest_.update(message.payload);
    return unpack(message);
  }

  Relayed relayed;

 private:
  /// Numbers and digest begin anew.
  void next_run() {
    ++relayed.broken_runs;
    diag::warning(
        fmt::format("{}: a new run began after {} events, before the end marker of the one before",
                    options_.endpoint, relayed.events));
    last_.clear();
    digest_.reset();
    started_ = false;
  }

  bool unpack(const bus::Received& message) {
    std::span<const capnp::word> words(reinterpret_cast<const capnp::word*>(message.payload.data()),
                                       message.payload.size() / sizeof(capnp::word));
    std::uint64_t ordinal = message.head.ordinal;
    bool first = true;
    while (!words.empty()) {
      const auto size = event::parse_framed_size(words);
      if (size.state != event::FramedState::whole || size.words > words.size()) {
        throw Error(Fault::format,
                    fmt::format("{}: a message on {} holds no event; is the player's "
                                "--format capnp?",
                                options_.endpoint, message.topic));
      }
      view_.reset(words.first(size.words));
      const auto event = view_.event();
      if (!first) ordinal = event.getOrdinal() != 0 ? event.getOrdinal() : ordinal + 1;
      first = false;
      ref_.event = event;
      ref_.framed = view_.framed();
      ref_.session = event.getSession() != 0 ? event.getSession() : message.head.session;
      ref_.ordinal = ordinal;
      hooks_.on_event(ref_);
      ++relayed.events;
      words = words.subspan(size.words);
      if (options_.limit != 0 && relayed.events == options_.limit) {
        relayed.cut = Relayed::Cut::asked;
        return false;
      }
    }
    return true;
  }

  void end(std::string_view text) {
    relayed.ended = true;
    relayed.complete = text.find("\"complete\":true") != std::string_view::npos;
    const auto digest = fmt::format("\"digest\":\"{:016x}\"", digest_.value());
    // The run's own digest stands before those of its topics.
    const auto topics = text.find("\"topics\":");
    const auto own = text.substr(0, topics);
    // A live publisher gives none.
    relayed.agrees = own.find("\"digest\":") == std::string_view::npos ||
                     own.find(digest) != std::string_view::npos;
  }

  const RelayOptions& options_;
  const RelayHooks& hooks_;
  event::View view_;
  log::EventRef ref_;
  Xxh64 digest_;
  std::map<std::string, std::uint64_t> last_;
  std::optional<std::uint64_t> run_;
  bool started_ = false;
};

/// The pauses of a run: how long nothing came, and how long its sender is gone.
class Pauses {
 public:
  Pauses(const RelayOptions& options, bus::Subscriber& subscriber, const Relayed& relayed)
      : options_(options), subscriber_(subscriber), relayed_(relayed) {}

  void message() { silent_ = 0; }
  /// Nothing came for kFlush more. Says whether that ends the run.
  [[nodiscard]] Relayed::Cut pause() {
    silent_ += kFlush;
    const bool lost = subscriber_.lost();
    if (lost && gone_ == 0) {
      diag::warning(
          fmt::format("{}: the connection was lost after {} events, before the end marker; its "
                      "sender may come back within {}",
                      options_.endpoint, relayed_.events, format_duration(options_.away)));
    }
    gone_ = lost ? gone_ + kFlush : 0;
    if (gone_ > options_.away) return Relayed::Cut::lost;
    const bool silent = options_.timeout > 0 && silent_ >= options_.timeout;
    return silent ? Relayed::Cut::silent : Relayed::Cut::none;
  }

 private:
  const RelayOptions& options_;
  bus::Subscriber& subscriber_;
  const Relayed& relayed_;
  Nanos silent_ = 0;
  Nanos gone_ = 0;
};

}  // namespace

bool is_publisher(const std::vector<std::string>& sources, const std::string& curve_server_key) {
  const auto one = [](const std::string& source) {
    return source.starts_with("tcp://") || source.starts_with("ipc://");
  };
  if (std::none_of(sources.begin(), sources.end(), one)) return false;
  if (sources.size() > 1) throw Error(Fault::usage, "a publisher is recorded alone");
  bus::check_endpoint(sources.front(), bus::Attach::connect,
                      curve_server_key.empty() ? bus::Safety::plain : bus::Safety::curve);
  return true;
}

std::string describe_failure(const RelayOptions& options, const Relayed& relayed) {
  using enum Relayed::Cut;
  if (relayed.cut == lost) {
    return fmt::format(
        "the end marker was expected, but after {} events the connection was lost, and its sender "
        "did not come back within {}: no end marker came; {}",
        relayed.events, format_duration(options.away), kRemedy);
  }
  if (relayed.cut == silent) {
    return fmt::format(
        "nothing came for {} after {} events, and no end marker: its sender is gone or waits; {}",
        format_duration(options.timeout), relayed.events, kRemedy);
  }
  if (relayed.holes > 0) return fmt::format("{} messages are missing", relayed.holes);
  if (relayed.broken_runs > 0) {
    return fmt::format("runs that another one followed before their end marker came: {}; {}",
                       relayed.broken_runs, kRemedy);
  }
  if (relayed.cut == asked) return {};
  if (!relayed.complete) return "the run ended before its end, says its sender";
  if (!relayed.agrees) return "the digest of what came is not that of what was sent";
  return {};
}

Relayed relay(const RelayOptions& options, const RelayHooks& hooks, const std::stop_token& stop) {
  using enum Relayed::Cut;
  bus::SubscriberOptions where;
  where.endpoint = options.endpoint;
  where.filters = options.filters;
  where.curve_server_key = options.curve_server_key;
  bus::Subscriber subscriber(where);
  Arrival arrival(options, hooks);
  Pauses pauses(options, subscriber, arrival.relayed);
  auto& cut = arrival.relayed.cut;
  while (cut == none) {
    const auto* message = subscriber.next(kFlush, stop);
    if (message != nullptr) {
      pauses.message();
      if (!arrival.take(*message)) break;
    } else if (!stop.stop_requested()) {
      if (hooks.on_idle) hooks.on_idle();
      cut = pauses.pause();
    }
    if (stop.stop_requested() && cut == none) cut = asked;
  }
  return arrival.relayed;
}

}  // namespace tape::flow
