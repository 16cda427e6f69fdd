// The option declarations of input.h: the selection that all reading tools share.
#include <tape/cli/declare.h>
#include <tape/cli/input.h>

namespace tape::cli {

void add_files(App& app, InputOptions& options) {
  app.options()
      .add_option("FILE", options.files, "tapes; '-' is stdin; several are merged by receive time")
      ->type_name("")
      ->required();
}

void add_selection(App& app, SelectOptions& options) {
  constexpr const char* kGroup = "Selection";
  const auto list = [&](const char* name, std::vector<std::string>& target, const char* help,
                        const char* type) {
    app.add_list(name, target, help)->type_name(type)->group(kGroup);
  };
  add_time(app, "--from", options.from,
           "from this time on: 2026-11-22T10:00:00Z, a date, @SECONDS, +DURATION from the first "
           "event, -DURATION from the last, @#SESSION:ORDINAL")
      ->group(kGroup);
  add_time(app, "--to", options.to, "up to but without this time")->group(kGroup);
  app.options()
      .add_option("--by", options.by, "the stamp that --from and --to mean: receive, exchange")
      ->type_name("STAMP")
      ->check(CLI::IsMember({"receive", "exchange"}))
      ->group(kGroup);
  list("--venue", options.venues,
       "these venues (lists repeat or take commas; * matches as in the shell)", "V,...");
  list("--account", options.accounts, "these account labels", "A,...");
  list("--channel", options.channels, "these feeds or stream types", "C,...");
  list("--symbol", options.symbols, "these symbols, case ignored", "S,...");
  list("--kind", options.kinds, "these kinds of events: bookDelta, fill, gap, ...", "K,...");
  list("--connection", options.connections, "these connections: [SESSION:]N[-M]", "N,...");
  list("--direction", options.directions, "received, sent, local", "D,...");
  list("--transport", options.transports, "websocket, rest, pipe, zeromq, none", "T,...");
  list("--ordinal", options.ordinals, "these events: [SESSION:]A[-B]", "A,...");
  list("--id", options.ids, "events that name this order, fill, client or notification id",
       "ID,...");
  app.options()
      .add_option("--context", options.context, "also N events before and after each selected one")
      ->type_name("N")
      ->group(kGroup);
}

void add_follow(App& app, InputOptions& options) {
  app.options().add_flag("-f,--follow", options.follow,
                         "wait for more at the end of a tape that is being written, over rotation");
}

void add_limit(App& app, InputOptions& options) {
  app.options()
      .add_option("-n,--limit", options.limit, "stop after N events (0: no limit)")
      ->type_name("N");
}

}  // namespace tape::cli
