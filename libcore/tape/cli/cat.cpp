#include <tape/base/bytes.h>
#include <tape/base/version.h>
#include <tape/cli/cat.h>
#include <tape/cli/declare.h>
#include <tape/cli/derived.h>
#include <tape/cli/start.h>
#include <tape/event/csv.h>
#include <tape/event/pattern.h>
#include <tape/event/text.h>
#include <tape/log/frame_bytes.h>

#include <fmt/format.h>

#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace tape::cli {
namespace {

constexpr const char* kInterrupted = "interrupted: the output is not whole";

/// Streams of frames as they came in; a REST answer is no part of one.
bool is_stream(schema::Transport transport) {
  return transport == schema::Transport::WEBSOCKET || transport == schema::Transport::PIPE ||
         transport == schema::Transport::ZEROMQ;
}

class Cat {
 public:
  Cat(const CatOptions& options, std::stop_token stop)
      : options_(options), stop_(std::move(stop)), progress_(options.progress, "tape-cat") {}

  Exit run() {
    refuse_same_file(options_.output, options_.input.files);
    switch (options_.format) {
      case Format::raw:
      case Format::raw0:
        return raw();
      case Format::json:
        return json();
      case Format::csv:
        return csv();
      case Format::text:
        return text();
      case Format::capnp:
        return capnp();
      case Format::tape:
        return tape();
    }
    throw Error(Fault::internal, "an output format without a writer");
  }

 private:
  using Use = std::function<bool(const log::EventRef&)>;

  /// Whether the bytes of every frame are put out, so that they may be rebuilt ahead.
  [[nodiscard]] bool wants_frames() const {
    switch (options_.format) {
      case Format::raw:
      case Format::raw0:
        return true;
      case Format::json:
        return options_.json.raw != event::Raw::hidden;
      case Format::capnp:
        return !options_.stored;
      default:
        return false;
    }
  }

  /// The inputs; while they wait for more, `ready` puts out what there is.
  MergedInput& open(const std::function<void()>& ready) {
    auto input = options_.input;
    input.before_wait = ready;
    if (wants_frames() && !input.select.any()) input.frames = log::FrameUse::ahead;
    // The limit is on what is shown, and the use decides about that.
    input.limit = options_.input.select.context > 0 ? options_.input.limit : 0;
    return input_.emplace(input, stop_);
  }

  /// Hands event after event to `use`, which says whether it took it. Damage that shows only in use
  /// is told.
  void each(MergedInput& input, const Use& use) {
    const auto limit = options_.input.select.context > 0 ? 0 : options_.input.limit;
    while (const auto* ref = input.next()) {
      try {
        if (!use(*ref)) continue;
      } catch (const Error& error) {
        if (error.fault != Fault::format) throw;
        input.note_damage(error.what());
        continue;
      } catch (const kj::Exception& error) {
        input.note_damage(fmt::format("event {}:{}: damaged message: {}", hex(ref->session),
                                      ref->ordinal, error.getDescription().cStr()));
        continue;
      }
      progress_.update(++used_);
      if (limit > 0 && used_ >= limit) break;
    }
    if (stop_.stop_requested() && !options_.input.follow) {
      interrupted_ = true;
    }
  }

  [[nodiscard]] Exit finish(MergedInput& input) const {
    if (interrupted_) throw Error(Fault::io, kInterrupted);
    return input.exit();
  }

  /// The common case: an Output that formatters append to. With --count only the number goes there.
  Exit print(Content content, const std::function<void(std::string&)>& header,
             const std::function<bool(const log::EventRef&, std::string&)>& append) {
    std::optional<Output> out;
    auto& input = open([&] {
      if (!options_.count) out->flush();
    });
    out.emplace(options_.output, options_.count ? Content::text : content);
    if (header && !options_.count) header(out->buffer());
    const bool at_once = options_.input.follow && out->is_terminal();
    each(input, [&](const log::EventRef& ref) {
      if (!append(ref, out->buffer())) return false;
      if (options_.count) {
        out->buffer().clear();
      } else if (at_once) {
        out->flush();
      } else {
        out->commit();
      }
      return true;
    });
    if (options_.count) out->write(fmt::format("{}\n", used_));
    out->close();
    return finish(input);
  }

  Exit json() {
    event::JsonWriter writer(options_.json);
    const bool raw = options_.json.raw != event::Raw::hidden;
    log::WholeEvent whole;
    return print(Content::text, {}, [&](const log::EventRef& ref, std::string& out) {
      if (options_.count) return true;
      writer.append(raw ? whole.event(ref) : ref.event, ref.session, ref.ordinal, out);
      return true;
    });
  }

  Exit text() {
    event::TextWriter writer;
    log::WholeEvent whole;
    return print(Content::text, {}, [&](const log::EventRef& ref, std::string& out) {
      if (!options_.count) writer.append(whole.meaning(ref), ref.session, ref.ordinal, out);
      return true;
    });
  }

  Exit csv() {
    event::CsvWriter writer(csv_kind());
    log::WholeEvent whole;
    return print(
        Content::text, [&](std::string& out) { writer.append_header(out); },
        [&](const log::EventRef& ref, std::string& out) {
          // Only events around (--context) can be of another kind.
          if (ref.event.getBody().which() != writer.kind()) return false;
          if (!options_.count) writer.append(whole.meaning(ref), ref.session, ref.ordinal, out);
          return true;
        });
  }

  [[nodiscard]] event::Kind csv_kind() const {
    std::optional<event::Kind> found;
    for (const auto& pattern : event::parse_kinds("--kind", options_.input.select.kinds)) {
      for (std::size_t i = 0; i < event::kKinds; ++i) {
        const auto kind = static_cast<event::Kind>(i);
        if (!event::glob_matches(pattern, event::kind_name(kind))) continue;
        if (found && *found != kind) {
          throw Error(Fault::usage, "csv shows one kind of events at a time: give one --kind");
        }
        found = kind;
      }
    }
    if (!found) {
      throw Error(Fault::usage,
                  "csv shows one kind of events at a time: choose it with --kind, "
                  "such as --kind trade (tape-info lists what is there)");
    }
    return *found;
  }

  Exit raw() {
    const bool any_direction = !options_.input.select.directions.empty();
    const bool any_transport = !options_.input.select.transports.empty();
    const char terminator = options_.format == Format::raw ? '\n' : '\0';
    log::FrameBytes frames;
    return print(Content::text, {}, [&](const log::EventRef& ref, std::string& out) {
      const auto& event = ref.event;
      if (!any_direction && event.getDirection() != schema::Direction::RECEIVED) return false;
      if (!any_transport && !is_stream(event.getTransport())) return false;
      const auto bytes = frames.of(ref);
      if (!bytes) return false;
      out += *bytes;
      if (terminator == '\0' || !event.getUnterminated()) out += terminator;
      return true;
    });
  }

  Exit capnp() {
    log::WholeEvent whole;
    return print(Content::binary, {}, [&](const log::EventRef& ref, std::string& out) {
      if (options_.count) return true;
      // Ordinal 0 means "the one before plus 1", which a selection would make untrue.
      const auto framed = options_.stored ? ref.framed : whole.with_ordinal(ref);
      out.append(reinterpret_cast<const char*>(framed.data()), framed.size_bytes());
      return true;
    });
  }

  Exit tape() {
    std::optional<DerivedTape> copy;
    auto& input = open([&] { copy->flush(); });
    if (options_.count) {
      each(input, [](const log::EventRef&) { return true; });
      Output out(options_.output, Content::text);
      out.write(fmt::format("{}\n", used_));
      out.close();
      return finish(input);
    }
    const auto sink = make_sink(options_.output);
    copy.emplace(*sink, fmt::format("tape-cat {}", version()), options_.input.files);
    const auto before = options_.checkpoint ? state_before(options_.input, stop_) : nullptr;
    bool begun = false;
    each(input, [&](const log::EventRef& ref) {
      // Nothing before it: the tape begins at its beginning.
      if (!std::exchange(begun, true) && before && before->state().moment().ordinal != 0) {
        copy->add_checkpoint(before->state(), ref.event.getReceivedAt());
      }
      return copy->add(ref);
    });
    copy->close();
    return finish(input);
  }

  const CatOptions& options_;
  std::stop_token stop_;
  Progress progress_;
  std::optional<MergedInput> input_;
  std::uint64_t used_ = 0;
  bool interrupted_ = false;
};

}  // namespace

void add_cat_options(App& app, CatOptions& options) {
  static const std::map<std::string, Format> kFormats{
      {"json", Format::json}, {"raw", Format::raw},   {"raw0", Format::raw0},
      {"csv", Format::csv},   {"text", Format::text}, {"capnp", Format::capnp},
      {"tape", Format::tape},
  };
  auto& cli = app.options();
  cli.add_option_function<std::string>(
         "--format", [&options](const std::string& name) { options.format = kFormats.at(name); },
         "json (default), raw and raw0 (the received stream frames, one a line or NUL-ended), csv "
         "(of one --kind), text, capnp (bare messages), tape (a new tape)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"json", "raw", "raw0", "csv", "text", "capnp", "tape"}));
  cli.add_flag_callback(
      "--with-raw", [&options] { options.json.raw = event::Raw::shown; },
      "json: the frame's bytes too, under raw");
  cli.add_option_function<std::string>(
         "--numbers",
         [&options](const std::string& form) {
           options.json.decimals = form == "number" ? event::Numbers::number : event::Numbers::text;
         },
         "json: decimals as text (default: strings, exact) or number")
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "number"}));
  cli.add_flag("--stored", options.stored, "capnp: messages exactly as they are stored");
  cli.add_option_function<std::string>(
         "--checkpoint",
         [&options](const std::string& what) { options.checkpoint = what == "auto"; },
         "tape: with --from, begin with the state at that time (default: auto) or off")
      ->type_name("auto|off")
      ->check(CLI::IsMember({"auto", "off"}));
  cli.add_flag("--count", options.count, "print only how many there are");
}

Exit cat(const CatOptions& options, const std::stop_token& stop) {
  return Cat(options, stop).run();
}

}  // namespace tape::cli
