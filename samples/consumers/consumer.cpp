// A consumer for tape-replay: counts the events per topic and holds them against the end marker.
//
//   tape-replay day.tape --speed max --exec './consumer'
//   ./consumer --endpoint tcp://127.0.0.1:5555 kraken-futures/book/
//
// Copy this file and put your work where it says so. It needs libzmq, libxxhash and nothing of
// tape.
#include <xxhash.h>
#include <zmq.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  std::string endpoint;
  bool bind = false;  // the player connects (tape-replay --connect)
  bool pull = false;  // one of several workers (tape-replay --pattern push)
  int timeout = 300;  // seconds without a message after which the player counts as dead
  std::vector<std::string> prefixes;  // topics that we want; none: all
};

/// The third frame: four numbers, little-endian.
struct Head {
  std::uint64_t run = 0;
  std::uint64_t number = 0;  // within the topic, from 1 without holes
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
};

/// XXH64 of payloads in order; each but Cap'n Proto's is followed by a newline.
class Digest {
 public:
  Digest() : state_(XXH64_createState(), &XXH64_freeState) { XXH64_reset(state_.get(), 0); }
  void add(std::string_view payload, bool lines) {
    XXH64_update(state_.get(), payload.data(), payload.size());
    if (lines) XXH64_update(state_.get(), "\n", 1);
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

struct Count {
  std::uint64_t messages = 0;  // as many events, unless the player has --batch
  std::uint64_t bytes = 0;
  std::uint64_t last = 0;
  Digest digest;
};

/// A string or number at `at` in the end marker's JSON, which has no white space; `at` moves behind
/// it.
class Json {
 public:
  Json(std::string_view text, std::size_t at) : text_(text), at_(at) {}
  [[nodiscard]] bool skip(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!skip(token)) throw std::runtime_error("end marker: expected " + std::string(token));
  }
  std::uint64_t number() {
    const std::size_t end = text_.find_first_not_of("0123456789", at_);
    const auto digits = std::string(text_.substr(at_, end - at_));
    at_ = end;
    return std::strtoull(digits.c_str(), nullptr, 10);
  }
  std::string string() {
    expect("\"");
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        ++at_;  // topics of exchanges need no escape but these two; others stay as they are written
        if (text_[at_] != '"' && text_[at_] != '\\') out += '\\';
      }
      out += text_[at_++];
    }
    expect("\"");
    return out;
  }

 private:
  std::string_view text_;
  std::size_t at_;
};

class Consumer {
 public:
  explicit Consumer(const Options& options) : options_(options) {}

  /// One message. False after the last one.
  bool take(std::string_view topic, std::string_view payload, const Head& head) {
    if (topic == "tape/start/") {
      run_ = head.run;
      lines_ = payload.find("\"format\":\"capnp\"") == std::string_view::npos;
      return true;
    }
    if (topic == "tape/end/") {
      end_ = payload;
      return false;
    }
    if (topic == "tape/clock/") return true;
    auto& count = topics_[std::string(topic)];
    // A worker gets a part of each topic, all others get every number.
    if (options_.pull ? head.number <= count.last : head.number != count.last + 1) ++holes_;
    if (run_ != 0 && head.run != run_) ++holes_;
    count.last = head.number;
    ++count.messages;
    count.bytes += payload.size();
    count.digest.add(payload, lines_);

    // Your work goes here: `payload` is a Cap'n Proto Event message, JSON or the frame, as --format
    // says.
    return true;
  }

  /// Prints the result; true when nothing is missing.
  [[nodiscard]] bool report() const {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    for (const auto& [topic, count] : topics_) {
      messages += count.messages;
      bytes += count.bytes;
    }
    const bool complete = end_.find("\"complete\":true") != std::string::npos;
    const bool agree = !end_.empty() && (options_.pull || agrees());
    const bool ok = complete && agree && holes_ == 0;
    std::printf(
        "{\"consumer\":\"c++\",\"events\":%llu,\"bytes\":%llu,\"topics\":%zu,\"holes\":%llu,"
        "\"end\":%s,\"complete\":%s,"
        "\"countsAgree\":%s,\"ok\":%s}\n",
        static_cast<unsigned long long>(messages), static_cast<unsigned long long>(bytes),
        topics_.size(), static_cast<unsigned long long>(holes_), end_.empty() ? "false" : "true",
        complete ? "true" : "false", agree ? "true" : "false", ok ? "true" : "false");
    return ok;
  }

 private:
  [[nodiscard]] bool wanted(const std::string& topic) const {
    if (options_.prefixes.empty() || topic.rfind("tape/", 0) == 0) return true;
    for (const auto& prefix : options_.prefixes) {
      if (topic.rfind(prefix, 0) == 0) return true;
    }
    return false;
  }

  /// What the player says it sent of the topics that we wanted is what we got.
  [[nodiscard]] bool agrees() const {
    constexpr std::string_view kTopics = "\"topics\":{";
    const auto found = end_.find(kTopics);
    if (found == std::string::npos) return false;
    Json json(end_, found + kTopics.size());
    std::size_t met = 0;
    while (!json.skip("}")) {
      (void)json.skip(",");
      const auto topic = json.string();
      json.expect(":{\"events\":");
      (void)json.number();
      json.expect(",\"bytes\":");
      const auto bytes = json.number();
      json.expect(",\"messages\":");
      const auto messages = json.number();
      json.expect(",\"digest\":");
      const auto digest = json.string();
      json.expect("}");
      if (!wanted(topic)) continue;
      const auto ours = topics_.find(topic);
      if (ours == topics_.end() || ours->second.messages != messages ||
          ours->second.bytes != bytes || ours->second.digest.text() != digest)
        return false;
      ++met;
    }
    return met == topics_.size();
  }

  const Options& options_;
  std::map<std::string, Count> topics_;
  std::uint64_t run_ = 0;
  bool lines_ = false;
  std::uint64_t holes_ = 0;
  std::string end_;
};

std::uint64_t little_endian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8U | bytes[i];
  return value;
}

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
}

/// Hands every message to the consumer until the end marker, or until nothing came for too long.
void receive(void* socket, Consumer& consumer) {
  std::array<zmq_msg_t, 3> frames{};
  for (auto& frame : frames) zmq_msg_init(&frame);
  for (bool more = true; more;) {
    for (auto& frame : frames) check(zmq_msg_recv(&frame, socket, 0) >= 0, "no message");
    const auto text = [](zmq_msg_t& frame) {
      return std::string_view(static_cast<const char*>(zmq_msg_data(&frame)), zmq_msg_size(&frame));
    };
    if (zmq_msg_size(&frames[2]) != 32)
      throw std::runtime_error("the third frame has not 32 bytes");
    const auto* head = static_cast<const unsigned char*>(zmq_msg_data(&frames[2]));
    more = consumer.take(text(frames[0]), text(frames[1]),
                         {little_endian(head), little_endian(head + 8), little_endian(head + 16),
                          little_endian(head + 24)});
  }
  for (auto& frame : frames) zmq_msg_close(&frame);
}

Options parse(int argc, char** argv) {
  Options options;
  if (const char* endpoint = std::getenv("TAPE_ENDPOINT")) options.endpoint = endpoint;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--endpoint" && i + 1 < argc) {
      options.endpoint = argv[++i];
    } else if (argument == "--timeout" && i + 1 < argc) {
      options.timeout = std::atoi(argv[++i]);
    } else if (argument == "--bind") {
      options.bind = true;
    } else if (argument == "--pull") {
      options.pull = true;
    } else if (argument.rfind("--", 0) == 0) {
      throw std::invalid_argument(
          "usage: consumer [--endpoint E] [--bind] [--pull] [--timeout S] [TOPIC-PREFIX...]");
    } else {
      options.prefixes.push_back(argument);
    }
  }
  if (options.endpoint.empty())
    throw std::invalid_argument("no endpoint: --endpoint E or $TAPE_ENDPOINT");
  return options;
}

int run(const Options& options) {
  void* context = zmq_ctx_new();
  void* socket = zmq_socket(context, options.pull ? ZMQ_PULL : ZMQ_SUB);
  const int timeout = options.timeout * 1000;
  zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
  const char* endpoint = options.endpoint.c_str();
  check((options.bind ? zmq_bind(socket, endpoint) : zmq_connect(socket, endpoint)) == 0, endpoint);
  if (!options.pull) {
    const auto subscribe = [&](const std::string& prefix) {
      check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix.data(), prefix.size()) == 0, "subscribe");
    };
    if (options.prefixes.empty()) subscribe("");
    for (const auto& prefix : options.prefixes) subscribe(prefix);
    subscribe("tape/");  // last: the player starts when this one arrives
  }
  Consumer consumer(options);
  try {
    receive(socket, consumer);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "consumer: %s\n", error.what());
  }
  zmq_close(socket);
  zmq_ctx_term(context);
  return consumer.report() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "consumer: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "consumer: %s\n", error.what());
    return 1;
  }
}
