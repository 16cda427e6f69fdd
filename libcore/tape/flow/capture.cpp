#include <tape/base/bytes.h>
#include <tape/flow/capture.h>
#include <tape/venue/handed_in.h>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace tape::flow {
namespace {

using schema::Direction;
using schema::Transport;

constexpr std::array<std::pair<std::string_view, InputForm>, 6> kForms{{
    {"ndjson", InputForm::ndjson},
    {"raw0", InputForm::raw0},
    {"document", InputForm::document},
    {"json", InputForm::json},
    {"cryptofeed", InputForm::cryptofeed},
    {"hftbacktest", InputForm::hftbacktest},
}};

/// Path and query of "https://host/path?query".
std::string_view target_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  const auto path = url.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : url.substr(path);
}

/// The same as = {}, but without the memory of what is not used.
void begin(Captured& out) {
  out.kind = Captured::Kind::nothing;
  if (out.frame.rest != nullptr) out.rest = {};
  out.frame = {};
  out.url = {};
  out.venue = {};
  out.dated = false;
  out.problem.clear();
}

void local_frame(Captured& out, Captured::Kind kind, std::string problem) {
  out.kind = kind;
  out.frame.direction = Direction::LOCAL;
  out.frame.transport = Transport::NONE;
  out.problem = std::move(problem);
}

/// Frames one after the other, as they came: lines, NUL-ended runs, a whole document.
class FrameReader final : public CaptureReader {
 public:
  void read(const Run& run, const Stamp& now, Captured& out) override {
    begin(out);
    out.kind = Captured::Kind::frame;
    out.frame.bytes = run.bytes;
    out.frame.stamp = now;
    out.frame.connection = 1;
    out.frame.unterminated = !run.terminated;
  }
};

/// Format 1 of the cryptofeed capture: "ADDR <-> T", "ADDR <- T: JSON", "URL -> T: JSON", "T:
/// JSON", "configuration: JSON".
class CryptofeedReader final : public CaptureReader {
 public:
  void read(const Run& run, const Stamp&, Captured& out) override {
    begin(out);
    const std::string_view line(run.bytes.data(), run.bytes.size());
    out.frame.stamp = last_;
    out.frame.bytes = run.bytes;
    if (line.find_first_not_of(" \r") == std::string_view::npos) return;
    if (line.starts_with("configuration: ")) {
      local_frame(out, Captured::Kind::remark, "the capture's own settings");
    } else if (line.front() >= '0' && line.front() <= '9') {
      frame_at(run, 0, out);
    } else {
      addressed(run, line, out);
    }
    last_ = out.frame.stamp;
  }

 private:
  struct Arrow {
    std::string_view text;
    enum class Meaning : std::uint8_t { opened, sent, answer } meaning;
  };

  void addressed(const Run& run, std::string_view line, Captured& out) {
    static constexpr std::array<Arrow, 3> kArrows{{{" <-> ", Arrow::Meaning::opened},
                                                   {" <- ", Arrow::Meaning::sent},
                                                   {" -> ", Arrow::Meaning::answer}}};
    const auto space = line.find(' ');
    for (const auto& arrow : kArrows) {
      if (space == std::string_view::npos || !line.substr(space).starts_with(arrow.text)) continue;
      out.url = line.substr(0, space);
      const auto after = space + arrow.text.size();
      if (arrow.meaning == Arrow::Meaning::opened) {
        opened(run, line.substr(after), out);
        return;
      }
      frame_at(run, after, out);
      if (out.kind != Captured::Kind::frame) return;
      if (arrow.meaning == Arrow::Meaning::sent) {
        out.frame.direction = Direction::SENT;
      } else {
        out.frame.transport = Transport::REST;
        out.frame.connection = 0;
        out.rest.method = "GET";
        out.rest.target = target_of(out.url);
        out.frame.rest = &out.rest;
      }
      return;
    }
    bad(run, out);
  }

  void opened(const Run& run, std::string_view time, Captured& out) {
    const auto moment = parse_moment(text_.assign("@").append(time));
    if (!moment) {
      bad(run, out);
      return;
    }
    out.kind = Captured::Kind::opened;
    out.frame.stamp = {*moment, 0};
    out.frame.connection = ++connections_;
    out.frame.transport = Transport::WEBSOCKET;
  }

  /// "T: JSON" from `from` on.
  void frame_at(const Run& run, std::size_t from, Captured& out) {
    const std::string_view line(run.bytes.data(), run.bytes.size());
    const auto colon = line.find(": ", from);
    const auto moment =
        colon == std::string_view::npos
            ? std::nullopt
            : parse_moment(text_.assign("@").append(line.substr(from, colon - from)));
    if (!moment) {
      bad(run, out);
      return;
    }
    out.kind = Captured::Kind::frame;
    out.frame.stamp = {*moment, 0};
    out.frame.bytes = run.bytes.subspan(colon + 2);
    out.frame.transport = Transport::WEBSOCKET;
    out.frame.connection = connections_ == 0 ? 1 : connections_;
    out.frame.unterminated = !run.terminated;
  }

  static void bad(const Run& run, Captured& out) {
    local_frame(
        out, Captured::Kind::bad,
        fmt::format("line {}: no record of a cryptofeed capture (expected 'SECONDS: JSON', "
                    "'ADDRESS <-> SECONDS', 'ADDRESS <- SECONDS: JSON' or 'URL -> SECONDS: JSON')",
                    run.number));
  }

  Stamp last_{};
  std::uint32_t connections_ = 0;
  std::string text_;
};

/// The hftbacktest collector: "NANOSECONDS JSON"; a REST depth answer is a bare object that starts
/// {"lastUpdateId".
class HftbacktestReader final : public CaptureReader {
 public:
  void read(const Run& run, const Stamp&, Captured& out) override {
    begin(out);
    const std::string_view line(run.bytes.data(), run.bytes.size());
    out.frame.bytes = run.bytes;
    out.frame.stamp = last_;
    if (line.empty()) return;
    Nanos moment = 0;
    const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), moment);
    const auto used = static_cast<std::size_t>(end - line.data());
    if (code != std::errc() || moment <= 0 || used >= line.size() || line[used] != ' ') {
      local_frame(
          out, Captured::Kind::bad,
          fmt::format("line {}: no record of an hftbacktest capture (expected 'NANOSECONDS JSON')",
                      run.number));
      return;
    }
    out.kind = Captured::Kind::frame;
    out.frame.stamp = last_ = {moment, 0};
    out.frame.bytes = run.bytes.subspan(used + 1);
    out.frame.connection = 1;
    out.frame.unterminated = !run.terminated;
    out.frame.transport = Transport::WEBSOCKET;
    if (line.substr(used + 1).starts_with("{\"lastUpdateId\"")) {
      out.frame.transport = Transport::REST;
      out.rest.method = "GET";
      out.frame.rest = &out.rest;
    }
  }

 private:
  Stamp last_{};
};

/// Objects as tape-cat --format json --with-raw writes them; only `raw` is required.
class HandedInReader final : public CaptureReader {
 public:
  void read(const Run& run, const Stamp& now, Captured& out) override {
    begin(out);
    out.frame.connection = 1;
    const auto problem =
        reader_.read({run.bytes.data(), run.bytes.size()}, out.frame, out.rest, out.venue);
    out.dated = out.frame.stamp.received_at != 0;
    if (!out.dated) out.frame.stamp = now;
    if (!problem.empty()) {
      out.frame.bytes = run.bytes;
      local_frame(out, Captured::Kind::bad, fmt::format("line {}: {}", run.number, problem));
      return;
    }
    out.kind = out.frame.bytes.data() == nullptr ? Captured::Kind::nothing : Captured::Kind::frame;
  }

 private:
  venue::HandedIn reader_;
};

}  // namespace

std::optional<InputForm> input_form(std::string_view name) {
  for (const auto& [known, form] : kForms) {
    if (known == name) return form;
  }
  return std::nullopt;
}

std::string_view input_form_name(InputForm form) {
  for (const auto& [name, known] : kForms) {
    if (known == form) return name;
  }
  return {};
}

std::string_view input_form_names() {
  return "ndjson, raw0, document, json, cryptofeed, hftbacktest";
}

std::optional<char> delimiter_of(InputForm form) {
  if (form == InputForm::document) return std::nullopt;
  return form == InputForm::raw0 ? '\0' : '\n';
}

bool brings_times(InputForm form) {
  return form == InputForm::cryptofeed || form == InputForm::hftbacktest;
}

std::unique_ptr<CaptureReader> make_capture_reader(InputForm form) {
  switch (form) {
    case InputForm::cryptofeed:
      return std::make_unique<CryptofeedReader>();
    case InputForm::hftbacktest:
      return std::make_unique<HftbacktestReader>();
    case InputForm::json:
      return std::make_unique<HandedInReader>();
    default:
      return std::make_unique<FrameReader>();
  }
}

}  // namespace tape::flow
