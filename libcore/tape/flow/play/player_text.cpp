// What a player says of itself: markers, status, the clock; and what it does when told to.
#include <tape/base/error.h>
#include <tape/flow/play/player.h>

#include <fmt/format.h>

namespace tape::flow {
namespace {

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

std::string speed_text(double speed) {
  return speed > 0 ? fmt::format("{}", speed) : std::string("\"max\"");
}

}  // namespace

void Player::obey(const Command& command) {
  using Verb = Command::Verb;
  const Nanos now = clock_.monotonic();
  switch (command.verb) {
    case Verb::status:
    case Verb::stop:
      break;
    case Verb::pause:
      if (!paused_) pace_.hold(now);
      paused_ = true;
      steps_ = 0;
      break;
    case Verb::resume:
      if (paused_) pace_.go(now);
      paused_ = false;
      break;
    case Verb::step:
      if (!paused_) pace_.hold(now);
      paused_ = true;
      steps_ += command.count;
      break;
    case Verb::seek:
      if (sending_) throw Error(Fault::usage, "a consumer is being waited for; ask again");
      source_.seek(command.at);
      jumped_ = true;
      pace_.cut();
      pace_.reach(now);
      barrier_at_.reset();
      break;
    case Verb::speed:
      pace_.set_speed(command.speed, now);
      break;
    case Verb::credit:
      if (options_.lockstep == 0) throw Error(Fault::usage, "no --lockstep: nothing to grant");
      credits_ += command.count;
      break;
  }
}

std::string Player::status() const {
  const auto late = lateness();
  return fmt::format(
      R"({{"ok":true,"state":"{}","tapeAt":"{}","events":{},"messages":{},"bytes":{},"loop":{},)"
      R"("speed":{},"credits":{},"lateness":{{"p50":{},"p99":{},"max":{}}}}})",
      paused_ ? "paused" : "playing", format_rfc3339(tape_now()), played_.events, played_.messages,
      played_.bytes, played_.loops + 1, speed_text(pace_.speed()), credits_, late.at(0.5),
      late.at(0.99), latest_);
}

std::string Player::line() const {
  return fmt::format("{} {}  {} events  speed {}  late {} (99 %)", paused_ ? "paused" : "playing",
                     format_rfc3339(tape_now()), played_.events,
                     speed() > 0 ? fmt::format("{:g}", speed()) : "max",
                     format_duration(lateness().at(0.99)));
}

bool Player::send_clock(Nanos tape_time, bool barrier) {
  const auto text =
      fmt::format(R"({{"version":1,"tapeAt":"{}","speed":{},"paused":{},"barrier":{}}})",
                  format_rfc3339(tape_time), speed_text(pace_.speed()), paused_, barrier);
  sending_ = true;
  const bool sent = outlet_.send(bus::kClockTopic, as_bytes(text), {options_.run, ++clocks_, 0, 0});
  sending_ = false;
  return sent;
}

void Player::damaged(const log::EventRef& ref, std::string_view what) const {
  if (on_damage)
    on_damage(fmt::format("event {:016x}:{} is left out: {}", ref.session, ref.ordinal, what));
}

std::string Player::start_payload() const {
  return fmt::format(
      R"({{"version":1,"run":"{:016x}","format":"{}","pattern":"{}","speed":{},"batch":{}}})",
      options_.run, payload_name(options_.payload),
      options_.pattern == bus::Pattern::pub ? "pub" : "push", speed_text(options_.speed),
      options_.batch);
}

void Player::append_totals(std::string& out) const {
  out += fmt::format(R"("events":{},"bytes":{},"messages":{},"digest":"{:016x}","topics":{{)",
                     played_.events, played_.bytes, played_.messages, digest_.value());
  const char* separator = "";
  for (const auto& topic : topics_.all()) {
    if (topic.number == 0) continue;
    out += separator;
    separator = ",";
    event::append_json_string(topic.text, out);
    out += fmt::format(R"(:{{"events":{},"bytes":{},"messages":{},"digest":"{:016x}"}})",
                       topic.events, topic.bytes, topic.number, topic.digest.value());
  }
  out += "}";
}

std::string Player::end_payload(std::string_view reason) const {
  std::string text = fmt::format(R"({{"version":1,"run":"{:016x}","complete":{},"reason":)",
                                 options_.run, reason == kFinished);
  event::append_json_string(reason, text);
  text += ",";
  append_totals(text);
  return text += "}";
}

}  // namespace tape::flow
