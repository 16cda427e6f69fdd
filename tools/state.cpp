// tape-state: the books and accounts at a time, rebuilt from snapshots and deltas.
#include <tape/cli/state.h>

#include <optional>
#include <utility>

int main(int argc, char** argv) {
  namespace cli = tape::cli;
  cli::App app("tape-state", "shows the state at a time, rebuilt from snapshots and deltas",
               {{"tape-state day.tape --view account", "positions and balances at the end"},
                {"tape-state day.tape --at 2026-11-22T10:00:03.217 --view books --depth 5",
                 "the best five levels of every book at that time"},
                {"tape-state day.tape --every 1s --view books --depth 1 --format json | jq .",
                 "the best prices, second by second"},
                {"tape-state day.tape --diff +1h +2h --view account",
                 "what the second hour changed in the accounts"},
                {"tape-state day.tape --check", "whether recorded snapshots agree"}});
  cli::StateOptions options;
  cli::add_state_options(app, options);
  return app.run(argc, argv, [&] {
    std::optional<cli::Signals> signals;
    if (options.input.follow) signals.emplace();
    return cli::show_state(std::move(options), signals ? signals->token() : std::stop_token());
  });
}
