#include <tape/event/json.h>
#include <tape/venue/kraken_futures/exchange/notices.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue::kraken_futures {

const std::string& Notices::frame(const Notice& notice) {
  auto text =
      fmt::format(R"({{"feed":"notifications_auth","notifications":[{{"id":{},"type":)", ++last_);
  event::append_json_string(notice.type, text);
  text += R"(,"priority":)";
  event::append_json_string(notice.priority, text);
  text += R"(,"note":)";
  event::append_json_string(notice.note, text);
  if (notice.effective_at != 0) {
    text += fmt::format(R"(,"effective_time":{})", notice.effective_at / kMillisecond);
  }
  if (notice.minutes >= 0) {
    text += fmt::format(R"(,"expected_downtime_minutes":{})", notice.minutes);
  }
  return current_.emplace(text += "}]}");
}

bool is_told(const std::vector<std::string>& feeds) {
  return std::any_of(feeds.begin(), feeds.end(), [](const std::string& feed) {
    return feed.starts_with("notifications_auth ");
  });
}

std::string with_post_only(std::string_view ticker) {
  std::string text(ticker);
  constexpr std::string_view kOff = R"("post_only":false)";
  constexpr std::string_view kOn = R"("post_only":true)";
  const auto at = text.find(kOff);
  if (at != std::string::npos) text.replace(at, kOff.size(), kOn);
  return text;
}

}  // namespace tape::venue::kraken_futures
