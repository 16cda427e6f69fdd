#include <tape/venue/binance_usdm/live/depth.h>
#include <tape/venue/binance_usdm/live/feeds.h>
#include <tape/venue/binance_usdm/live/legs.h>
#include <tape/venue/binance_usdm/live/session.h>
#include <tape/venue/binance_usdm/live/streams.h>
#include <tape/venue/binance_usdm/live/user.h>

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr std::string_view kDepthChannel = "depth";
// Answers to subscriptions are small.
constexpr std::size_t kLongestControl = std::size_t{64} << 10U;

/// /stream wraps every message with its stream's name, and each of its answers begins otherwise.
bool is_data(std::string_view frame) {
  return frame.starts_with("{\"stream\":") || frame.starts_with("{\"e\":");
}

struct Ranked {
  std::string_view kind;  // of stream: what stands behind the symbol
  Importance importance;
};

constexpr Ranked kRanked[] = {
    {"depth", Importance::book},       {"bookTicker", Importance::quote},
    {"aggTrade", Importance::market},  {"markPrice", Importance::quote},
    {"trade", Importance::market},     {"forceOrder", Importance::market},
    {"kline", Importance::quote},      {"ticker", Importance::quote},
    {"miniTicker", Importance::quote}, {"depth5", Importance::quote},
    {"depth10", Importance::quote},    {"depth20", Importance::quote},
    {"assetIndex", Importance::quote}, {"contractInfo", Importance::market},
};

/// "btcusdt@kline_1m", "!bookTicker", "!markPrice@arr@1s". What is none of these may be a listen
/// key.
Importance importance(std::string_view frame) {
  constexpr std::string_view kHead = "{\"stream\":\"";
  constexpr std::size_t kLongestName = 128;
  if (!frame.starts_with(kHead)) return Importance::account;
  auto name = frame.substr(kHead.size(), kLongestName);
  name = name.substr(0, name.find('"'));
  const auto start = name.starts_with('!') ? 0 : name.find('@');
  if (start == std::string_view::npos) return Importance::account;
  const auto kind = name.substr(start + 1, name.find_first_of("@_", start + 1) - start - 1);
  const auto* const found = std::find_if(std::begin(kRanked), std::end(kRanked),
                                         [&](const Ranked& entry) { return entry.kind == kind; });
  return found == std::end(kRanked) ? Importance::account : found->importance;
}

class BinanceUsdm final : public Session {
 public:
  explicit BinanceUsdm(SessionOptions options)
      : plan_(make_plan(std::move(options))),
        client_(plan_.rest_url, plan_.accounts),
        depth_(client_) {
    make_lanes("public", plan_.book_url, plan_.book);
    make_lanes("market", plan_.market_url, plan_.market);
    for (std::size_t i = 0; i < plan_.accounts.size(); ++i) {
      users_.push_back(std::make_unique<User>(plan_, i, number_++, ids_, client_));
    }
    exchange_info_ =
        client_.add({Call::exchange_info, Client::kNoAccount, {}}, every(Call::exchange_info));
    server_time_ =
        client_.add({Call::server_time, Client::kNoAccount, {}}, every(Call::server_time));
  }

  void start(Now now, Host& host) override {
    now_ = now;
    for (const auto& lane : lanes_) lane->start(host);
    for (const auto& user : users_) user->start(now);
    if (every(Call::server_time) > 0) client_.ask(server_time_, now.monotonic);
    if (every(Call::exchange_info) > 0) client_.ask(exchange_info_, now.monotonic);
    client_.tick(now, host);
  }

  void on_open(LinkId link, Now now, Host& host) override {
    now_ = now;
    if (auto* const lane = lane_of(link)) lane->opened(link, now, host);
    if (auto* const user = user_of(link)) user->opened(link, now);
    client_.tick(now, host);
  }

  void on_lost(LinkId link, Now now, Host& host) override {
    now_ = now;
    if (auto* const lane = lane_of(link)) lane->lost(link, host);
    if (auto* const user = user_of(link)) user->lost(link, now, host);
  }

  void on_frame(LinkId link, std::string_view frame, Now now, Host& host) override {
    now_ = now;
    if (auto* const lane = lane_of(link)) {
      if (is_data(frame)) {
        lane->heard(link);
      } else if (frame.size() <= kLongestControl && reader_.open(frame)) {
        lane->answered(link, read_acknowledgement(reader_), now, host);
      }
    } else if (auto* const user = user_of(link)) {
      user->heard(link);
    }
  }

  void on_event(LinkId link, schema::Event::Reader event, Now now, Host& host) override {
    now_ = now;
    const auto body = event.getBody();
    if (auto* const lane = lane_of(link)) {
      const auto symbol = event::view(event.getSymbol());
      lane->seen(link, event::view(event.getChannel()), symbol);
      if (body.isBookDelta()) {
        const auto delta = body.getBookDelta();
        depth_.change(link, symbol,
                      {delta.getFirstUpdateId(), delta.getUpdateId(), delta.getPreviousUpdateId()},
                      now.monotonic);
      } else if (body.isGap()) {
        on_gap(link, body.getGap(), now);
      }
    } else if (auto* const user = user_of(link); user != nullptr && body.isStreamExpired()) {
      user->expired(now);
      client_.tick(now, host);
    }
  }

  void on_answer(const Answer& answer, Now now, Host& host) override {
    now_ = now;
    auto result = client_.on_answer(answer, now, host);
    if (result) {
      const auto& subject = client_.subject(result->job);
      if (subject.account != Client::kNoAccount) {
        users_[subject.account]->answered(*result, now, host);
      } else if (subject.call == Call::depth && result->verdict == Verdict::ok) {
        const auto number = parse_integer(result->value).value_or(0);
        depth_.snapshot(subject.symbol, static_cast<std::uint64_t>(number), now.monotonic);
      }
      wipe(result->value);
    }
    client_.tick(now, host);
  }

  void on_tick(Now now, Host& host) override {
    now_ = now;
    for (const auto& lane : lanes_) lane->tick(now, host);
    for (const auto& user : users_) user->tick(now, host);
    depth_.tick(now.monotonic);
    client_.tick(now, host);
  }

  [[nodiscard]] std::vector<Counter> counters() const override {
    std::vector<Counter> all;
    client_.count(all, now_);
    StreamCounts sum;
    for (const auto& lane : lanes_) {
      const auto& counts = lane->counts();
      sum.messages += counts.messages;
      sum.repeated += counts.repeated;
      sum.refused += counts.refused;
      sum.unanswered += counts.unanswered;
      sum.replaced += counts.replaced;
    }
    all.push_back({"subscriptions_sent", {}, static_cast<double>(sum.messages)});
    all.push_back({"subscriptions_repeated", {}, static_cast<double>(sum.repeated)});
    all.push_back({"subscriptions_refused", {}, static_cast<double>(sum.refused)});
    all.push_back({"subscriptions_unanswered", {}, static_cast<double>(sum.unanswered)});
    all.push_back({"connections_replaced", {}, static_cast<double>(sum.replaced)});
    depth_.count(all);
    for (const auto& user : users_) user->count(all);
    return all;
  }

 private:
  [[nodiscard]] Nanos every(Call call) const { return plan_.every[static_cast<std::size_t>(call)]; }

  void make_lanes(std::string_view site, const std::string& url, std::vector<Stream>& streams) {
    const auto count = (streams.size() + kMaxStreams - 1) / kMaxStreams;
    for (std::size_t i = 0; i < count; ++i) {
      const auto begin = streams.begin() + static_cast<std::ptrdiff_t>(i * kMaxStreams);
      const auto size = std::min(kMaxStreams, streams.size() - i * kMaxStreams);
      std::vector<Stream> part(begin, begin + static_cast<std::ptrdiff_t>(size));
      auto name = count == 1 ? std::string(site) : fmt::format("{} {}", site, i + 1);
      lanes_.push_back(std::make_unique<Lane>(Lane::Place{std::move(name), url + "/stream"},
                                              std::move(part), number_++, ids_, depth_));
    }
  }

  [[nodiscard]] Lane* lane_of(LinkId link) const {
    const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                    [&](const auto& lane) { return lane->has(link); });
    return found == lanes_.end() ? nullptr : found->get();
  }
  [[nodiscard]] User* user_of(LinkId link) const {
    const auto found = std::find_if(users_.begin(), users_.end(),
                                    [&](const auto& user) { return user->has(link); });
    return found == users_.end() ? nullptr : found->get();
  }

  void on_gap(LinkId link, schema::Gap::Reader gap, Now now) {
    const auto concerns = gap.getConcerns();
    // What was repeated is not missing.
    if (gap.getKind() == schema::GapKind::REPEATED) return;
    if (event::view(concerns.getChannel()) != kDepthChannel) return;
    depth_.gap(link, event::view(concerns.getSymbol()), now.monotonic);
  }

  Plan plan_;
  LinkIds ids_;
  Client client_;
  Depth depth_;
  std::uint32_t number_ = 0;  // of lanes and users, which spreads their replacements
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<User>> users_;
  Client::Job exchange_info_ = 0;
  Client::Job server_time_ = 0;
  Reader reader_;
  Now now_;
};

}  // namespace

std::unique_ptr<Session> make_session(SessionOptions options) {
  return std::make_unique<BinanceUsdm>(std::move(options));
}

const LiveInfo* live_info() {
  static const LiveInfo kInfo{feeds(), endpoints(), polls(), make_session, importance};
  return &kInfo;
}

}  // namespace tape::venue::binance_usdm::live
