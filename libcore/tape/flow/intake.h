// From captured records to events: frames to the protocol of their venue, everything else kept as a
// local event.
#pragma once

#include <tape/flow/capture.h>
#include <tape/venue/redact.h>
#include <tape/venue/venue.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::flow {

/// Begins an event that the recorder makes itself.
void begin_local(schema::Event::Builder event, const Stamp& at);

class Intake {
 public:
  /// `venue`: a name, or "auto". `account`: the label of frames that bring none. The outbox
  /// outlives the intake.
  Intake(std::string venue, std::string account, venue::Outbox& outbox);

  /// Makes the events of one record that is no Captured::Kind::nothing and has its stamp. Secrets
  /// that are held by this process are overwritten too.
  void take(Captured& captured, const venue::Secrets& secrets);
  /// A frame that is too large: its front, length and digest.
  void oversize(const Run& run, const Stamp& at);

  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  venue::Protocol& protocol(std::string_view name);
  void frame(Captured& captured, const venue::Secrets& secrets);
  void opened(const Captured& captured);
  void local(const Captured& captured);

  const std::string venue_;
  const std::string account_;
  venue::Outbox& outbox_;
  std::vector<std::pair<std::string, std::unique_ptr<venue::Protocol>>> protocols_;
  event::Message message_;
  std::string target_;
  std::uint64_t frames_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace tape::flow
