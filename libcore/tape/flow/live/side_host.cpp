// What a venue's session asks its side to do: carried out once the session has returned, and
// recorded.
#include <tape/base/diag.h>
#include <tape/flow/live/side.h>

#include <fmt/format.h>

namespace tape::flow {
namespace {

// Requests without an answer beyond this are no session's.
constexpr std::size_t kMaxAsked = 4096;

}  // namespace

void Side::connect(const venue::Link& link) {
  links_[link.id].link = link;
  commands_.emplace_back([this, link] { wire_.connect(index_, link); });
}

void Side::disconnect(venue::LinkId link, std::string_view why) {
  commands_.emplace_back([this, link, why = std::string(why)] {
    wire_.disconnect(index_, link, why);
    const auto found = links_.find(link);
    if (found != links_.end() && found->second.connection == 0) links_.erase(found);
  });
}

void Side::restart(venue::LinkId link, std::string_view why) {
  commands_.emplace_back(
      [this, link, why = std::string(why)] { wire_.restart(index_, link, why); });
}

void Side::send(venue::LinkId link, std::string_view text) {
  commands_.emplace_back([this, link, text = std::string(text)] { do_send(link, text); });
}

void Side::request(const venue::Request& request) {
  commands_.emplace_back([this, request] { do_request(request); });
}

void Side::conceal(std::string_view secret) { journal_.conceal(secret); }

void Side::note(event::Message& message) { event(message); }

void Side::warn(std::string_view text) {
  std::string line = fmt::format("{}: {}", venue_.name, text);
  (void)journal_.secrets().redact(line);
  diag::warning(line);
}

void Side::run_commands() {
  // A command may lead to further ones, behind it.
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const auto command = std::move(commands_[i]);
    command();
  }
  commands_.clear();
}

void Side::do_send(venue::LinkId link, const std::string& text) {
  const auto found = links_.find(link);
  if (found == links_.end() || found->second.connection == 0) return;
  const auto& state = found->second;
  sent_.assign(text.begin(), text.end());
  sent_.resize(text.size() + event::kFramePadding);
  event::Frame frame;
  frame.bytes = {sent_.data(), text.size()};
  frame.stamp = journal_.stamp();
  frame.connection = state.connection;
  frame.direction = schema::Direction::SENT;
  frame.transport = schema::Transport::WEBSOCKET;
  frame.account = state.link.account;
  frame.redacted = journal_.secrets().redact(frame.bytes);
  (void)protocol_->on_frame(frame, *this, venue::Unknown::record);
  wire_.send(index_, link, text);
}

void Side::do_request(const venue::Request& request) {
  if (asked_.size() >= kMaxAsked) asked_.clear();
  auto& asked = asked_[request.id];
  const auto target = net::parse_url(request.url).target;
  asked.method = request.method;
  asked.target = shown(target);
  asked.account = request.account;
  sent_.assign(request.body.begin(), request.body.end());
  sent_.resize(request.body.size() + event::kFramePadding);
  event::RestInfo rest;
  rest.method = asked.method;
  rest.target = asked.target;
  event::Frame frame;
  frame.bytes = {sent_.data(), request.body.size()};
  frame.stamp = journal_.stamp();
  frame.direction = schema::Direction::SENT;
  frame.transport = schema::Transport::REST;
  frame.rest = &rest;
  frame.account = request.account;
  frame.redacted = journal_.secrets().redact(frame.bytes) || asked.target != target;
  (void)protocol_->on_frame(frame, *this, venue::Unknown::record);
  asked_[request.id].ordinal = last_ordinal_;
  ++totals_.requests;
  wire_.request(index_, request);
}

std::string Side::shown(std::string_view url) {
  std::string text(url);
  (void)venue::redact_url(text);
  (void)journal_.secrets().redact(text);
  return text;
}

}  // namespace tape::flow
