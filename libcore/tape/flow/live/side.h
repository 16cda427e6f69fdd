// One venue's side of a live recording: its session talks through the wire, its protocol makes
// events of what comes in, and everything that was said or failed is recorded.
#pragma once

#include <tape/flow/live/arrivals.h>
#include <tape/flow/live/wire.h>
#include <tape/venue/redact.h>
#include <tape/venue/venue.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tape::flow {

/// What all sides of a recording share; implemented by the recording.
class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;

  /// Appends the event and returns its ordinal.
  virtual std::uint64_t append(event::Message& message) = 0;
  /// Of now, for what the recorder itself does.
  [[nodiscard]] virtual Stamp stamp() = 0;
  /// Secrets held by any side.
  [[nodiscard]] virtual const venue::Secrets& secrets() const = 0;
  virtual void conceal(std::string_view secret) = 0;
  /// Which frames of feeds keep their bytes.
  [[nodiscard]] virtual event::KeepRaw keep_raw() const = 0;
  /// A link's connection stands (with the number of the one before, 0 = none) or was lost.
  virtual void on_link(std::uint32_t opened, std::uint32_t lost) = 0;
};

class Side final : venue::Host, venue::Outbox {
 public:
  /// `index` is this side's in the wire. References outlive the side. Throws what make_session
  /// throws.
  Side(std::uint16_t index, const venue::Venue& venue, venue::SessionOptions options, Wire& wire,
       Journal& journal);

  void start();
  /// Any arrival of this venue but handed_in.
  void handle(Arrival& arrival, std::span<char> bytes);
  void tick();
  /// The recording ends: connections that close from now on were not lost.
  void end() { ending_ = true; }

  struct Totals {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::uint64_t gaps = 0;
    std::uint64_t losses = 0;
    std::uint64_t failures = 0;  // attempts to connect
    std::uint64_t requests = 0;
    std::uint64_t failed_requests = 0;
    std::uint64_t shed = 0;
    std::uint64_t unread = 0;  // frames nobody understood
    std::size_t links = 0;
    std::size_t links_up = 0;
    Nanos last_frame_at = 0;  // UTC
  };
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] std::string_view venue() const { return venue_.name; }
  [[nodiscard]] const venue::Session& session() const { return *session_; }
  /// Some link is down, or the last request failed: reason to look at a neutral host.
  [[nodiscard]] bool in_trouble() const;

 private:
  struct LinkState {
    venue::Link link;
    std::uint32_t connection = 0;  // 0: down
    std::uint32_t before = 0;      // the connection before
    bool stood = false;            // ever
    std::string last_cause;        // told already
  };
  /// A book by channel and symbol, rebuilt from snapshots.
  struct Book {
    venue::LinkId link = 0;  // that its snapshots come by; 0: REST, so that any loss concerns it
    Nanos lost_at = 0;       // monotonic; 0 = it is whole
  };
  struct Asked {
    std::uint64_t ordinal = 0;
    std::string method;
    std::string target;  // as recorded
    std::string account;
  };

  // venue::Host: commands wait until the venue's code has returned.
  void connect(const venue::Link& link) override;
  void disconnect(venue::LinkId link, std::string_view why) override;
  void restart(venue::LinkId link, std::string_view why) override;
  void send(venue::LinkId link, std::string_view text) override;
  void request(const venue::Request& request) override;
  void conceal(std::string_view secret) override;
  void note(event::Message& message) override;
  void warn(std::string_view text) override;
  // venue::Outbox
  void event(event::Message& message) override;

  [[nodiscard]] venue::Session::Now now() const;
  void run_commands();
  void do_send(venue::LinkId link, const std::string& text);
  void do_request(const venue::Request& request);
  void frame(const Arrival& arrival, LinkState& state, std::span<char> bytes);
  void oversize(const Arrival& arrival, const LinkState& state, std::span<char> bytes);
  void opened(const Arrival& arrival, LinkState& state);
  void lost(const Arrival& arrival, LinkState& state);
  void failed(const Arrival& arrival, LinkState& state, std::span<char> bytes);
  void answer(const Arrival& arrival, std::span<char> bytes);
  void request_failed(const Arrival& arrival, const Asked& asked, std::string_view cause);
  void shed(const Arrival& arrival, const LinkState& state);
  void snapshot(schema::Event::Reader event);
  schema::Event::Builder begin(const Stamp& at, std::uint32_t connection, std::string_view account);
  std::string shown(std::string_view url);
  template <typename Init>
  void concern(Init init, const LinkState& state) const;
  [[nodiscard]] std::string label(const LinkState& state) const;

  const std::uint16_t index_;
  const venue::Venue& venue_;
  Wire& wire_;
  Journal& journal_;
  std::unique_ptr<venue::Protocol> protocol_;
  std::unique_ptr<venue::Session> session_;
  std::map<venue::LinkId, LinkState> links_;
  std::unordered_map<std::uint64_t, Asked> asked_;  // by the session's id
  std::map<std::pair<std::string, std::string>, Book> books_;
  std::vector<std::function<void()>> commands_;
  event::Message own_;
  std::vector<char> sent_;               // a copy with room behind
  const LinkState* speaking_ = nullptr;  // whose frame is at hand
  Stamp moment_{};                       // and when it came; 0 = none is
  std::uint64_t last_ordinal_ = 0;
  std::string_view broken_;  // what was wrong with the JSON of the last event's frame; empty = none
  bool request_trouble_ = false;
  bool ending_ = false;
  Totals totals_;
};

}  // namespace tape::flow
