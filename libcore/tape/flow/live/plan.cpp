// The part of live.h that connects to nothing: what there is to record, and what would be done.
#include <tape/base/error.h>
#include <tape/flow/live/live.h>
#include <tape/venue/redact.h>
#include <tape/venue/registry.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::flow {
namespace {

/// Writes down what a session asks for.
class Plan final : public venue::Host {
 public:
  explicit Plan(std::string venue) : venue_(std::move(venue)) {}

  void connect(const venue::Link& link) override {
    links.push_back(link.id);
    urls.push_back(link.url);
    say(fmt::format("connect {} to {}", link.name, link.url));
  }
  void disconnect(venue::LinkId, std::string_view) override {}
  void restart(venue::LinkId, std::string_view) override {}
  void send(venue::LinkId, std::string_view text) override { say(fmt::format("send {}", text)); }
  void request(const venue::Request& request) override {
    urls.push_back(request.url);
    say(fmt::format("request {} {}{}{}", request.method, request.url,
                    request.account.empty() ? "" : " for ", request.account));
  }
  void conceal(std::string_view secret) override {
    literals_.emplace_back(secret);
    secrets_ = venue::Secrets(literals_);
  }
  void note(event::Message&) override {}
  void warn(std::string_view text) override { say(fmt::format("warning: {}", text)); }

  [[nodiscard]] const std::string& text() const { return text_; }
  std::vector<venue::LinkId> links;
  std::vector<std::string> urls;

 private:
  void say(std::string line) {
    (void)secrets_.redact(line);
    (void)venue::redact_url(line);
    text_ += fmt::format("{}: {}\n", venue_, line);
  }

  const std::string venue_;
  std::vector<std::string> literals_;
  venue::Secrets secrets_;
  std::string text_;
};

void list_venue(const venue::Venue& venue, std::string& out) {
  const auto& info = *venue.live();
  out += fmt::format("{}\n  feeds (* recorded when none is named)\n", venue.name);
  for (const auto& feed : info.feeds) {
    out += fmt::format("   {} {:<30} {:<8} {}\n", feed.by_default ? '*' : ' ', feed.name,
                       feed.account      ? "account"
                       : feed.per_symbol ? "symbol"
                                         : "",
                       feed.what);
  }
  out += "  endpoints\n";
  for (const auto& endpoint : info.endpoints) {
    out += fmt::format("     {:<30} {}  {}\n", endpoint.name, endpoint.url, endpoint.what);
  }
  out += "  polls\n";
  for (const auto& poll : info.polls) {
    out += fmt::format("     {:<30} {:<8} {}\n", poll.name,
                       poll.every == 0 ? "off" : format_duration(poll.every), poll.what);
  }
}

}  // namespace

const venue::LiveInfo& live_info(const std::string& venue) {
  const auto* found = venue::find_venue(venue);
  if (found != nullptr && found->live != nullptr) return *found->live();
  std::string names;
  for (const auto& known : venue::venues()) {
    if (known.live != nullptr) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  }
  throw Error(Fault::usage,
              fmt::format("{}: no venue that can be recorded live; expected {}", venue, names));
}

std::string list_feeds(const std::vector<std::string>& venues) {
  std::string out;
  for (const auto& venue : venue::venues()) {
    const bool wanted =
        venues.empty() || std::find(venues.begin(), venues.end(), venue.name) != venues.end();
    if (wanted && venue.live != nullptr) list_venue(venue, out);
  }
  return out;
}

std::vector<std::string> urls_of(const LiveSource& source, const Clock& clock) {
  const auto& wanted = source.options;
  const auto& info = live_info(source.venue);
  venue::SessionOptions options{wanted.symbols, wanted.feeds, {}, wanted.endpoints, wanted.polls};
  // Keys are not copied; others sign as well here, where nothing is sent.
  for (const auto& account : wanted.accounts)
    options.accounts.push_back({account.label, Secret("none"), Secret("bm9uZQ==")});
  Plan plan(source.venue);
  const auto session = info.make_session(std::move(options));
  session->start({clock.monotonic(), clock.now()}, plan);
  session->on_tick({clock.monotonic(), clock.now()}, plan);
  for (const auto& endpoint : info.endpoints) {
    const bool replaced =
        std::any_of(wanted.endpoints.begin(), wanted.endpoints.end(),
                    [&](const auto& entry) { return entry.first == endpoint.name; });
    if (endpoint.account && !wanted.accounts.empty() && !replaced)
      plan.urls.emplace_back(endpoint.url);
  }
  return plan.urls;
}

std::string describe_live(std::vector<LiveSource> sources, const Clock& clock) {
  std::string out;
  for (auto& source : sources) {
    Plan plan(source.venue);
    const auto& info = live_info(source.venue);
    for (const auto& account : source.options.accounts) {
      plan.conceal(account.key.reveal());
      plan.conceal(account.secret.reveal());
    }
    const auto session = info.make_session(std::move(source.options));
    const venue::Session::Now now{clock.monotonic(), clock.now()};
    session->start(now, plan);
    const auto links = plan.links;
    for (const auto link : links) session->on_open(link, now, plan);
    session->on_tick(now, plan);
    out += plan.text();
  }
  return out;
}

}  // namespace tape::flow
