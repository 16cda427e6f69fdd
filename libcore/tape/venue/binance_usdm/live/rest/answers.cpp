#include <tape/event/frame.h>
#include <tape/venue/binance_usdm/live/rest/answers.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kLongestMessage = 160;
// Bans last three days at most.
constexpr std::int64_t kLongestWait = std::int64_t{3} * 24 * 3600;

struct Code {
  std::int64_t code;
  Verdict verdict;
};

// Error codes of USD-M futures, documentation read in copies of 2025-05 to 2026-03.
constexpr Code kCodes[] = {
    {-1003, Verdict::rate_limited}, {-1006, Verdict::unknown},     {-1007, Verdict::unknown},
    {-1021, Verdict::clock_off},    {-1125, Verdict::key_gone},    {-2014, Verdict::key_refused},
    {-2015, Verdict::key_refused},  {-1022, Verdict::key_refused},
};

Nanos retry_after(const Answer& answer) {
  const auto seconds = parse_integer(answer.header("retry-after"));
  return seconds && *seconds > 0 ? std::min(*seconds, kLongestWait) * kSecond : 0;
}

Verdict by_code(std::int64_t code) {
  const auto* const found = std::find_if(std::begin(kCodes), std::end(kCodes),
                                         [&](const Code& entry) { return entry.code == code; });
  return found == std::end(kCodes) ? Verdict::failed : found->verdict;
}

/// What the status alone decides; 503 says one of three things by its text.
std::optional<Verdict> by_status(std::uint16_t status, std::string_view message) {
  if (status == 429) return Verdict::rate_limited;
  if (status == 418) return Verdict::banned;
  if (status == 403) return Verdict::forbidden;
  if (status == 503 && message.starts_with("Unknown error")) return Verdict::unknown;
  return std::nullopt;
}

}  // namespace

bool Reader::open(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return false;
  text = text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
  const char closing = text.front() == '{' ? '}' : ']';
  if ((text.front() != '{' && text.front() != '[') || text.back() != closing) return false;
  buffer_.assign(text);
  buffer_.append(event::kFramePadding, '\0');
  return parser_.open({buffer_.data(), text.size()});
}

std::optional<std::string_view> Reader::text(std::string_view key) {
  auto found = parser_.text(key);
  if (found && *found == "null") return std::nullopt;
  return found;
}

std::optional<std::int64_t> Reader::integer(std::string_view key) {
  const auto found = text(key);
  return found ? parse_integer(*found) : std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (text.empty() || failed != std::errc() || stop != end) return std::nullopt;
  return number;
}

Judgement judge(const Answer& answer, Reader& reader) {
  if (answer.status == 0) {
    return {Verdict::failed, answer.cause.empty() ? "no answer" : std::string(answer.cause), 0};
  }
  const bool whole = reader.open(answer.body);
  std::optional<std::int64_t> code;
  std::string message;
  if (whole && reader.root() == Root::object) {
    code = reader.integer("code");
    // Some answers name no code: {"msg": ".."} of a gateway.
    if (code || answer.status >= 300) {
      message = std::string(reader.text("msg").value_or("").substr(0, kLongestMessage));
    }
  }
  const bool good = answer.status >= 200 && answer.status < 300;
  if (good && whole && (!code || *code >= 0)) return {Verdict::ok, {}, 0};

  auto reason = good ? std::string() : fmt::format("HTTP {}", answer.status);
  const auto add = [&](std::string_view text) {
    reason += fmt::format("{}{}", reason.empty() ? "" : ", ", text);
  };
  if (code) {
    add(fmt::format("{} {}", *code, message));
  } else if (!message.empty()) {
    add(message);
  } else if (!whole) {
    add(diagnose(answer.body).reason);
  }
  auto verdict = by_status(answer.status, message);
  if (!verdict) verdict = code ? by_code(*code) : Verdict::failed;
  return {*verdict, std::move(reason), retry_after(answer)};
}

}  // namespace tape::venue::binance_usdm::live
