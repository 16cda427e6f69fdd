// One run of tape-replay at the receiving end: hands out its messages and proves, against the end
// marker, that none is missing, doubled, out of order or changed. Copy this header; it needs
// libzmq, libxxhash, nlohmann/json and nothing of tape.
//
//   tape_run::Run run({.endpoint = "tcp://127.0.0.1:5555", .prefixes = {"kraken-futures/book/"}});
//   while (const auto message = run.next()) use(message->topic, message->payload);
//   if (!run.result().ok) fail();
#pragma once

#include <nlohmann/json.hpp>
#include <xxhash.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape_run {

struct Options {
  std::string endpoint;
  std::vector<std::string> prefixes = {};  // topics that are wanted; none: all
  bool bind = false;                       // the player connects (tape-replay --connect)
  bool pull = false;                       // one of several workers (tape-replay --pattern push)
  int timeout = 300;  // seconds without a message after which the player counts as dead
  int grace = 10;     // seconds that a connection lost during the run has to come back
};

/// Views live until the next call of Run::next().
struct Message {
  std::string_view topic;
  std::string_view payload;   // a Cap'n Proto message, JSON or the frame, as --format says
  std::uint64_t number = 0;   // within the topic, from 1
  std::uint64_t session = 0;  // with the ordinal the identity of the event
  std::uint64_t ordinal = 0;
};

struct Result {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::size_t topics = 0;
  std::uint64_t holes = 0;  // numbers that did not follow, messages of another run
  bool end = false;         // the end marker came
  bool complete = false;    // and says that all was sent
  bool agrees = false;      // counts and digests are those that it names
  bool ok = false;          // all of it
};

/// XXH64 of payloads in order; each but Cap'n Proto's is followed by a newline.
class Digest {
 public:
  Digest() : state_(XXH64_createState(), &XXH64_freeState) { XXH64_reset(state_.get(), 0); }
  void add(std::string_view payload, bool line) {
    XXH64_update(state_.get(), payload.data(), payload.size());
    if (line) XXH64_update(state_.get(), "\n", 1);
  }
  [[nodiscard]] std::string text() const {
    std::array<char, 17> out{};
    std::snprintf(out.data(), out.size(), "%016llx",
                  static_cast<unsigned long long>(XXH64_digest(state_.get())));
    return out.data();
  }

 private:
  std::unique_ptr<XXH64_state_t, decltype(&XXH64_freeState)> state_;
};

/// Throws std::runtime_error when the socket fails, nothing comes for too long, or the connection
/// is lost during the run and does not come back.
class Run {
 public:
  explicit Run(Options options)
      : options_(std::move(options)),
        context_(zmq_ctx_new(), &zmq_ctx_term),
        socket_(zmq_socket(context_.get(), options_.pull ? ZMQ_PULL : ZMQ_SUB), &zmq_close),
        monitor_(zmq_socket(context_.get(), ZMQ_PAIR), &zmq_close) {
    zmq_setsockopt(socket_.get(), ZMQ_RCVTIMEO, &kLook, sizeof kLook);
    // A machine that vanished without a word is a lost connection after 30 seconds.
    for (const auto& [option, value] :
         {std::pair{ZMQ_TCP_KEEPALIVE, 1}, std::pair{ZMQ_TCP_KEEPALIVE_IDLE, 10},
          std::pair{ZMQ_TCP_KEEPALIVE_INTVL, 5}, std::pair{ZMQ_TCP_KEEPALIVE_CNT, 4}})
      zmq_setsockopt(socket_.get(), option, &value, sizeof value);
    const char* monitor = "inproc://monitor";
    const int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                       ZMQ_EVENT_DISCONNECTED;
    check(zmq_socket_monitor(socket_.get(), monitor, events) == 0, monitor);
    check(zmq_connect(monitor_.get(), monitor) == 0, monitor);
    const char* endpoint = options_.endpoint.c_str();
    const auto attach = options_.bind ? zmq_bind : zmq_connect;
    check(attach(socket_.get(), endpoint) == 0, endpoint);
    if (!options_.pull) {
      if (options_.prefixes.empty()) subscribe("");
      for (const auto& prefix : options_.prefixes) subscribe(prefix);
      subscribe("tape/");  // last: the player starts when this one arrives
    }
    for (auto& frame : frames_) zmq_msg_init(&frame);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    // First: libzmq would wait for ever to tell a monitor that is closed.
    zmq_socket_monitor(socket_.get(), nullptr, 0);
    for (auto& frame : frames_) zmq_msg_close(&frame);
  }

  /// The next message with an event; nothing after the last one. Markers are not handed out.
  std::optional<Message> next() {
    while (end_.is_null()) {
      receive();
      const auto head = text(frames_[2]);
      if (head.size() != 32) throw std::runtime_error("the third frame has not 32 bytes");
      const Message message{text(frames_[0]), text(frames_[1]), number(head, 8), number(head, 16),
                            number(head, 24)};
      if (take(message, number(head, 0))) return message;
    }
    return std::nullopt;
  }

  /// After the last message.
  [[nodiscard]] Result result() const {
    Result result;
    for (const auto& [topic, count] : topics_) {
      result.messages += count.messages;
      result.bytes += count.bytes;
    }
    result.topics = topics_.size();
    result.holes = holes_;
    result.end = !end_.is_null();
    result.complete = result.end && end_.value("complete", false);
    result.agrees = result.end && agrees();
    result.ok = result.complete && result.agrees && result.holes == 0;
    return result;
  }

 private:
  struct Count {
    std::uint64_t messages = 0;  // as many events, unless the player has --batch
    std::uint64_t bytes = 0;
    std::uint64_t last = 0;
    Digest digest;
  };

  // Milliseconds between two looks at the connection while nothing comes.
  static constexpr int kLook = 100;

  static void check(bool ok, const std::string& what) {
    if (!ok) throw std::runtime_error(what + ": " + zmq_strerror(zmq_errno()));
  }
  static std::string_view text(zmq_msg_t& frame) {
    return {static_cast<const char*>(zmq_msg_data(&frame)), zmq_msg_size(&frame)};
  }
  /// Little-endian.
  static std::uint64_t number(std::string_view head, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;)
      value = value << 8U | static_cast<unsigned char>(head[at + i]);
    return value;
  }
  void subscribe(const std::string& prefix) {
    check(zmq_setsockopt(socket_.get(), ZMQ_SUBSCRIBE, prefix.data(), prefix.size()) == 0,
          "subscribe");
  }

  void receive() {
    int silent = 0, gone = 0;  // milliseconds without a message, and without a connection
    while (zmq_msg_recv(frames_.data(), socket_.get(), 0) < 0) {
      check(zmq_errno() == EAGAIN, "receive");
      // All that came before a loss has been taken.
      silent += kLook;
      gone = is_lost() && run_ ? gone + kLook : 0;
      if (gone > options_.grace * 1000)
        throw std::runtime_error("the player's connection was lost without an end marker");
      if (silent >= options_.timeout * 1000) throw std::runtime_error("no message for too long");
    }
    for (std::size_t i = 1; i < frames_.size(); ++i)
      check(zmq_msg_recv(&frames_[i], socket_.get(), 0) >= 0, "receive");
  }

  /// A connection counts as back after the handshake: a proxy accepts for a player that is gone.
  bool is_lost() {
    std::uint16_t event = 0;  // begins the first of two frames; the rest is cut
    while (zmq_recv(monitor_.get(), &event, sizeof event, ZMQ_DONTWAIT) >= 0) {
      zmq_recv(monitor_.get(), nullptr, 0, 0);
      if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        lost_ = false;
      } else if (event == ZMQ_EVENT_DISCONNECTED) {
        if (--connections_ == 0) lost_ = true;
      } else {
        ++connections_;
      }
    }
    return lost_;
  }

  /// False: a marker.
  bool take(const Message& message, std::uint64_t run) {
    if (!run_) run_ = run;
    if (run != *run_) ++holes_;
    if (message.topic == "tape/start/") {
      lines_ = nlohmann::json::parse(message.payload).at("format") != "capnp";
      return false;
    }
    if (message.topic == "tape/end/") {
      end_ = nlohmann::json::parse(message.payload);
      return false;
    }
    if (message.topic == "tape/clock/") return false;
    auto& count = topics_[std::string(message.topic)];
    // A worker gets a part of each topic, all others get every number.
    if (options_.pull ? message.number <= count.last : message.number != count.last + 1) ++holes_;
    count.last = message.number;
    ++count.messages;
    count.bytes += message.payload.size();
    count.digest.add(message.payload, lines_);
    digest_.add(message.payload, lines_);
    return true;
  }

  [[nodiscard]] bool wanted(const std::string& topic) const {
    if (options_.prefixes.empty() || topic.starts_with("tape/")) return true;
    return std::any_of(options_.prefixes.begin(), options_.prefixes.end(),
                       [&](const auto& prefix) { return topic.starts_with(prefix); });
  }

  /// What the player says it sent of the topics that are wanted is what came; all of it also in the
  /// same order over the topics.
  [[nodiscard]] bool agrees() const {
    if (options_.pull) return true;
    std::size_t met = 0;
    for (const auto& [topic, sent] : end_.at("topics").items()) {
      if (!wanted(topic)) continue;
      const auto ours = topics_.find(topic);
      if (ours == topics_.end() || ours->second.messages != sent.at("messages") ||
          ours->second.bytes != sent.at("bytes") || ours->second.digest.text() != sent.at("digest"))
        return false;
      ++met;
    }
    if (options_.prefixes.empty() && digest_.text() != end_.at("digest")) return false;
    return met == topics_.size();
  }

  const Options options_;
  std::unique_ptr<void, int (*)(void*)> context_;
  std::unique_ptr<void, int (*)(void*)> socket_;
  std::unique_ptr<void, int (*)(void*)> monitor_;
  int connections_ = 0;
  bool lost_ = false;
  std::array<zmq_msg_t, 3> frames_{};
  std::map<std::string, Count> topics_;
  Digest digest_;
  std::optional<std::uint64_t> run_;
  bool lines_ = false;
  std::uint64_t holes_ = 0;
  nlohmann::json end_;  // null until it came
};

}  // namespace tape_run
