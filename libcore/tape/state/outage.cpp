#include <tape/state/outage.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::state {
namespace {

// The rule's numbers (D.4 of the venue reference the project was written against).
constexpr Nanos kRun = 10 * kSecond;         // failures nearer than this are one run
constexpr std::uint64_t kDegrading = 2;      // so many of them, while another way works
constexpr Nanos kHealthy = 60 * kSecond;     // of a quiet market, instead of a trade
constexpr Nanos kFlagsLag = 60 * kSecond;    // a note may come before the flags it speaks of
constexpr Nanos kShortest = 3600 * kSecond;  // of an announcement without a length
constexpr std::size_t kMaxProducts = 100'000;
constexpr std::size_t kMaxAnnouncements = 100;
constexpr std::size_t kMaxChannels = 16;

bool has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

enum class Says : std::uint8_t { nothing, begins, ends };

// Only the words of a note tell whether post-only begins or ends.
Says post_only_says(std::string_view note) {
  const auto text = upper(note);
  if (!has(text, "POST-ONLY") && !has(text, "POST ONLY") && !has(text, "POSTONLY")) {
    return Says::nothing;
  }
  // A note of the beginning tells what holds "until post-only is disabled".
  if (has(text, "NOW IN POST") || has(text, "UNTIL POST")) return Says::begins;
  for (const auto* word : {"DISABLED", "RESUMED", "HAS ENDED", "REMOVED", "NO LONGER"}) {
    if (has(text, word)) return Says::ends;
  }
  return Says::begins;
}

}  // namespace

void Outage::set(Status status, std::string_view reason, const Moment& moment) {
  known_ = true;
  if (status_ == status) return;
  status_ = status;
  reason_.assign(reason);
  since_ = moment;
  healthy_ = {};
}

bool Outage::all_fail() const {
  return !channels_.empty() && std::all_of(channels_.begin(), channels_.end(), [](const auto& one) {
    return one.second.failures != 0;
  });
}

const Outage::Channel* Outage::worst() const {
  const Channel* found = nullptr;
  for (const auto& [name, channel] : channels_) {
    if (channel.failures == 0) continue;
    if (found == nullptr || channel.first.received_at < found->first.received_at) found = &channel;
  }
  return found;
}

void Outage::fail(std::string_view name, std::string_view cause, const Moment& moment) {
  known_ = true;
  auto found = channels_.find(name);
  if (found == channels_.end()) {
    if (channels_.size() >= kMaxChannels) return;
    found = channels_.emplace(std::string(name), Channel{}).first;
  }
  Channel& channel = found->second;
  // What failed long ago and did not work since is still the same run; but one failure is nothing.
  if (channel.failures == 0) channel.first = moment;
  ++channel.failures;
  const bool run = channel.failures >= kDegrading && moment.received_at - channel.last_at <= kRun;
  channel.last_at = moment.received_at;
  watching_ = true;
  healthy_ = {};
  watch(moment);
  const bool calm = status_ == Status::NORMAL || status_ == Status::RESUMED;
  if (run && calm && !all_fail()) {
    set(Status::DEGRADED, fmt::format("{} fails: {}", name, cause), channel.first);
  }
}

void Outage::work(std::string_view name, const Moment& moment) {
  auto found = channels_.find(name);
  if (found == channels_.end()) {
    if (channels_.size() >= kMaxChannels) return;
    found = channels_.emplace(std::string(name), Channel{}).first;
    known_ = true;
  }
  if (found->second.failures != 0) {
    found->second = {};
  } else if (!watching_) {
    return;
  }
  const bool broken = status_ == Status::DOWN || status_ == Status::DEGRADED;
  if (broken && worst() == nullptr && healthy_.received_at == 0) healthy_ = moment;
}

void Outage::watch(const Moment& moment) {
  watch_announcements(moment);
  watch_failures(moment);
  watching_ = !announcements_.empty() || worst() != nullptr || status_ != Status::NORMAL;
}

void Outage::watch_announcements(const Moment& moment) {
  const Nanos now = moment.received_at;
  const auto* failing = worst();
  for (const auto& one : announcements_) {
    const bool begun = one.start_at <= now && now < one.end_at;
    const auto socket = channels_.find("websocket");
    const bool closed = socket != channels_.end() && socket->second.failures != 0;
    const bool upright = status_ != Status::DOWN && status_ != Status::POST_ONLY;
    if (begun && closed && upright) {
      set(Status::DOWN, "an announced maintenance began and the connection is lost",
          socket->second.first);
    }
  }
  std::erase_if(announcements_,
                [&](const auto& one) { return one.end_at <= now && failing == nullptr; });
  if (announcements_.empty() && status_ == Status::ANNOUNCED) {
    set(Status::NORMAL, "the announced time has gone by", moment);
  }
}

void Outage::watch_failures(const Moment& moment) {
  const bool broken = status_ == Status::DOWN || status_ == Status::DEGRADED;
  if (all_fail()) {
    Nanos latest = 0;  // since when the last way fails
    for (const auto& [name, channel] : channels_) {
      latest = std::max(latest, channel.first.received_at);
    }
    if (status_ != Status::DOWN && moment.received_at - latest >= kRun) {
      set(Status::DOWN, "no way to the venue works", worst()->first);
    }
    return;
  }
  if (!broken || suspended_products_ != 0) return;
  if (healthy_.received_at != 0 && moment.received_at - healthy_.received_at >= kHealthy) {
    const Moment healthy = healthy_;
    resumed_ = healthy;
    set(Status::NORMAL, "what failed works again", healthy);
  }
}

void Outage::post_only(std::string_view reason, const Moment& moment) {
  set(Status::POST_ONLY, reason, moment);
  watching_ = true;
}

void Outage::resume(std::string_view reason, const Moment& moment) {
  if (status_ != Status::POST_ONLY && status_ != Status::DOWN) return;
  set(Status::RESUMED, reason, moment);
  resumed_ = moment;
  confirmed_ = {};
  watching_ = true;
}

void Outage::flags(std::string_view symbol, schema::Tri post_only, schema::Tri suspended,
                   const Moment& moment) {
  using schema::Tri;
  if (post_only == Tri::UNKNOWN && suspended == Tri::UNKNOWN) return;
  auto found = products_.find(symbol);
  if (found == products_.end()) {
    if (products_.size() >= kMaxProducts) return;
    found = products_.emplace(std::string(symbol), Product{}).first;
  }
  Product& product = found->second;
  const auto take = [&](Tri given, Tri& held, std::size_t& count) {
    if (given == Tri::UNKNOWN || given == held) return false;
    if (held == Tri::YES) --count;
    if (given == Tri::YES) ++count;
    held = given;
    return true;
  };
  bool changed = take(post_only, product.post_only, post_only_products_);
  changed |= take(suspended, product.suspended, suspended_products_);
  if (changed) product.since = moment;
  known_ = true;
  if (changed || status_ == Status::POST_ONLY) judge_flags(moment);
}

void Outage::judge_flags(const Moment& moment) {
  const auto count = products_.size();
  if (suspended_products_ == count) {
    return set(Status::DOWN, "every product is suspended", moment);
  }
  if (post_only_products_ == count) {
    flags_after_ = 0;
    return post_only("every product is post-only", moment);
  }
  if (post_only_products_ == 0 && status_ == Status::POST_ONLY &&
      moment.received_at >= flags_after_) {
    return resume("no product is post-only", moment);
  }
  if (suspended_products_ == 0 && status_ == Status::DOWN && worst() == nullptr) {
    resume("products are not suspended any more", moment);
  }
}

void Outage::trade(const Moment& moment) {
  if (!watching_) return;
  if (status_ == Status::RESUMED) {
    confirmed_ = moment;
    set(Status::NORMAL, reason_, resumed_);
  } else if ((status_ == Status::DOWN || status_ == Status::DEGRADED) &&
             healthy_.received_at != 0) {
    const Moment healthy = healthy_;
    resumed_ = healthy;
    confirmed_ = moment;
    set(Status::NORMAL, "what failed works again", healthy);
  }
}

void Outage::note(std::string_view key, schema::Notification::Reader note, const Moment& moment) {
  known_ = true;
  const bool high = upper(event::view(note.getPriority())) == "HIGH";
  const auto type = upper(event::view(note.getType()));
  if (high && type == "MAINTENANCE" && note.getEffectiveAt() > moment.received_at &&
      announcements_.size() < kMaxAnnouncements) {
    const auto minutes = note.getExpectedDowntimeMinutes();
    const Nanos length = minutes > 0 && minutes < 1'000'000 ? minutes * 60 * kSecond : kShortest;
    announcements_.push_back(
        {std::string(key), note.getEffectiveAt(), note.getEffectiveAt() + length, moment});
    watching_ = true;
    if (status_ == Status::NORMAL || status_ == Status::RESUMED) {
      set(Status::ANNOUNCED, event::view(note.getNote()), moment);
    }
  }
  if (!high || type != "MARKET") return;
  unreadable(event::view(note.getNote()), moment);
}

void Outage::unreadable(std::string_view text, const Moment& moment) {
  const auto says = post_only_says(text);
  if (says == Says::begins) {
    flags_after_ = moment.received_at + kFlagsLag;
    post_only("a notification says that post-only begins", moment);
  } else if (says == Says::ends) {
    resume("a notification says that trading resumes", moment);
  }
}

void Outage::probe(bool ok, const Moment& moment) {
  known_ = true;
  if (ok) {
    local_fault_ = {};
  } else if (local_fault_.received_at == 0) {
    local_fault_ = moment;
  }
}

const Outage::Product* Outage::product(std::string_view symbol) const {
  const auto found = products_.find(symbol);
  return found == products_.end() ? nullptr : &found->second;
}

void Outage::write(schema::OutageState::Builder out) const {
  out.setStatus(status_);
  state::write(since_, out.initSince());
  if (!reason_.empty()) out.setReason(text_of(reason_));
  const auto evidence = [](const Moment& moment, auto init) {
    if (moment.received_at != 0) state::write(moment, init());
  };
  evidence(local_fault_, [&] { return out.initLocalFault(); });
  evidence(resumed_, [&] { return out.initResumed(); });
  evidence(confirmed_, [&] { return out.initConfirmed(); });
  evidence(healthy_, [&] { return out.initHealthy(); });
  out.setFlagsAfter(flags_after_);
  auto announcements = out.initAnnouncements(static_cast<unsigned>(announcements_.size()));
  unsigned index = 0;
  for (const auto& one : announcements_) {
    auto entry = announcements[index++];
    entry.setKey(text_of(one.key));
    entry.setStartAt(one.start_at);
    entry.setEndAt(one.end_at);
    state::write(one.moment, entry.initEvidence());
  }
  auto products = out.initProducts(static_cast<unsigned>(products_.size()));
  index = 0;
  for (const auto& [symbol, product] : products_) {
    auto entry = products[index++];
    entry.setSymbol(text_of(symbol));
    entry.setPostOnly(product.post_only);
    entry.setSuspended(product.suspended);
    state::write(product.since, entry.initSince());
  }
  auto channels = out.initChannels(static_cast<unsigned>(channels_.size()));
  index = 0;
  for (const auto& [name, channel] : channels_) {
    auto entry = channels[index++];
    entry.setName(text_of(name));
    entry.setFailures(channel.failures);
    if (channel.failures != 0) state::write(channel.first, entry.initFirst());
    entry.setLastAt(channel.last_at);
  }
}

void Outage::read(schema::OutageState::Reader in) {
  known_ = true;
  status_ = in.getStatus();
  since_ = state::read(in.getSince());
  reason_ = event::view(in.getReason());
  local_fault_ = state::read(in.getLocalFault());
  resumed_ = state::read(in.getResumed());
  confirmed_ = state::read(in.getConfirmed());
  healthy_ = state::read(in.getHealthy());
  flags_after_ = in.getFlagsAfter();
  for (const auto one : in.getAnnouncements()) {
    if (announcements_.size() >= kMaxAnnouncements) break;
    announcements_.push_back(
        {one.getKey().cStr(), one.getStartAt(), one.getEndAt(), state::read(one.getEvidence())});
  }
  for (const auto one : in.getProducts()) {
    if (products_.size() >= kMaxProducts) break;
    products_[one.getSymbol().cStr()] = {one.getPostOnly(), one.getSuspended(),
                                         state::read(one.getSince())};
    if (one.getPostOnly() == schema::Tri::YES) ++post_only_products_;
    if (one.getSuspended() == schema::Tri::YES) ++suspended_products_;
  }
  for (const auto one : in.getChannels()) {
    if (channels_.size() >= kMaxChannels) break;
    channels_[one.getName().cStr()] = {one.getFailures(), state::read(one.getFirst()),
                                       one.getLastAt()};
  }
  watching_ = !announcements_.empty() || worst() != nullptr || status_ != Status::NORMAL;
}

}  // namespace tape::state
