#include <tape/event/json.h>
#include <tape/venue/kraken_futures/exchange/notices.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue::kraken_futures {

std::string Notices::frame(const Notice& notice) {
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
  sent_.push_back({last_, notice});
  if (sent_.size() > kKept) sent_.erase(sent_.begin());
  return text += "}]}";
}

bool is_told(const std::vector<std::string>& feeds) {
  return std::any_of(feeds.begin(), feeds.end(), [](const std::string& feed) {
    return feed.starts_with("notifications_auth ");
  });
}

std::string with_post_only(std::string_view given) {
  std::string text(given);
  // Of the socket, and of REST.
  for (const std::string_view name : {R"("post_only":)", R"("postOnly":)"}) {
    constexpr std::string_view kOff = "false";
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      if (text.compare(at + name.size(), kOff.size(), kOff) != 0) continue;
      text.replace(at + name.size(), kOff.size(), "true");
    }
  }
  return text;
}

}  // namespace tape::venue::kraken_futures
