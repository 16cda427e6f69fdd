// Frames of a venue through its decoder into a State, whose copy through the schema goes along.
#pragma once

#include <tape/state/checkpoint.h>
#include <tape/state/state.h>
#include <tape/venue/registry.h>

#include <capnp/message.h>
#include <catch2/catch.hpp>

#include "state/feed.h"
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tape::state::test {

/// Canonical: equal states are equal words.
inline std::vector<std::uint64_t> words(const State& state) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  state.write(root);
  const auto canonical = capnp::canonicalize(root.asReader());
  std::vector<std::uint64_t> out(canonical.size());
  if (!out.empty()) std::memcpy(out.data(), canonical.begin(), canonical.asBytes().size());
  return out;
}

/// By way of a checkpoint, as it lies in a tape.
inline std::unique_ptr<State> copy(const State& state) {
  const CheckpointRun run(state);
  CheckpointReader reader;
  event::Message message;
  auto step = CheckpointReader::Step::outside;
  for (std::size_t i = 0; i < run.events(); ++i) {
    run.fill(i, message.start());
    step = reader.take(message.event().asReader());
  }
  REQUIRE(step == CheckpointReader::Step::whole);
  return reader.state();
}

/// The first place where the two are not the same, as text.
inline std::string difference(const State& a, const State& b) {
  const auto text = [](const State& state) {
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<schema::State>();
    state.write(root);
    return std::string(kj::str(root.asReader()).cStr());
  };
  const std::string one = text(a);
  const std::string other = text(b);
  const auto [at, there] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  const auto from = static_cast<std::size_t>(at - one.begin());
  const auto begin = from > 300 ? from - 300 : 0;
  return one.substr(begin, 500) + "\nREAD BACK\n" + other.substr(begin, 500);
}

class Wire final : private venue::Outbox {
 public:
  explicit Wire(std::string_view venue_name)
      : venue(venue_name), protocol_(venue::find_venue(venue_name)->make()) {}

  std::string venue;
  State state;
  std::uint64_t session = 7;
  std::uint64_t ordinal = 0;
  std::uint32_t connection = 1;
  Nanos now = 1'700'000'000 * kSecond;
  Nanos step = kMillisecond;

  void send(std::string_view text) { frame(text, schema::Transport::WEBSOCKET, nullptr); }
  void answer(std::string_view target, std::string_view text, Nanos latency = 0,
              std::uint16_t status = 200) {
    const event::RestInfo rest{"GET", target, status, latency, 0};
    frame(text, schema::Transport::REST, &rest);
  }
  /// What the recorder notices.
  void local(const std::function<void(schema::Event::Builder)>& fill) {
    event::Message message;
    auto event = message.start();
    event.setDirection(schema::Direction::LOCAL);
    event.setVenue(venue);
    event.setConnection(connection);
    event.setReceivedAt(now += step);
    fill(event);
    this->event(message);
  }
  void lose(std::vector<std::string> channels = {}) {
    local([&](schema::Event::Builder event) {
      auto lost = event.getBody().initConnectionLost();
      lost.setCause("reset");
      auto concerns = lost.initConcerns(static_cast<unsigned>(channels.size()));
      for (unsigned i = 0; i < concerns.size(); ++i) concerns[i].setChannel(channels[i]);
      if (!channels.empty()) event.setConnection(0);
    });
  }
  /// Time goes by, and something that says nothing comes.
  void wait(Nanos time) {
    now += time;
    local([](schema::Event::Builder event) { event.getBody().initHealth(); });
  }

  [[nodiscard]] const Account& account() const { return *state.account(venue, "desk"); }
  [[nodiscard]] schema::Trust trust(PartKind kind) const {
    return account().part(kind).standing().trust();
  }
  [[nodiscard]] const Outage& outage() const { return state.venue(venue)->outage(); }
  /// "rule subject: expected, found" of every finding.
  [[nodiscard]] std::vector<std::string> findings() const {
    std::vector<std::string> lines;
    for (const auto& [key, finding] : account().findings()) {
      const bool text = !finding.found_text.empty();
      lines.push_back(finding.rule + ' ' + finding.subject + ": " +
                      (text ? finding.expected_text : format_decimal(finding.expected)) + ", " +
                      (text ? finding.found_text : format_decimal(finding.found)));
    }
    return lines;
  }
  /// Every event, or each n-th of many.
  std::uint64_t check_every = 1;

 private:
  void frame(std::string_view text, schema::Transport transport, const event::RestInfo* rest) {
    bytes_.assign(text);
    bytes_.append(event::kFramePadding, '\0');
    event::Frame frame;
    frame.bytes = {bytes_.data(), text.size()};
    frame.stamp.received_at = now += step;
    frame.connection = transport == schema::Transport::REST ? 0 : connection;
    frame.transport = transport;
    frame.rest = rest;
    frame.account = "desk";
    protocol_->on_frame(frame, *this, venue::Unknown::record);
  }

  // The copy is made anew now and then, and otherwise fed the same events.
  void event(event::Message& message) override {
    const auto event = message.event().asReader();
    state.apply(event, session, ++ordinal);
    if (ordinal % check_every != 0 && copy_) {
      copy_->apply(event, session, ordinal);
      return;
    }
    if (copy_) {
      copy_->apply(event, session, ordinal);
      const bool goes_on_the_same = words(*copy_) == words(state);
      if (!goes_on_the_same) UNSCOPED_INFO(difference(state, *copy_));
      REQUIRE(goes_on_the_same);
    }
    if (ordinal % (3 * check_every) == 0 || !copy_) {
      copy_ = test::copy(state);
      const bool read_back = words(*copy_) == words(state);
      if (!read_back) UNSCOPED_INFO(difference(state, *copy_));
      REQUIRE(read_back);
    }
  }

  std::unique_ptr<venue::Protocol> protocol_;
  std::unique_ptr<State> copy_;
  std::string bytes_;
};

}  // namespace tape::state::test
