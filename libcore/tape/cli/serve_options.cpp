#include <tape/base/error.h>
#include <tape/cli/declare.h>
#include <tape/cli/serve_options.h>

#include <charconv>

namespace tape::cli {

StartArgument parse_start(const std::string& text) {
  constexpr std::string_view kCounted = "subscribe:";
  StartArgument start{text};
  if (text.starts_with(kCounted)) {
    start.on = "subscribe";
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + kCounted.size(), end, start.subscriptions);
    if (parsed.ec == std::errc{} && parsed.ptr == end && start.subscriptions > 0) return start;
  } else if (text == "connect" || text == "subscribe" || text == "now") {
    return start;
  }
  throw Error(Fault::usage,
              "--start-on " + text + ": expected connect, subscribe, subscribe:N or now");
}

void add_serve_options(App& app, ServeArguments& arguments) {
  auto& cli = app.options();
  add_files(app, arguments.input);
  cli.add_option("--venue", arguments.venue, "The venue to be, where the tapes have several")
      ->type_name("V");
  cli.add_option("--listen", arguments.listen,
                 "Where WebSocket and REST are served, with port 0 a free one; the addresses are "
                 "told on stdout, as JSON")
      ->type_name("ADDR:PORT")
      ->required();
  cli.add_option("--tls", arguments.tls, "Serve over TLS by these PEM files")
      ->type_name("CERT KEY")
      ->expected(2);
  cli.add_option("--speed", arguments.speed,
                 "Times the tape's own pace; max: as fast as the clients take it")
      ->type_name("X|max")
      ->capture_default_str();
  app.add_duration("--gap", arguments.gap, "Longest silence kept, in the tape's time");
  cli.add_option(
         "--start-on", arguments.start_on,
         "What starts the tape's clock: the first client that connects or asks by REST, the "
         "first that subscribes (with :N so many subscriptions, a feed and a product each), or "
         "nothing")
      ->type_name("connect|subscribe[:N]|now")
      ->capture_default_str();
  app.add_list("--account", arguments.accounts,
               "An account of the tape and where the keys are that clients sign with: "
               "LABEL=file:PATH, LABEL=env:PREFIX or LABEL=credential:NAME; repeats");
  cli.add_flag("--accept-any-key", arguments.any_key, "Take any key, and any signature");
  app.add_duration("--lockstep", arguments.lockstep,
                   "Clients do what the recorder did: each is paired with a connection of the "
                   "tape, which waits so long for it to ask what the recorder asked");
  cli.add_option("--seed", arguments.seed, "Of what is made up: challenges, listen keys, faults")
      ->type_name("N")
      ->capture_default_str();
  app.add_list("--fault", arguments.faults,
               "What goes wrong, and when in the tape's time: drop@T, silence@T+D, http502@T+D, "
               "empty-body@T+D, ban@T+D, refuse@T+D, maintenance@T+D, post-only@T+D, skip-seq@T, "
               "duplicate@T, cut-frame@T, expire-keys@T; repeats");
  cli.add_option("--scenario", arguments.scenario,
                 "TOML with [[fault]] tables: the same, with conditions, chances and all settings")
      ->type_name("FILE");
  cli.add_option(
         "--truth", arguments.truth,
         "Write what went wrong here, a JSON object a line: what a recording is held against")
      ->type_name("FILE");
  add_time(app, "--from", arguments.input.select.from,
           "Begin here, with the state at this time: a time, +DURATION from the first event, "
           "-DURATION from the last, @#SESSION:ORDINAL");
  add_time(app, "--to", arguments.input.select.to, "End before this time");
}

}  // namespace tape::cli
