// Stands between an exchange and its clients and breaks what the plan says: both see nothing of it.
#pragma once

#include <tape/serve/faults/late.h>
#include <tape/serve/faults/plan.h>
#include <tape/serve/faults/truth.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::serve {

struct FaultOptions {
  std::vector<FaultSpec> faults;
  std::uint64_t seed = 0;
  std::function<void(const std::string&)> tell;  // the truth, a line at a time
};

/// Both ways: what the exchange says goes by here as its host, what clients say by the on_ members.
/// All of it happens at the tape's time, so that the same clients get the same at any speed.
class Breaker final : public venue::ExchangeHost {
 public:
  /// A client that is not heard any more, or again. Its pings are not answered meanwhile.
  using Pause = std::function<void(venue::ClientId, bool)>;
  /// All of them outlive it.
  Breaker(FaultOptions options, venue::ExchangeHost& sockets, Pause pause);
  ~Breaker() override;
  /// Before anything else. It outlives this.
  void attach(venue::Exchange& exchange) { exchange_ = &exchange; }

  // Of the sockets.
  [[nodiscard]] std::optional<venue::ExchangeReply> on_upgrade(venue::ClientId client,
                                                               const venue::ClientCall& call);
  void on_open(venue::ClientId client);
  void on_message(venue::ClientId client, std::string_view message);
  void on_call(venue::ClientId client, const venue::ClientCall& call);
  void on_gone(venue::ClientId client);

  // Of the tape, whose time never goes back here.

  /// The event that comes next, and its time.
  void see(const venue::TapeEvent& event, Nanos at);
  /// When there is something to be done, by what is known. `over`: nothing else comes any more.
  enum class Tape : bool { runs, over };
  [[nodiscard]] std::optional<Nanos> next(Tape tape) const;
  /// Does the first of it.
  void step(Tape tape);
  /// The event takes place.
  void play(const venue::TapeEvent& event, std::uint64_t ordinal, Nanos at);
  /// The tape stands still: for clients that are to come back.
  [[nodiscard]] bool waits();
  /// Tells what never took place.
  void finish();

  // For the exchange.
  void send(std::span<const venue::ClientId> clients, std::string_view text) override;
  void close(venue::ClientId client, std::uint16_t code, std::string_view reason) override;
  void ping(venue::ClientId client) override;
  void reply(venue::ClientId client, venue::ExchangeReply reply) override;
  std::string_view frame() override { return sockets_.frame(); }
  std::optional<std::string> show(venue::Shown what, std::string_view subject) override {
    return sockets_.show(what, subject);
  }
  std::optional<venue::BookView> book(std::string_view symbol, std::size_t depth) override {
    return sockets_.book(symbol, depth);
  }
  void look(venue::Part part, std::string_view subject,
            const std::function<void(schema::State::Reader)>& see) override {
    sockets_.look(part, subject, see);
  }
  bool running() const override { return sockets_.running(); }
  Nanos tape_now() const override { return sockets_.tape_now(); }
  Nanos utc() const override { return sockets_.utc(); }
  Nanos monotonic() const override { return sockets_.monotonic(); }

 private:
  struct Parked;
  struct Spoiling {
    const FaultSpec* fault = nullptr;
    std::uint64_t clients = 0;
  };

  [[nodiscard]] std::optional<Plan::Turn> turn(Tape tape) const;
  void take(const Plan::Turn& turn);
  void begin(const Plan::Turn& turn);
  void end(const Plan::Turn& turn);
  void drop(std::uint16_t code, Truth::Figures& figures);
  void notify(const venue::Notice& notice, Truth::Figures& figures);
  void hush();
  void speak();
  void release(Late::Item item);
  void put(std::span<const venue::ClientId> clients, std::string_view text);
  [[nodiscard]] Late::Lane lane() const;
  [[nodiscard]] Nanos now() const;
  [[nodiscard]] Nanos latency(Late::Lane lane) const;
  [[nodiscard]] std::optional<venue::ExchangeReply> refusal(const venue::ClientCall& call);
  void expect(const FaultSpec& fault);

  Plan plan_;
  Truth truth_;
  venue::ExchangeHost& sockets_;
  const Pause pause_;
  venue::Exchange* exchange_ = nullptr;
  Late late_;
  std::set<venue::ClientId> open_;
  std::vector<Parked> parked_;     // said in a silence, in order
  std::vector<Late::Reply> held_;  // and what was to be answered in it
  Spoiling spoiling_;              // the frame at hand
  Nanos now_ = 0;
  std::uint64_t sent_ = 0;    // to each client
  std::uint64_t lost_ = 0;    // in the silence there is
  std::uint64_t frames_ = 0;  // late
  std::uint64_t answers_ = 0;
  std::size_t wanted_ = 0;  // subscriptions, before a fault that clients are to come back from
  Nanos patience_ = 0;      // for that; 0: none is waited for
  Nanos waits_since_ = 0;
  bool playing_ = false;
  bool silent_ = false;
};

}  // namespace tape::serve
