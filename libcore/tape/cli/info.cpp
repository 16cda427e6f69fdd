#include <tape/base/bytes.h>
#include <tape/cli/declare.h>
#include <tape/cli/info.h>
#include <tape/event/json.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace tape::cli {
namespace {

constexpr std::array<const char*, 4> kKept{"none", "text", "data", "rendered"};
constexpr std::size_t kColumns = 10;

const char* tail_name(log::Tail tail) {
  switch (tail) {
    case log::Tail::clean:
      return "clean";
    case log::Tail::open:
      return "open";
    case log::Tail::torn:
      return "torn";
  }
  return "torn";
}

std::string kind_text(std::size_t kind) {
  return kind < event::kKinds ? std::string(event::kind_name(static_cast<event::Kind>(kind)))
                              : "newer";
}

/// Texts come from the tape: nothing in them may steer a terminal.
std::string printable(std::string_view text) {
  if (text.empty()) return "-";
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return out;
}

std::string promise(Nanos interval, const char* zero) {
  if (interval < 0) return "off";
  return interval == 0 ? zero : format_duration(interval);
}

std::string rate(double events, double seconds) {
  return seconds > 0 ? fmt::format("{:.1f}", events / seconds) : "-";
}

std::uint64_t count_of(const Inventory& all, event::Kind kind) {
  return all.kinds.at(static_cast<std::size_t>(kind));
}

std::uint64_t missing_of(const Inventory& all) {
  std::uint64_t missing = 0;
  for (const auto& [key, feed] : all.feeds) missing += feed.missing;
  return missing;
}

using Line = std::array<std::string, kColumns>;

/// Columns as wide as their widest cell; the first four are names, the others numbers.
void append_table(const std::vector<Line>& lines, std::string& out) {
  constexpr std::size_t kNames = 4;
  std::array<std::size_t, kColumns> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths.at(i) = std::max(widths.at(i), line.at(i).size());
    }
  }
  for (const auto& line : lines) {
    out += " ";
    for (std::size_t i = 0; i < kColumns; ++i) {
      const auto width = widths.at(i);
      out += i < kNames ? fmt::format(" {:<{}}", line.at(i), width)
                        : fmt::format("  {:>{}}", line.at(i), width);
    }
    out += '\n';
  }
}

void append_feeds(const Inventory& all, std::string& out) {
  std::vector<Line> lines{{"venue", "account", "channel", "symbol", "events", "events/s", "bytes",
                           "gaps", "missing", "losses"}};
  for (const auto& [key, feed] : all.feeds) {
    const auto& [venue, account, channel, symbol] = key;
    lines.push_back({printable(venue), printable(account), printable(channel), printable(symbol),
                     fmt::format("{}", feed.events),
                     rate(static_cast<double>(feed.events), all.seconds()),
                     fmt::format("{}", feed.raw_bytes), fmt::format("{}", feed.gaps),
                     fmt::format("{}", feed.missing), fmt::format("{}", feed.losses)});
  }
  append_table(lines, out);
}

void append_heading(const Inventory& all, std::string& out) {
  auto to = std::back_inserter(out);
  if (all.path.empty()) {
    fmt::format_to(to, "total of {} files\n", all.files);
    return;
  }
  fmt::format_to(to, "{}: {}", printable(all.path), tail_name(all.tail));
  if (all.parts > 1) fmt::format_to(to, ", {} tapes end to end", all.parts);
  if (all.damages > 0) fmt::format_to(to, ", damaged in {} places", all.damages);
  if (all.selected) out += ", selected events only";
  out += '\n';
  if (!all.preamble) return;
  const auto& preamble = *all.preamble;
  fmt::format_to(to, "  {}  {}, format {}.{}, started {}\n",
                 preamble.derived ? "derived by " : "recorded by", printable(preamble.recorder),
                 preamble.major, preamble.minor, format_rfc3339(preamble.started_at));
  if (!preamble.derived) {
    fmt::format_to(to, "  promise      flush {}, sync {}\n",
                   promise(preamble.flush_interval, "whenever drained"),
                   promise(preamble.sync_interval, "every event"));
  }
}

void append_sizes(const Inventory& all, std::string& out) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "  bytes        {} of frames", format_size(all.raw_bytes));
  if (!all.selected) {
    fmt::format_to(to, ", {} of events", format_size(all.plain_bytes));
    if (all.file_bytes > 0) {
      fmt::format_to(to, ", {} of file, ratio {:.1f}", format_size(all.file_bytes), all.ratio());
    }
  }
  out += '\n';
}

void append_kinds(const Inventory& all, std::string& out) {
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  for (std::size_t i = 0; i < all.kinds.size(); ++i) {
    if (all.kinds.at(i) > 0) order.emplace_back(all.kinds.at(i), i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  out += "  kinds       ";
  for (std::size_t i = 0; i < order.size(); ++i) {
    out += fmt::format("{} {} {}", i == 0 ? "" : ",", kind_text(order[i].second), order[i].first);
  }
  out += '\n';
}

void append_json_text(const char* key, std::string_view value, std::string& out) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", key);
  event::append_json_string(value, out);
}

void append_json_feeds(const Inventory& all, std::string& out) {
  auto to = std::back_inserter(out);
  bool first = true;
  for (const auto& [key, feed] : all.feeds) {
    fmt::format_to(to, "{}{{\"events\":{}", first ? "" : ",", feed.events);
    first = false;
    append_json_text("venue", std::get<0>(key), out);
    append_json_text("account", std::get<1>(key), out);
    append_json_text("channel", std::get<2>(key), out);
    append_json_text("symbol", std::get<3>(key), out);
    if (all.seconds() > 0) {
      fmt::format_to(to, ",\"perSecond\":{:.3f}", static_cast<double>(feed.events) / all.seconds());
    }
    fmt::format_to(to, ",\"rawBytes\":{},\"gaps\":{},\"missing\":{},\"connectionsLost\":{}",
                   feed.raw_bytes, feed.gaps, feed.missing, feed.losses);
    append_json_text("firstAt", format_rfc3339(feed.first), out);
    append_json_text("lastAt", format_rfc3339(feed.last), out);
    out += '}';
  }
}

}  // namespace

void append_text(const Inventory& all, std::string& out) {
  auto to = std::back_inserter(out);
  append_heading(all, out);
  fmt::format_to(to, "  sessions     {}", all.sessions());
  if (all.known_sessions.size() == 1 && all.other_sessions == 0) {
    fmt::format_to(to, " ({})", hex(*all.known_sessions.begin()));
  }
  out += '\n';
  if (all.first) {
    fmt::format_to(to, "  time         {} to {}, {}\n", format_rfc3339(*all.first),
                   format_rfc3339(*all.last), format_duration(*all.last - *all.first));
  }
  fmt::format_to(to, "  events       {} ({}/s)\n", all.events,
                 rate(static_cast<double>(all.events), all.seconds()));
  fmt::format_to(to, "  frames       {} kept as text, {} as data, {} rendered; {} without\n",
                 all.kept[1], all.kept[2], all.kept[3], all.kept[0]);
  if (all.kept[1] + all.kept[2] > 0) {
    fmt::format_to(to,
                   "  kept         {} of accounts, {} not understood, {} not proven to follow\n",
                   all.why[0], all.why[1], all.why[2]);
  }
  append_sizes(all, out);
  fmt::format_to(to, "  gaps         {}, {} numbers missing\n", count_of(all, event::Kind::GAP),
                 missing_of(all));
  fmt::format_to(to, "  connections  {} lost\n", count_of(all, event::Kind::CONNECTION_LOST));
  if (all.events == 0) return;
  append_kinds(all, out);
  out += '\n';
  append_feeds(all, out);
}

void append_json(const Inventory& all, std::string& out) {
  auto to = std::back_inserter(out);
  const auto text = [&](const char* key, std::string_view value) {
    append_json_text(key, value, out);
  };
  const auto moment = [&](const char* key, std::optional<Nanos> value) {
    if (value) text(key, format_rfc3339(*value));
  };
  out += "{\"version\":0";
  if (all.path.empty()) {
    fmt::format_to(to, ",\"total\":true,\"files\":{}", all.files);
  } else {
    text("file", all.path);
  }
  text("tail", tail_name(all.tail));
  fmt::format_to(to, ",\"damages\":{},\"parts\":{},\"fromSummary\":{},\"selected\":{}", all.damages,
                 all.parts, all.from_summary, all.selected);
  if (all.preamble) {
    const auto& preamble = *all.preamble;
    text("recorder", preamble.recorder);
    text("format", fmt::format("{}.{}", preamble.major, preamble.minor));
    moment("startedAt", preamble.started_at);
    fmt::format_to(to, ",\"derived\":{},\"flushInterval\":{},\"syncInterval\":{}", preamble.derived,
                   preamble.flush_interval, preamble.sync_interval);
  }
  fmt::format_to(to, ",\"sessions\":{}", all.sessions());
  if (all.known_sessions.size() == 1) text("session", hex(*all.known_sessions.begin()));
  moment("firstAt", all.first);
  moment("lastAt", all.last);
  fmt::format_to(to, ",\"seconds\":{:.9f},\"events\":{},\"frames\":{}", all.seconds(), all.events,
                 all.frames());
  fmt::format_to(to, ",\"rawBytes\":{},\"plainBytes\":{},\"fileBytes\":{},\"ratio\":{:.3f}",
                 all.raw_bytes, all.plain_bytes, all.file_bytes, all.ratio());
  out += ",\"kept\":{";
  for (std::size_t i = 0; i < all.kept.size(); ++i) {
    fmt::format_to(to, "{}\"{}\":{}", i == 0 ? "" : ",", kKept.at(i), all.kept.at(i));
  }
  fmt::format_to(to, "}},\"keptWhy\":{{\"account\":{},\"opaque\":{},\"unproven\":{}", all.why[0],
                 all.why[1], all.why[2]);
  fmt::format_to(to, "}},\"gaps\":{},\"missing\":{},\"connectionsLost\":{},\"kinds\":{{",
                 count_of(all, event::Kind::GAP), missing_of(all),
                 count_of(all, event::Kind::CONNECTION_LOST));
  bool first = true;
  for (std::size_t i = 0; i < all.kinds.size(); ++i) {
    if (all.kinds.at(i) == 0) continue;
    fmt::format_to(to, "{}\"{}\":{}", first ? "" : ",", kind_text(i), all.kinds.at(i));
    first = false;
  }
  out += "},\"feeds\":[";
  append_json_feeds(all, out);
  out += "]}\n";
}

void add_info_options(App& app, InfoOptions& options) {
  app.options().add_option("FILE", options.files, "tapes; '-' is stdin")->type_name("")->required();
  app.options()
      .add_option_function<std::string>(
          "--format",
          [&options](const std::string& name) {
            options.format = name == "json" ? InfoFormat::json : InfoFormat::text;
          },
          "text (default) or json, one object a file")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
}

Exit info(const InfoOptions& options) {
  refuse_same_file(options.output, options.files);
  const auto append = options.format == InfoFormat::json ? append_json : append_text;
  std::optional<Output> out;
  Inventory total;
  total.files = options.files.size();
  for (const auto& path : options.files) {
    const auto all = take_inventory(path, options.select);
    // Made after the first input is known to be one: no empty file is left for a misspelled name.
    if (!out) out.emplace(options.output, Content::text);
    append(all, out->buffer());
    if (options.format == InfoFormat::text && options.files.size() > 1) out->buffer() += '\n';
    out->commit();
    total.add(all);
  }
  if (options.files.size() > 1) append(total, out->buffer());
  out->close();
  return total.damages > 0 ? Exit::damaged : Exit::done;
}

}  // namespace tape::cli
