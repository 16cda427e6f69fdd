#include <tape/cli/declare.h>
#include <tape/cli/replay_options.h>

namespace tape::cli {
namespace {

void add_where(CLI::App& cli, ReplayArguments& arguments) {
  auto* bind =
      cli.add_option("--bind", arguments.bind, "Endpoint to bind: tcp://127.0.0.1:5555, ipc://PATH")
          ->type_name("E");
  cli.add_option("--connect", arguments.connect, "Endpoint to connect to, where a consumer binds")
      ->type_name("E")
      ->excludes(bind);
  cli.add_option("--exec", arguments.exec,
                 "Start this consumer by the shell with TAPE_ENDPOINT set (a private ipc socket, "
                 "unless --bind says another); its failure is ours")
      ->type_name("CMD");
  cli.add_option("--pattern", arguments.pattern,
                 "pub: to all that subscribe; push: each event to one worker")
      ->check(CLI::IsMember({"pub", "push"}))
      ->type_name("pub|push")
      ->capture_default_str();
  cli.add_option("--curve-server", arguments.curve_keys,
                 "Encrypt and authenticate by CURVE with the keys in this file; then any address "
                 "may be bound")
      ->type_name("FILE");
  cli.add_option("--curve-keygen", arguments.new_keys,
                 "Only make keys: the pair into this new file, the public one, which consumers "
                 "need, to stdout")
      ->type_name("FILE");
}

void add_pace(App& app, CLI::App& cli, ReplayArguments& arguments) {
  cli.add_option("--speed", arguments.speed,
                 "Times the tape's own pace; max: as fast as the consumers take it")
      ->type_name("X|max")
      ->capture_default_str();
  app.add_duration("--gap", arguments.gap, "Longest silence kept, in the tape's time");
  cli.add_option("--loop", arguments.loops, "Play so many times, as one run")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->capture_default_str();
  cli.add_flag("--spin", arguments.spin, "Do not sleep just before an event is due: costs a core");
  cli.add_flag("--clock", arguments.clock,
               "Tell the tape's time on tape/clock/, ten times a second");
  cli.add_option("--lockstep", arguments.lockstep,
                 "Send so many events, then each when a consumer grants it (credit, at --control)")
      ->type_name("N");
  app.add_duration("--barrier", arguments.barrier,
                   "With --lockstep: a credit is for so much of the tape's time; each end is told "
                   "on tape/clock/");
}

void add_consumers(App& app, CLI::App& cli, ReplayArguments& arguments) {
  cli.add_option("--wait", arguments.wait,
                 "Start when so many consumers subscribe to tape/ or to everything, or so many "
                 "workers are connected; 0: at once")
      ->type_name("N")
      ->capture_default_str();
  app.add_duration("--wait-timeout", arguments.wait_timeout,
                   "Fail when they do not come in this time")
      ->default_str("60s");
  app.add_duration("--stall-timeout", arguments.stall_timeout,
                   "Fail when a consumer takes or grants nothing for this time")
      ->default_str("60s");
}

void add_messages(CLI::App& cli, ReplayArguments& arguments) {
  cli.add_option("--format", arguments.format,
                 "Form of the payload; raw: the frame as it was recorded")
      ->check(CLI::IsMember({"capnp", "json", "raw"}))
      ->type_name("capnp|json|raw")
      ->capture_default_str();
  cli.add_option("--batch", arguments.batch,
                 "Events a message at most: capnp end to end, json a line each; those of several "
                 "topics go out on tape/batch/")
      ->check(CLI::Range(1, 65536))
      ->type_name("N")
      ->capture_default_str();
  cli.add_option("--prime", arguments.prime,
                 "What begins in the middle (--from, seek, --loop) begins with the state there, "
                 "computed: all of it on tape/state/, or as the venue's own snapshots")
      ->check(CLI::IsMember({"checkpoint", "venue", "off"}))
      ->type_name("checkpoint|venue|off")
      ->capture_default_str();
  cli.add_flag("--tell-topics", arguments.tell_topics,
               "Send gaps, lost connections and the like once more on each topic they concern");
}

}  // namespace

void add_replay_options(App& app, ReplayArguments& arguments) {
  auto& cli = app.options();
  add_files(app, arguments.input);
  // --curve-keygen plays nothing.
  cli.get_option("FILE")->required(false);
  add_where(cli, arguments);
  add_pace(app, cli, arguments);
  add_consumers(app, cli, arguments);
  add_messages(cli, arguments);
  cli.add_option("--control", arguments.control,
                 "Endpoint (REP) at which operators ask in JSON: status, pause, resume, step, "
                 "seek, speed, stop, credit")
      ->type_name("E");
  cli.add_option("--receipt", arguments.receipt,
                 "Write what was sent, its digest, lateness and stalls to this file as JSON; -: "
                 "stderr")
      ->type_name("FILE");
  add_progress(app, arguments.progress);
  add_selection(app, arguments.input.select);
}

}  // namespace tape::cli
