#include <tape/state/rebuild.h>

namespace tape::state {

Rebuild::Rebuild() : state_(std::make_unique<State>()) {}
Rebuild::Rebuild(std::unique_ptr<State> state) : state_(std::move(state)), wanted_(false) {}
Rebuild::~Rebuild() = default;

/// What stands around what was recorded.
bool Rebuild::is_frame_of_tape(schema::Event::Reader event) {
  const auto body = event.getBody();
  return body.isSession() || body.isEnd() || body.isCheckpoint();
}

void Rebuild::apply(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal) {
  if (wanted_) {
    switch (reader_.take(event)) {
      case CheckpointReader::Step::whole:
        state_ = reader_.state();
        wanted_ = lost_ = false;
        return;
      case CheckpointReader::Step::broken:
        lost_ = true;  // it said what is not known now
        break;
      case CheckpointReader::Step::inside:
      case CheckpointReader::Step::outside:
        break;
    }
  }
  state_->apply(event, session, ordinal);
  // A tape that begins with something else than a checkpoint begins at the beginning.
  if (!lost_ && !is_frame_of_tape(event)) wanted_ = false;
}

void Rebuild::lose(std::string_view reason, const Moment& moment) {
  state_->doubt_all(reason, moment);
  wanted_ = lost_ = true;
}

}  // namespace tape::state
