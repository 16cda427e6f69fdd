#include <tape/base/digest.h>
#include <tape/base/error.h>
#include <tape/bus/subscriber.h>
#include <tape/flow/relay.h>

#include <fmt/format.h>

#include <map>
#include <span>
#include <string_view>

namespace tape::flow {
namespace {

constexpr Nanos kFlush = 50 * kMillisecond;

/// What came, as a run of events.
class Arrival {
 public:
  Arrival(const RelayOptions& options, const RelayHooks& hooks)
      : options_(options), hooks_(hooks) {}

  /// False after the last message.
  bool take(const bus::Received& message) {
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
      if (options_.limit != 0 && relayed.events == options_.limit) return false;
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
  bool started_ = false;
};

}  // namespace

bool is_publisher(const std::string& source) {
  return source.starts_with("tcp://") || source.starts_with("ipc://");
}

std::string describe_failure(const Relayed& relayed) {
  if (relayed.holes > 0) return fmt::format("{} messages are missing", relayed.holes);
  if (!relayed.ended) return "no end marker came";
  if (!relayed.complete) return "the run ended before its end, says its sender";
  if (!relayed.agrees) return "the digest of what came is not that of what was sent";
  return {};
}

Relayed relay(const RelayOptions& options, const RelayHooks& hooks, const std::stop_token& stop) {
  bus::SubscriberOptions where;
  where.endpoint = options.endpoint;
  where.filters = options.filters;
  where.curve_server_key = options.curve_server_key;
  bus::Subscriber subscriber(where);
  Arrival arrival(options, hooks);
  Nanos waited = 0;
  while (!stop.stop_requested()) {
    const auto* message = subscriber.next(kFlush, stop);
    if (message != nullptr) {
      waited = 0;
      if (!arrival.take(*message)) break;
      continue;
    }
    if (hooks.on_idle) hooks.on_idle();
    waited += kFlush;
    if (options.timeout > 0 && waited >= options.timeout) {
      throw Error(Fault::timeout,
                  fmt::format("{}: nothing came for {}, and no end marker: its sender is gone or "
                              "waits",
                              options.endpoint, format_duration(options.timeout)));
    }
  }
  return arrival.relayed;
}

}  // namespace tape::flow
