#include <tape/base/error.h>
#include <tape/cli/declare.h>
#include <tape/cli/start.h>
#include <tape/cli/state.h>
#include <tape/event/json.h>
#include <tape/state/check.h>
#include <tape/state/rebuild.h>
#include <tape/state/view.h>

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace tape::cli {
namespace {

state::Scope scope_of(const StateOptions& options, state::View view) {
  constexpr std::int64_t kTextDepth = 10;
  state::Scope scope;
  state::restrict_to(view, scope);
  const bool few = options.format == "text" && options.diff.empty();
  const auto depth = options.depth.value_or(few ? kTextDepth : 0);
  if (depth != 0) scope.depth = static_cast<std::size_t>(depth);
  scope.venue_patterns = event::split_list("--venue", options.venues);
  scope.account_patterns = event::split_list("--account", options.accounts);
  scope.symbol_patterns = event::split_list("--symbol", options.symbols);
  return scope;
}

TimeSpec exactly(Nanos moment) {
  TimeSpec spec;
  spec.value = moment;
  return spec;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

/// A line of JSON, member by member; what is empty is left out.
class Line {
 public:
  Line& add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    text_ += text_.empty() ? "{" : ",";
    event::append_json_string(name, text_);
    text_ += ':';
    event::append_json_string(value, text_);
    return *this;
  }
  Line& add(std::string_view name, std::uint64_t value) {
    text_ += text_.empty() ? "{" : ",";
    event::append_json_string(name, text_);
    text_ += fmt::format(":{}", value);
    return *this;
  }
  [[nodiscard]] std::string text() const { return text_.empty() ? "{}\n" : text_ + "}\n"; }

 private:
  std::string text_;
};

class StateTool {
 public:
  StateTool(StateOptions options, const std::stop_token& stop)
      : options_(std::move(options)),
        stop_(stop),
        view_(state::view_from_name(options_.view).value()),
        scope_(scope_of(options_, view_)),
        progress_(options_.progress, "state"),
        json_({options_.numbers == "number" ? event::Numbers::number : event::Numbers::text}) {}

  Exit run() {
    refuse_same_file(options_.output, options_.input.files);
    if (options_.at && (options_.input.follow || !options_.diff.empty() || options_.check)) {
      throw Error(Fault::usage, "--at: not together with --follow, --diff or --check");
    }
    if (!options_.diff.empty() && (options_.input.follow || options_.check || options_.every > 0)) {
      throw Error(Fault::usage, "--diff: not together with --follow, --check or --every");
    }
    if (options_.check && options_.every > 0) {
      throw Error(Fault::usage, "--check: not together with --every");
    }
    output_.emplace(options_.output, Content::text);
    if (!options_.diff.empty()) return diff();
    if (options_.check) return check();
    return options_.at ? at() : whole();
  }

 private:
  [[nodiscard]] const state::State& state() const { return rebuild_->state(); }

  /// Opens the inputs as `input` says; behind a checkpoint where there is a good one.
  void open(const InputOptions& input, std::unique_ptr<state::State> known = nullptr) {
    feed_ = {};
    rebuild_ = known ? std::make_unique<state::Rebuild>(std::move(known))
                     : std::make_unique<state::Rebuild>();
    auto without = input;
    without.frames = log::FrameUse::unwanted;
    input_.emplace(without, stop_);
  }

  void apply(const log::EventRef& ref) {
    feed_.apply(*input_, ref, *rebuild_);
    progress_.update(++events_);
  }

  void print() {
    if (options_.format == "json") {
      state::append_json(state(), scope_, json_, output_->buffer());
    } else {
      state::append_text(state(), scope_, view_, output_->buffer());
    }
    output_->commit();
    printed_ = events_;
  }

  Exit close(Exit exit) {
    output_->close();
    return exit;
  }

  /// The state after the last event received at or before the moment.
  void read_to(Nanos moment) {
    auto input = options_.input;
    auto known = start_near(input, moment);
    input.select.to = exactly(moment + 1);
    open(input, std::move(known));
    while (const auto* ref = input_->next()) apply(*ref);
  }

  Exit at() {
    const bool event = options_.at->from == TimeSpec::From::event;
    if (event) return at_event(*options_.at);
    if (can_seek(options_.input)) {
      read_to(resolve_time(*options_.at, options_.input.files));
    } else {
      auto input = options_.input;
      input.select.to = options_.at;
      input.select.to->value += options_.at->from == TimeSpec::From::last ? -1 : 1;
      open(input);
      while (const auto* ref = input_->next()) apply(*ref);
    }
    print();
    return close(input_->exit());
  }

  Exit at_event(const TimeSpec& last) {
    auto input = options_.input;
    std::unique_ptr<state::State> known;
    if (can_seek(input)) {
      const auto moment = resolve_time(last, input.files);
      known = start_near(input, moment, last.session, last.ordinal);
    }
    bool found = known && known->moment().ordinal == last.ordinal;
    open(input, std::move(known));
    while (!found) {
      const auto* ref = input_->next();
      if (ref == nullptr) throw Error(Fault::usage, "--at: the input has no such event");
      apply(*ref);
      found = ref->session == last.session && ref->ordinal == last.ordinal;
    }
    print();
    return close(input_->exit());
  }

  /// To the end, or on and on.
  Exit whole() {
    auto input = options_.input;
    std::unique_ptr<state::State> known;
    if (options_.every == 0) known = start_near(input, std::numeric_limits<Nanos>::max());
    if (options_.input.follow) {
      input.before_wait = [this] {
        if (options_.every == 0 && events_ != printed_) print();
        output_->flush();
      };
    }
    open(input, std::move(known));
    Nanos boundary = 0;
    while (const auto* ref = input_->next()) {
      const Nanos received = ref->event.getReceivedAt();
      if (options_.every > 0 && received >= boundary) {
        // A state a grid point at which something had changed; a long silence is one line.
        if (events_ != 0) print();
        boundary = received - received % options_.every + options_.every;
      }
      apply(*ref);
    }
    if (!options_.input.follow || events_ != printed_) print();
    return close(input_->exit());
  }

  // ---- --diff

  Exit diff() {
    std::vector<Nanos> moments;
    for (const auto& text : options_.diff) {
      const auto spec = parse_time(text);
      if (!spec) throw Error(Fault::usage, fmt::format("--diff {}: expected a time", text));
      moments.push_back(resolve_time(*spec, options_.input.files));
    }
    if (!can_seek(options_.input)) {
      throw Error(Fault::usage, "--diff reads its input twice: it needs files, not a pipe");
    }
    read_to(moments[0]);
    const auto exit = input_->exit();
    capnp::MallocMessageBuilder before;
    auto one = before.initRoot<schema::State>();
    state().write(one, scope_);
    read_to(moments[1]);
    capnp::MallocMessageBuilder after;
    auto other = after.initRoot<schema::State>();
    state().write(other, scope_);
    for (const auto& each : state::Differ().diff(one.asReader(), other.asReader())) {
      const auto change = each.change ? format_decimal(*each.change) : std::string();
      if (options_.format == "json") {
        output_->write(Line()
                           .add("entry", each.entry)
                           .add("field", each.field)
                           .add("before", each.before)
                           .add("after", each.after)
                           .add("change", change)
                           .text());
      } else {
        output_->write(fmt::format(
            "{}{}{}: {} -> {}{}\n", state::printable(each.entry), each.entry.empty() ? "" : " ",
            each.field, state::printable(or_dash(each.before)),
            state::printable(or_dash(each.after)), change.empty() ? "" : " (" + change + ")"));
      }
    }
    return close(worse(exit, input_->exit()));
  }

  // ---- --check

  Exit check() {
    auto input = options_.input;
    if (input.follow) input.before_wait = [this] { output_->flush(); };
    open(input);
    std::uint64_t drifts = 0;
    while (const auto* ref = input_->next()) {
      checker_.before(state(), ref->event);
      apply(*ref);
      for (const auto& drift : checker_.after(state(), ref->event)) {
        ++drifts;
        show(drift);
      }
    }
    if (options_.format == "json") {
      output_->write(Line()
                         .add("checked", checker_.checked())
                         .add("notComparable", checker_.not_comparable())
                         .add("drifts", drifts)
                         .text());
    } else {
      output_->write(
          fmt::format("{} snapshots held against the state, {} had nothing to be held "
                      "against, {} differences\n",
                      checker_.checked(), checker_.not_comparable(), drifts));
    }
    return close(drifts == 0 ? input_->exit() : worse(Exit::damaged, input_->exit()));
  }

  void show(const state::Drift& drift) {
    const auto& what = drift.what;
    const auto change = what.change ? format_decimal(*what.change) : std::string();
    if (options_.format == "json") {
      output_->write(Line()
                         .add("part", drift.part)
                         .add("rule", drift.rule)
                         .add("entry", what.entry)
                         .add("field", what.field)
                         .add("rebuilt", what.before)
                         .add("snapshot", what.after)
                         .add("difference", change)
                         .add("rebuiltAt", format_rfc3339(drift.rebuilt.received_at))
                         .add("rebuiltSession", fmt::format("{:016x}", drift.rebuilt.session))
                         .add("rebuiltOrdinal", drift.rebuilt.ordinal)
                         .add("snapshotAt", format_rfc3339(drift.snapshot.received_at))
                         .add("snapshotSession", fmt::format("{:016x}", drift.snapshot.session))
                         .add("snapshotOrdinal", drift.snapshot.ordinal)
                         .text());
      return;
    }
    const bool rule = !drift.rule.empty();
    output_->write(fmt::format(
        "{}: {}{} {}{}: {} {} at {} (@#{:016x}:{}), {} {} at {} (@#{:016x}:{}){}\n",
        state::printable(drift.part), rule ? "rule " : "", drift.rule, state::printable(what.entry),
        what.field.empty() ? "" : " " + what.field, rule ? "expected" : "rebuilt",
        state::printable(or_dash(what.before)), format_rfc3339(drift.rebuilt.received_at),
        drift.rebuilt.session, drift.rebuilt.ordinal, rule ? "found" : "snapshot",
        state::printable(or_dash(what.after)), format_rfc3339(drift.snapshot.received_at),
        drift.snapshot.session, drift.snapshot.ordinal,
        change.empty() ? "" : ", difference " + change));
  }

  StateOptions options_;
  std::stop_token stop_;
  state::View view_;
  state::Scope scope_;
  Progress progress_;
  event::JsonWriter json_;
  std::optional<Output> output_;
  std::optional<MergedInput> input_;
  std::unique_ptr<state::Rebuild> rebuild_;
  state::Checker checker_;
  RebuildFeed feed_;
  std::uint64_t events_ = 0;
  std::uint64_t printed_ = 0;  // events_ at the last print
};

}  // namespace

void add_state_options(App& app, StateOptions& options) {
  add_files(app, options.input);
  add_time(app, "--at", options.at,
           "the state after the last event received at or before this time (default: the end); "
           "with @#SESSION:ORDINAL, after that event");
  const auto choice = [&](const char* name, std::string& target, const char* help,
                          const std::vector<std::string>& values) {
    app.options()
        .add_option(name, target, help)
        ->type_name("NAME")
        ->check(CLI::IsMember(values))
        ->capture_default_str();
  };
  choice("--view", options.view, "what is shown",
         {"account", "positions", "orders", "books", "status", "all"});
  app.options()
      .add_option("--depth", options.depth,
                  "levels a side of each book, 0 for all (default: text 10, json all)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000}).description(""));
  app.add_duration("--every", options.every,
                   "a state each time this much has gone by and something has changed, then the "
                   "last one");
  app.options()
      .add_option("--diff", options.diff, "what is different at the second time")
      ->type_name("T1 T2")
      ->expected(2);
  app.options().add_flag("--check", options.check,
                         "hold each recorded snapshot against the state rebuilt just before it; "
                         "exit 3 when they differ or a rule of arithmetic does not hold");
  add_follow(app, options.input);
  choice("--format", options.format, "text for people; json, an object a line", {"text", "json"});
  choice("--numbers", options.numbers, "json: decimals as text (exact) or number",
         {"text", "number"});
  app.add_list("--venue", options.venues, "show these venues (commas; * matches as in the shell)");
  app.add_list("--account", options.accounts, "show these account labels");
  app.add_list("--symbol", options.symbols, "show the books of these symbols, case ignored");
  add_output(app, options.output);
  add_progress(app, options.progress);
}

Exit show_state(StateOptions options, const std::stop_token& stop) {
  return StateTool(std::move(options), stop).run();
}

}  // namespace tape::cli
