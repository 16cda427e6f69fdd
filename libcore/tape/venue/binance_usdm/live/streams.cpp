#include <tape/venue/binance_usdm/live/streams.h>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kFirstRetry = 10 * kSecond;
constexpr Nanos kLongestRetry = 5 * kMinute;
// A batch with a bad name in it is halved until the name stands alone.
constexpr Nanos kHalvedAfter = kSecond;
// Less than the silence after which the host would begin anew.
constexpr Nanos kQuiet = 50 * kSecond;
constexpr Nanos kQuietAgain = 5 * kMinute;
constexpr Nanos kLivelySilence = 60 * kSecond;
constexpr Nanos kSilence = 10 * kMinute;
constexpr std::size_t kNamesTold = 5;

Nanos retry_after(std::uint32_t failures) {
  return std::min(kLongestRetry, kFirstRetry << std::min(failures - 1, 8U));
}

std::string names_of(std::span<const Stream> streams, std::span<const std::uint16_t> indexes) {
  std::string names;
  for (std::size_t i = 0; i < indexes.size() && i < kNamesTold; ++i) {
    names += fmt::format("{}{}", i == 0 ? "" : ", ", streams[indexes[i]].name);
  }
  if (indexes.size() > kNamesTold)
    names += fmt::format(" and {} more", indexes.size() - kNamesTold);
  return names;
}

}  // namespace

bool Told::first(std::string_view topic) {
  if (topics_.find(topic) != topics_.end()) return false;
  topics_.emplace(topic);
  return true;
}

Acknowledgement read_acknowledgement(Reader& reader) {
  Acknowledgement answer;
  answer.id = reader.integer("id");
  answer.refused = reader.text("error").has_value() || reader.text("code").has_value();
  if (!answer.refused) return answer;
  auto reason = reader.text("msg");
  if (!reason && reader.descend("error")) reason = reader.text("msg");
  answer.reason = std::string(reason.value_or("no reason given").substr(0, 160));
  return answer;
}

void Subscriptions::open(LinkId link, Nanos now) {
  link_ = link;
  next_message_ = now;
  quiet_since_ = now;
  batches_.clear();
  unseen_.clear();
  std::vector<std::uint16_t> all(streams_.size());
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  add(all, now);
  std::copy_if(all.begin(), all.end(), std::back_inserter(unseen_),
               [&](std::uint16_t index) { return streams_[index].lively; });
}

void Subscriptions::add(std::span<const std::uint16_t> streams, Nanos at) {
  while (!streams.empty()) {
    const auto part = streams.first(std::min(kBatch, streams.size()));
    Batch batch;
    batch.streams.assign(part.begin(), part.end());
    batch.at = at;
    batches_.push_back(std::move(batch));
    streams = streams.subspan(part.size());
  }
}

void Subscriptions::send(Batch& batch, Nanos now, Host& host, StreamCounts& counts) {
  if (batch.id != 0) ++counts.repeated;
  ++counts.messages;
  batch.id = ++last_id_;
  batch.under_way = true;
  batch.at = now;
  std::string text = R"({"method":"SUBSCRIBE","params":[)";
  for (const auto index : batch.streams) {
    text +=
        fmt::format("{}\"{}\"", index == batch.streams.front() ? "" : ",", streams_[index].name);
  }
  text += fmt::format("],\"id\":{}}}", batch.id);
  host.send(link_, text);
}

void Subscriptions::tick(Nanos now, Host& host, Told& told, StreamCounts& counts) {
  if (link_ == 0) return;
  for (auto& batch : batches_) {
    if (!batch.under_way || now - batch.at < kAnswerWithin) continue;
    ++counts.unanswered;
    batch.under_way = false;
    batch.at = now + retry_after(++batch.failures);
    if (told.first("unanswered")) {
      host.warn(
          fmt::format("no answer to the subscription of {}; asking on. Is "
                      "endpoint '{}' right?",
                      names_of(streams_, batch.streams), streams_[batch.streams.front()].endpoint));
    }
  }
  check_quiet(now, host, told);
  if (now < next_message_) return;
  for (auto& batch : batches_) {
    if (batch.under_way || batch.at > now) continue;
    send(batch, now, host, counts);
    next_message_ = now + kPace;
    return;
  }
}

/// Streams at the wrong site are acknowledged, and say nothing.
void Subscriptions::check_quiet(Nanos now, Host& host, Told& told) {
  if (!batches_.empty() || unseen_.empty() || now - quiet_since_ < kQuiet) return;
  std::vector<std::uint16_t> fresh;
  std::copy_if(unseen_.begin(), unseen_.end(), std::back_inserter(fresh),
               [&](std::uint16_t index) { return told.first(streams_[index].name); });
  if (!fresh.empty()) {
    host.warn(
        fmt::format("subscribed, but silent: {}; asking on. Do the symbols "
                    "exist, and is endpoint '{}' right?",
                    names_of(streams_, fresh), streams_[fresh.front()].endpoint));
  }
  add(unseen_, now);
  quiet_since_ = now + kQuietAgain - kQuiet;
}

std::vector<std::uint16_t> Subscriptions::answered(const Acknowledgement& answer, Nanos now,
                                                   Host& host, Told& told, StreamCounts& counts) {
  // An error without a number belongs to the oldest request.
  auto batch = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& entry) {
    return answer.id ? entry.id == *answer.id && entry.id != 0 : answer.refused && entry.under_way;
  });
  if (batch == batches_.end()) return {};
  if (answer.refused) {
    ++counts.refused;
    refused(batch, answer.reason, now, host, told);
    return {};
  }
  auto acknowledged = std::move(batch->streams);
  batches_.erase(batch);
  if (batches_.empty()) quiet_since_ = std::max(quiet_since_, now);
  return acknowledged;
}

void Subscriptions::refused(std::vector<Batch>::iterator batch, const std::string& reason,
                            Nanos now, Host& host, Told& told) {
  batch->under_way = false;
  const auto count = batch->streams.size();
  if (count > 1) {
    const auto middle = batch->streams.begin() + static_cast<std::ptrdiff_t>(count / 2);
    Batch half;
    half.streams.assign(middle, batch->streams.end());
    half.at = batch->at = now + kHalvedAfter;
    batch->streams.erase(middle, batch->streams.end());
    batches_.push_back(std::move(half));
    return;
  }
  batch->at = now + retry_after(++batch->failures);
  const auto& stream = streams_[batch->streams.front()];
  if (told.first("refused " + stream.name)) {
    host.warn(fmt::format("subscription of {} refused: {}; asking on", stream.name, reason));
  }
}

void Subscriptions::seen(std::string_view channel, std::string_view symbol) {
  if (unseen_.empty()) return;
  std::erase_if(unseen_, [&](std::uint16_t index) {
    const auto& stream = streams_[index];
    return stream.channel == channel && (stream.symbol.empty() || stream.symbol == symbol);
  });
}

Lane::Lane(Place place, std::vector<Stream> streams, std::uint32_t number, LinkIds& ids,
           Depth& depth)
    : place_(std::move(place)),
      streams_(std::move(streams)),
      ids_(ids),
      depth_(depth),
      legs_(number),
      current_(streams_),
      next_(streams_) {}

void Lane::start(Host& host) {
  legs_.begin(ids_.take());
  connect(legs_.current().id, host);
}

void Lane::connect(LinkId id, Host& host) const {
  Link link;
  link.id = id;
  link.url = place_.url;
  link.name = place_.name;
  link.ping_every = kMinute;
  const bool lively = std::any_of(streams_.begin(), streams_.end(),
                                  [](const Stream& stream) { return stream.lively; });
  link.silence = lively ? kLivelySilence : kSilence;
  link.longest = kLongestConnection;
  for (const auto& stream : streams_) link.concerns.emplace_back(stream.channel, stream.symbol);
  host.connect(link);
}

Subscriptions& Lane::of(LinkId link) { return legs_.next().id == link ? next_ : current_; }

void Lane::opened(LinkId link, Session::Now now, Host& host) {
  legs_.opened(link, now.monotonic);
  depth_.lost(link);
  auto& subscriptions = of(link);
  subscriptions.open(link, now.monotonic);
  subscriptions.tick(now.monotonic, host, told_, counts_);
}

void Lane::lost(LinkId link, Host& host) {
  depth_.lost(link);
  of(link).close();
  const bool current = legs_.current().id == link;
  const auto needless = legs_.lost(link);
  if (needless == 0) return;
  if (current && needless == link) {
    promoted(link, host);
  } else {
    next_.close();
    host.disconnect(needless, "the connection it was to replace is gone");
  }
}

void Lane::promoted(LinkId old, Host& host) {
  std::swap(current_, next_);
  next_.close();
  depth_.lost(old);
  ++counts_.replaced;
  host.disconnect(old, "replaced before the venue's 24 hours are up");
}

void Lane::answered(LinkId link, const Acknowledgement& answer, Session::Now now, Host& host) {
  const auto streams = of(link).answered(answer, now.monotonic, host, told_, counts_);
  for (const auto index : streams) {
    const auto& stream = streams_[index];
    if (stream.book) depth_.subscribed(stream.symbol, link, now.monotonic);
  }
}

void Lane::seen(LinkId link, std::string_view channel, std::string_view symbol) {
  of(link).seen(channel, symbol);
}

void Lane::tick(Session::Now now, Host& host) {
  current_.tick(now.monotonic, host, told_, counts_);
  next_.tick(now.monotonic, host, told_, counts_);
  switch (legs_.step(now.monotonic, next_.complete())) {
    case Legs::Step::connect_next:
      legs_.begin_next(ids_.take());
      connect(legs_.next().id, host);
      break;
    case Legs::Step::promote:
      promoted(legs_.promote(), host);
      break;
    case Legs::Step::none:
      break;
  }
}

}  // namespace tape::venue::binance_usdm::live
