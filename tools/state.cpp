// tape-state: the books and accounts at a time, rebuilt from snapshots and deltas.
#include <tape/base/error.h>
#include <tape/cli/app.h>
#include <tape/cli/input.h>
#include <tape/cli/output.h>
#include <tape/cli/progress.h>
#include <tape/event/json.h>
#include <tape/state/state.h>
#include <tape/state/view.h>

#include <capnp/message.h>

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
  std::optional<std::size_t> depth;
  tape::Nanos every = 0;
  std::vector<std::string> venues;
  std::vector<std::string> accounts;
  std::vector<std::string> symbols;
};

constexpr std::size_t kTextDepth = 10;

/// Prints one state after the other in the form that was asked for.
class Printer {
 public:
  explicit Printer(const Options& options)
      : view_(*state::view_from_name(options.view)),
        json_(options.format == "json"),
        writer_({options.numbers == "number" ? tape::event::Numbers::number
                                             : tape::event::Numbers::text}),
        output_(options.output, cli::Content::text) {
    state::restrict_to(view_, scope_);
    if (options.depth) {
      if (*options.depth != 0) scope_.depth = *options.depth;
    } else if (!json_) {
      scope_.depth = kTextDepth;
    }
    scope_.venue_patterns = tape::event::split_list("--venue", options.venues);
    scope_.account_patterns = tape::event::split_list("--account", options.accounts);
    scope_.symbol_patterns = tape::event::split_list("--symbol", options.symbols);
  }

  void print(const state::State& state) {
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<tape::schema::State>();
    state.write(root, scope_);
    auto& out = output_.buffer();
    if (json_) {
      writer_.append_struct(root.asReader(), out);
      out += '\n';
    } else {
      state::append_text(root.asReader(), view_, out);
    }
    output_.commit();
  }
  void close() { output_.close(); }

 private:
  state::View view_;
  bool json_;
  state::Scope scope_;
  tape::event::JsonWriter writer_;
  cli::Output output_;
};

/// Where reading ends: behind the last event received at or before --at; with @#SESSION:ORDINAL
/// behind that event.
struct Until {
  std::optional<cli::TimeSpec> event;
  explicit Until(Options& options) {
    if (!options.at) return;
    auto to = *options.at;
    if (to.from == cli::TimeSpec::From::event) {
      event = to;
      return;
    }
    to.value += to.from == cli::TimeSpec::From::last ? -1 : 1;  // --to does not include its time
    options.input.select.to = to;
  }
  [[nodiscard]] bool is(const tape::log::EventRef& ref) const {
    return event && ref.session == event->session && ref.ordinal == event->ordinal;
  }
};

cli::Exit run(Options options) {
  const Until until(options);
  cli::refuse_same_file(options.output, options.input.files);
  cli::MergedInput input(options.input);
  Printer printer(options);
  cli::Progress progress(options.progress, "state");
  state::State state;
  std::uint64_t events = 0;
  std::uint64_t damages = 0;
  tape::Nanos boundary = 0;
  bool ended = false;
  while (const auto* ref = input.next()) {
    const tape::Nanos at = ref->event.getReceivedAt();
    if (options.every > 0 && at >= boundary) {
      // A state a grid point at which something had changed; a long silence is one line.
      if (events != 0) printer.print(state);
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
    progress.update(++events);
    if ((ended = until.is(*ref))) break;
  }
  if (until.event && !ended) {
    throw tape::Error(tape::Fault::usage, "--at: there is no such event in the input");
  }
  printer.print(state);
  printer.close();
  return input.exit();
}

void declare(cli::App& app, Options& options) {
  cli::add_files(app, options.input);
  cli::add_time(app, "--at", options.at,
                "the state after the last event received at or before this time (default: the "
                "end); with @#SESSION:ORDINAL, after that event");
  app.options()
      .add_option("--view", options.view, "account, positions, orders, books, status, all")
      ->type_name("VIEW")
      ->check(CLI::IsMember({"account", "positions", "orders", "books", "status", "all"}))
      ->capture_default_str();
  app.options()
      .add_option("--depth", options.depth,
                  "levels a side of each book; 0: all (default: 10 in text, all in JSON)")
      ->type_name("N");
  app.add_duration("--every", options.every,
                   "a state each time this much has gone by and something has changed, and the "
                   "last one");
  app.options()
      .add_option("--format", options.format, "text for people, json: an object a line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.options()
      .add_option("--numbers", options.numbers, "decimals in JSON as text or number")
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "number"}))
      ->capture_default_str();
  app.add_list("--venue", options.venues, "what is shown: these venues (* as in the shell)");
  app.add_list("--account", options.accounts, "these account labels");
  app.add_list("--symbol", options.symbols, "books of these symbols, case ignored");
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
