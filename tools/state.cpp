// tape-state: the books and accounts at a time, rebuilt from snapshots and deltas.
#include <tape/base/error.h>
#include <tape/cli/input.h>
#include <tape/cli/output.h>
#include <tape/cli/progress.h>
#include <tape/event/json.h>
#include <tape/state/view.h>

namespace {

namespace cli = tape::cli;
namespace state = tape::state;

struct Options {
  cli::InputOptions input;
  cli::OutputOptions output;
  cli::ProgressMode progress = cli::ProgressMode::automatic;
  std::optional<cli::TimeSpec> at;
  std::string view = "all";
  std::string format = "text";
  std::string numbers = "text";
  std::optional<std::int64_t> depth;
  tape::Nanos every = 0;
  std::vector<std::string> venues;
  std::vector<std::string> accounts;
  std::vector<std::string> symbols;
};

state::Scope scope_of(const Options& options, state::View view) {
  constexpr std::int64_t kTextDepth = 10;
  state::Scope scope;
  state::restrict_to(view, scope);
  const auto depth = options.depth.value_or(options.format == "text" ? kTextDepth : 0);
  if (depth != 0) scope.depth = static_cast<std::size_t>(depth);
  scope.venue_patterns = tape::event::split_list("--venue", options.venues);
  scope.account_patterns = tape::event::split_list("--account", options.accounts);
  scope.symbol_patterns = tape::event::split_list("--symbol", options.symbols);
  return scope;
}

cli::Exit run(Options options) {
  cli::refuse_same_file(options.output, options.input.files);
  const auto view = state::view_from_name(options.view).value();
  const auto scope = scope_of(options, view);
  std::optional<cli::TimeSpec> last;  // a citation ends behind its event, a time behind its moment
  if (options.at && options.at->from == cli::TimeSpec::From::event) {
    last = options.at;
  } else if (options.at) {
    options.at->value += options.at->from == cli::TimeSpec::From::last ? -1 : 1;
    options.input.select.to = options.at;
  }
  cli::MergedInput input(options.input);
  cli::Output output(options.output, cli::Content::text);
  cli::Progress progress(options.progress, "state");
  tape::event::JsonWriter json(
      {options.numbers == "number" ? tape::event::Numbers::number : tape::event::Numbers::text});
  state::State state;
  const auto print = [&] {
    if (options.format == "json") {
      state::append_json(state, scope, json, output.buffer());
    } else {
      state::append_text(state, scope, view, output.buffer());
    }
    output.commit();
  };

  std::uint64_t events = 0;
  std::uint64_t damages = 0;
  tape::Nanos boundary = 0;
  bool found = false;
  while (!found) {
    const auto* ref = input.next();
    if (ref == nullptr) break;
    const tape::Nanos at = ref->event.getReceivedAt();
    if (options.every > 0 && at >= boundary) {
      // A state a grid point at which something had changed; a long silence is one line.
      if (events != 0) print();
      boundary = at - at % options.every + options.every;
    }
    if (input.damages() != damages) {
      damages = input.damages();
      state.doubt_all("a part of the tape could not be read", {at, ref->session, ref->ordinal});
    }
    try {
      state.apply(ref->event, ref->session, ref->ordinal);
    } catch (const tape::Error& error) {
      if (error.fault != tape::Fault::format) throw;
      input.note_damage(error.what());
    }
    found = last && ref->session == last->session && ref->ordinal == last->ordinal;
    progress.update(++events);
  }
  if (last && !found) {
    throw tape::Error(tape::Fault::usage, "--at: the input has no such event");
  }
  print();
  output.close();
  return input.exit();
}

void declare(cli::App& app, Options& options) {
  cli::add_files(app, options.input);
  cli::add_time(app, "--at", options.at,
                "the state after the last event received at or before this time (default: the "
                "end); with @#SESSION:ORDINAL, after that event");
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
  choice("--format", options.format, "text for people; json, an object a line", {"text", "json"});
  choice("--numbers", options.numbers, "json: decimals as text (exact) or number",
         {"text", "number"});
  app.add_list("--venue", options.venues, "show these venues (commas; * matches as in the shell)");
  app.add_list("--account", options.accounts, "show these account labels");
  app.add_list("--symbol", options.symbols, "show the books of these symbols, case ignored");
  cli::add_output(app, options.output);
  cli::add_progress(app, options.progress);
}

}  // namespace

int main(int argc, char** argv) {
  cli::App app("tape-state", "shows the state at a time, rebuilt from snapshots and deltas",
               {{"tape-state day.tape --view account", "positions and balances at the end"},
                {"tape-state day.tape --at 2026-11-22T10:00:03.217 --view books --depth 5",
                 "the best five levels of every book at that time"},
                {"tape-state day.tape --every 1s --view books --depth 1 --format json | jq .",
                 "the best prices, second by second"}});
  Options options;
  declare(app, options);
  return app.run(argc, argv, [&] { return run(std::move(options)); });
}
