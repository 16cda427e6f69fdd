#include <tape/flow/play/primer.h>
#include <tape/state/checkpoint.h>
#include <tape/venue/pictures.h>
#include <tape/venue/registry.h>

#include <capnp/message.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace tape::flow {
namespace {

/// For consumers in any language: levels as lists.
class CheckpointPrimer final : public state::Primer {
 public:
  explicit CheckpointPrimer(const state::State& state)
      : run_(state, state::CheckpointRun::kPartBytes, state::LevelForm::lists) {}
  [[nodiscard]] std::size_t events() const override { return run_.events(); }
  void fill(std::size_t index, event::Message& message) const override {
    run_.fill(index, message.start());
  }

 private:
  state::CheckpointRun run_;
};

/// Frames are decoded as if they had been received, so that what is typed is what is written.
class VenuePrimer final : public state::Primer {
 public:
  explicit VenuePrimer(const state::State& state) {
    capnp::MallocMessageBuilder whole;
    auto root = whole.initRoot<schema::State>();
    state::Scope scope;
    scope.resume = false;
    state.write(root, scope);
    for (const auto& venue : venue::venues()) {
      const auto protocol = venue.make();
      venue::PictureWriter(venue).write(
          root.asReader(), [&](const venue::PictureFrame& frame) { decode(*protocol, frame); });
    }
  }
  [[nodiscard]] std::size_t events() const override { return events_.size(); }
  void fill(std::size_t index, event::Message& message) const override {
    const auto& words = events_[index];
    event::View view;
    view.reset({reinterpret_cast<const capnp::word*>(words.data()), words.size()});
    message.copy(view.event()).setSynthetic(true);
  }

 private:
  using Words = std::vector<std::uint64_t>;

  /// What a frame shows to be wrong is not told: nothing was received before it.
  class Last final : public venue::Outbox {
   public:
    void event(event::Message& message) override {
      words.resize(message.framed_size() / sizeof(std::uint64_t));
      message.write(reinterpret_cast<std::uint8_t*>(words.data()));
    }
    Words words;
  };

  void decode(venue::Protocol& protocol, const venue::PictureFrame& picture) {
    std::string bytes(picture.text);
    bytes.resize(picture.text.size() + event::kFramePadding);
    event::RestInfo rest;
    event::Frame frame;
    frame.bytes = {bytes.data(), picture.text.size()};
    frame.account = picture.account;
    frame.transport = schema::Transport::WEBSOCKET;
    if (!picture.target.empty()) {
      rest = {"GET", picture.target, 200, 0, 0};
      frame.rest = &rest;
      frame.transport = schema::Transport::REST;
    }
    Last last;
    (void)protocol.on_frame(frame, last, venue::Unknown::record);
    events_.push_back(std::move(last.words));
  }

  std::vector<Words> events_;
};

}  // namespace

state::MakePrimer primer(Prime prime) {
  switch (prime) {
    case Prime::checkpoint:
      return [](const state::State& state) { return std::make_unique<CheckpointPrimer>(state); };
    case Prime::venue:
      return [](const state::State& state) { return std::make_unique<VenuePrimer>(state); };
    case Prime::off:
      break;
  }
  return {};
}

}  // namespace tape::flow
