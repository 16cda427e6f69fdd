#include <tape/base/error.h>
#include <tape/flow/diff/diff.h>
#include <tape/flow/diff/diff_fields.h>
#include <tape/flow/diff/diff_order.h>
#include <tape/venue/question.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <unordered_map>

namespace tape::flow {
namespace {

struct Item {
  std::uint64_t position = 0;  // on its side, from 0
  DiffOrder::Place place;
  std::string json;  // with the frame's bytes
  std::string name;  // for people
};

/// What a recorder says of itself, its machine and its clock, not of the feed.
bool is_of_recorder(event::Kind kind) {
  using Kind = event::Kind;
  return kind == Kind::SESSION || kind == Kind::END || kind == Kind::HEALTH ||
         kind == Kind::CLOCK || kind == Kind::PROBE || kind == Kind::CHECKPOINT ||
         kind == Kind::STALLED || kind == Kind::RECONNECT_ATTEMPT;
}

/// One side: its events as JSON, without those that do not count as events.
class Side {
 public:
  Side(log::EventSource& source, const DiffOptions& options) : source_(source), options_(options) {}

  /// False at the end.
  bool next() {
    const log::EventRef* ref = source_.next();
    while (ref != nullptr && is_left_out(*ref)) ref = source_.next();
    if (ref == nullptr) return false;
    item = Item{count++, order_.next(stream_of(*ref)), {}, {}};
    const auto event = whole_.event(*ref);
    json_.append(event, ref->session, ref->ordinal, item.json);
    session = ref->session;
    ordinal = ref->ordinal;
    sequence = event.getSequence();
    item.name =
        fmt::format("{:016x}:{} {} {}/{}/{}", session, ordinal,
                    event::kind_name(event.getBody().which()), event::view(event.getVenue()),
                    event::view(event.getChannel()), event::view(event.getSymbol()));
    account = event::view(event.getAccount());
    return true;
  }

  Item item;
  std::uint64_t count = 0;
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
  std::uint64_t sequence = 0;
  std::string account;

 private:
  /// REST answers come as the network lets them, each behind its request. What a recorder finds
  /// has the place of the connection that it concerns.
  [[nodiscard]] std::string stream_of(const log::EventRef& ref) const {
    if (options_.order == DiffOptions::Order::tape) return {};
    const auto event = ref.event;
    if (event.getConnection() != 0) return fmt::format("{} {}", ref.session, event.getConnection());
    if (event.getTransport() != schema::Transport::REST)
      return fmt::format("{} {} {}", event::view(event.getVenue()), event::view(event.getChannel()),
                         event::view(event.getSymbol()));
    const auto rest = event.getRest();
    return fmt::format(
        "{} {}", event::view(rest.getMethod()),
        venue::asked_of(event::view(event.getVenue()), event::view(rest.getTarget())));
  }

  bool is_left_out(const log::EventRef& ref) {
    if (options_.identity == Identity::content && is_of_recorder(ref.event.getBody().which()))
      return true;
    return is_frame_of_copy(ref);
  }

  bool is_frame_of_copy(const log::EventRef& ref) {
    const auto body = ref.event.getBody();
    if (body.isSession() && body.getSession().getDerived()) {
      derived_.push_back(ref.session);
      return true;
    }
    return body.isEnd() &&
           std::find(derived_.begin(), derived_.end(), ref.session) != derived_.end();
  }

  log::EventSource& source_;
  const DiffOptions& options_;
  DiffOrder::Side order_;
  log::WholeEvent whole_;
  event::JsonWriter json_{{event::Numbers::text, event::Raw::shown}};
  std::vector<std::uint64_t> derived_;
};

class Comparison {
 public:
  Comparison(const DiffOptions& options, const std::function<void(const Difference&)>& tell)
      : options_(options), tell_(tell) {}

  void run(Side& a, Side& b) {
    bool more_a = a.next();
    bool more_b = b.next();
    while (more_a || more_b) {
      const auto key_a = more_a ? key_of(a) : std::string();
      const auto key_b = more_b ? key_of(b) : std::string();
      if (more_a && more_b && key_a == key_b && waiting_a_.empty() && waiting_b_.empty()) {
        match(a.item, b.item);
      } else {
        if (more_a) arrive(key_a, a.item, waiting_a_, waiting_b_, First::a);
        if (more_b) arrive(key_b, b.item, waiting_b_, waiting_a_, First::b);
      }
      more_a = more_a && a.next();
      more_b = more_b && b.next();
    }
    report.a = a.count;
    report.b = b.count;
    leftover(waiting_a_, Difference::Kind::missing, report.missing);
    leftover(waiting_b_, Difference::Kind::extra, report.extra);
    report.reordered = order_.reordered();
    if (report.reordered > 0 && tell_) {
      tell_({Difference::Kind::reordered,
             fmt::format("{} events stand in another order", report.reordered),
             {}});
    }
  }

  DiffReport report;

 private:
  enum class First : std::uint8_t { a, b };
  using Waiting = std::unordered_map<std::string, std::deque<Item>>;

  std::string key_of(const Side& side) const {
    if (options_.identity == Identity::ordinal)
      return fmt::format("{}:{}", side.session, side.ordinal);
    if (side.sequence == 0) return without_ignored(options_, side.item.json);
    return fmt::format("{} {} {}", side.item.name.substr(side.item.name.find(' ')), side.account,
                       side.sequence);
  }

  void arrive(const std::string& key, Item& item, Waiting& own, Waiting& others, First first) {
    const auto found = others.find(key);
    if (found == others.end()) {
      own[key].push_back(std::move(item));
      return;
    }
    if (first == First::a) {
      match(item, found->second.front());
    } else {
      match(found->second.front(), item);
    }
    found->second.pop_front();
    if (found->second.empty()) others.erase(found);
  }

  void match(const Item& a, const Item& b) {
    order_.match(a.place, b.place);
    if (a.json == b.json) {
      ++report.same;
      return;
    }
    auto fields = changed_fields(options_, a.json, b.json);
    if (fields.empty()) {
      ++report.same;
      return;
    }
    ++report.changed;
    if (tell_) tell_({Difference::Kind::changed, a.name, std::move(fields)});
  }

  void leftover(const Waiting& waiting, Difference::Kind kind, std::uint64_t& count) const {
    std::map<std::uint64_t, const Item*> in_order;
    for (const auto& [key, items] : waiting) {
      for (const auto& item : items) in_order.emplace(item.position, &item);
    }
    count = in_order.size();
    for (const auto& [position, item] : in_order) {
      if (tell_) tell_({kind, item->name, {}});
    }
  }

  const DiffOptions& options_;
  const std::function<void(const Difference&)>& tell_;
  Waiting waiting_a_;
  Waiting waiting_b_;
  DiffOrder order_;
};

std::string_view name_of(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::missing:
      return "missing";
    case Difference::Kind::extra:
      return "extra";
    case Difference::Kind::changed:
      return "changed";
    case Difference::Kind::reordered:
      return "reordered";
  }
  return "";
}

}  // namespace

Identity identity_of(std::string_view align, const std::string& a, const std::string& b) {
  if (align == "ordinal") return Identity::ordinal;
  if (align == "content") return Identity::content;
  std::vector<std::uint64_t> first;
  for (const auto* const file : {&a, &b}) {
    if (*file == "-")
      throw Error(Fault::usage, "-: say --align ordinal or --align content for a pipe");
    log::Reader reader(*file);
    const auto* ref = reader.next();
    // A copy begins with an event of its own.
    const auto body = ref != nullptr ? ref->event.getBody() : schema::Event::Body::Reader();
    if (ref != nullptr && body.isSession() && body.getSession().getDerived()) ref = reader.next();
    first.push_back(ref == nullptr ? 0 : ref->session);
  }
  return first[0] == first[1] || first[0] == 0 || first[1] == 0 ? Identity::ordinal
                                                                : Identity::content;
}

std::pair<std::string, double> parse_tolerance(const std::string& text) {
  const auto equals = text.find('=');
  double amount = 0;
  const auto* end = text.data() + text.size();
  const auto* begin = text.data() + std::min(equals + 1, text.size());
  if (equals == std::string::npos || equals == 0 || begin == end ||
      std::from_chars(begin, end, amount).ptr != end || !(amount >= 0))
    throw Error(Fault::usage, "--tolerance " + text + ": expected FIELD=AMOUNT");
  return {text.substr(0, equals), amount};
}

const std::vector<std::string>& default_ignored(Identity identity) {
  static const std::vector<std::string> kOfCopies{"receivedAt", "receivedAtS", "clockOffset",
                                                  "session",    "ordinal",     "connection"};
  static const std::vector<std::string> kOfRecordings = [] {
    auto names = kOfCopies;
    for (const auto* name : {"rest.latency", "rest.requestOrdinal", "body.url", "body.attempt",
                             "body.downFor", "body.stoodFor", "body.lastFrameAt", "body.after"})
      names.emplace_back(name);
    return names;
  }();
  return identity == Identity::content ? kOfRecordings : kOfCopies;
}

DiffReport diff(const DiffOptions& options, log::EventSource& a, log::EventSource& b,
                const std::function<void(const Difference&)>& on_difference) {
  Side side_a(a, options);
  Side side_b(b, options);
  Comparison comparison(options, on_difference);
  comparison.run(side_a, side_b);
  return comparison.report;
}

std::string to_json(const Difference& difference) {
  std::string out = fmt::format(R"({{"difference":"{}","event":)", name_of(difference.kind));
  event::append_json_string(difference.event, out);
  if (!difference.fields.empty()) {
    out += R"(,"fields":[)";
    const char* separator = "";
    for (const auto& field : difference.fields) {
      out += separator;
      separator = ",";
      out += R"({"path":)";
      event::append_json_string(field.path, out);
      out += fmt::format(R"(,"a":{},"b":{}}})", field.a.empty() ? "null" : field.a,
                         field.b.empty() ? "null" : field.b);
    }
    out += "]";
  }
  return out += "}";
}

std::string to_text(const Difference& difference) {
  auto out = fmt::format("{} {}", name_of(difference.kind), difference.event);
  for (const auto& field : difference.fields) {
    out += fmt::format("\n  {}: {} -> {}", field.path, field.a.empty() ? "absent" : field.a,
                       field.b.empty() ? "absent" : field.b);
  }
  return out;
}

}  // namespace tape::flow
