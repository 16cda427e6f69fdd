#include <tape/event/json.h>
#include <tape/venue/binance_usdm/exchange/streams.h>
#include <tape/venue/exchange/message.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tape::venue::binance_usdm {
namespace {

// Listen keys have 64 characters; what clients number their connections by has few.
constexpr std::size_t kShortestKey = 16;

constexpr std::string_view kHead = R"({"stream":")";
constexpr std::string_view kData = R"(","data":)";

std::string small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

/// Without how fast it is.
std::string_view family_of(std::string_view stream) {
  const auto at = stream.rfind('@');
  if (at == std::string_view::npos || at + 1 == stream.size()) return stream;
  const auto last = stream.substr(at + 1);
  const auto digits = last.find_first_not_of("0123456789");
  const auto unit = digits == std::string_view::npos ? "" : last.substr(digits);
  return digits != 0 && (unit == "ms" || unit == "s") ? stream.substr(0, at) : stream;
}

}  // namespace

Streamed unwrapped(std::string_view frame) {
  if (!frame.starts_with(kHead)) return {{}, frame};
  const auto name = frame.substr(kHead.size(), frame.find('"', kHead.size()) - kHead.size());
  const auto at = kHead.size() + name.size();
  if (frame.substr(at, kData.size()) != kData || !frame.ends_with('}')) return {{}, frame};
  auto payload = frame.substr(at + kData.size());
  payload.remove_suffix(1);
  return {name, payload};
}

std::string wrapped(std::string_view stream, std::string_view payload) {
  std::string out = R"({"stream":)";
  event::append_json_string(stream, out);
  return out.append(R"(,"data":)").append(payload).append(1, '}');
}

std::string stream_of(schema::Event::Reader event) {
  auto channel = std::string(event::view(event.getChannel()));
  if (event.getBody().isKline()) {
    channel += fmt::format("_{}", event::view(event.getBody().getKline().getInterval()));
  }
  const auto symbol = small_letters(event::view(event.getSymbol()));
  return symbol.empty() ? fmt::format("!{}@arr", channel) : fmt::format("{}@{}", symbol, channel);
}

Wanted wanted_by(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(std::min(url.size(), url.find('/', scheme + 3)));
  }
  for (const std::string_view site : {"/public", "/market", "/private"}) {
    if (url.starts_with(site)) url.remove_prefix(site.size());
  }
  const auto mark = url.find('?');
  const auto path = url.substr(0, mark);
  const auto query = mark == std::string_view::npos ? "" : url.substr(mark + 1);
  Wanted wanted;
  wanted.combined = path == "/stream";
  wanted.valid = wanted.combined || path == "/ws" || path.starts_with("/ws/");
  if (wanted.combined) wanted.streams = split(parameter(query, "streams"));
  if (path.starts_with("/ws/")) wanted.streams = split(path.substr(4));
  if (auto key = parameter(query, "listenKey"); !key.empty()) {
    wanted.streams.push_back(std::move(key));
  }
  return wanted;
}

bool is_nothing(std::string_view stream) {
  return stream.find_first_of("!@") == std::string_view::npos && !is_listen_key(stream);
}

bool is_listen_key(std::string_view stream) {
  return stream.size() >= kShortestKey && !stream.starts_with('!') &&
         stream.find('@') == std::string_view::npos;
}

void Speeds::want(std::string_view stream) {
  families_[std::string(family_of(stream))].wanted.emplace(stream);
}

std::vector<std::string> Speeds::takers(std::string_view stream) {
  auto found = families_.find(family_of(stream));
  if (found == families_.end()) {
    found = families_.emplace(family_of(stream), Family()).first;
  }
  auto& family = found->second;
  if (family.first.empty()) family.first = stream;
  family.came.emplace(stream);
  std::vector<std::string> takers{std::string(stream)};
  if (family.first != stream) return takers;
  std::set_difference(family.wanted.begin(), family.wanted.end(), family.came.begin(),
                      family.came.end(), std::back_inserter(takers));
  return takers;
}

}  // namespace tape::venue::binance_usdm
