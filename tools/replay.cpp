// tape-replay: plays the events of tapes over ZeroMQ.
#include <tape/base/diag.h>
#include <tape/cli/input.h>
#include <tape/cli/progress.h>
#include <tape/flow/replay.h>

#include <unistd.h>

#include <map>
#include <string>

namespace {

using namespace tape;  // NOLINT: the whole program is about it

struct Options {
  cli::InputOptions input;
  flow::ReplayOptions replay;
  std::string bind;
  std::string connect;
  std::string speed = "1";
  cli::ProgressMode progress = cli::ProgressMode::automatic;
};

void declare(cli::App& app, Options& options) {
  auto& cli = app.options();
  auto& replay = options.replay;
  cli::add_files(app, options.input);
  auto* bind =
      cli.add_option("--bind", options.bind, "Endpoint to bind: tcp://127.0.0.1:5555, ipc://PATH")
          ->type_name("E");
  cli.add_option("--connect", options.connect, "Endpoint to connect to, where a consumer binds")
      ->type_name("E")
      ->excludes(bind);
  cli.add_option("--exec", replay.exec,
                 "Start this consumer by the shell with TAPE_ENDPOINT set (a private ipc socket, "
                 "unless --bind says "
                 "another); its failure is ours")
      ->type_name("CMD");
  cli.add_option("--pattern", replay.pattern,
                 "pub: to all that subscribe; push: each event to one worker")
      ->transform(CLI::Transformer(std::map<std::string, bus::Pattern>{
                                       {"pub", bus::Pattern::pub}, {"push", bus::Pattern::push}})
                      .description("{pub,push}"))
      ->type_name("pub|push")
      ->default_str("pub");
  cli.add_option("--speed", options.speed,
                 "Times the tape's own pace; max: as fast as the consumers take it")
      ->type_name("X|max")
      ->capture_default_str();
  cli.add_option("--wait", replay.wait,
                 "Start when so many consumers subscribe to tape/ or to everything, or so many "
                 "workers are connected; "
                 "0: at once")
      ->type_name("N")
      ->capture_default_str();
  app.add_duration("--wait-timeout", replay.wait_timeout,
                   "Fail when they do not come in this time");
  app.add_duration("--stall-timeout", replay.stall_timeout,
                   "Fail when a consumer takes nothing for this time");
  cli.add_option("--format", replay.payload,
                 "Form of the payload; raw: the frame as it was recorded")
      ->transform(
          CLI::Transformer(std::map<std::string, flow::Payload>{{"capnp", flow::Payload::capnp},
                                                                {"json", flow::Payload::json},
                                                                {"raw", flow::Payload::raw}})
              .description("{capnp,json,raw}"))
      ->type_name("capnp|json|raw")
      ->default_str("capnp");
  cli::add_progress(app, options.progress);
  cli::add_selection(app, options.input.select);
}

class Tapes final : public flow::EventSource {
 public:
  explicit Tapes(cli::MergedInput& input) : input_(input) {}
  const log::EventRef* next() override { return input_.next(); }

 private:
  cli::MergedInput& input_;
};

cli::Exit run(Options& options) {
  auto& replay = options.replay;
  if (options.bind.empty() && options.connect.empty() && replay.exec.empty()) {
    throw Error(Fault::usage, "where to? --bind E, --connect E or --exec CMD");
  }
  replay.attach = options.connect.empty() ? bus::Attach::bind : bus::Attach::connect;
  replay.endpoint = options.connect.empty() ? options.bind : options.connect;
  if (!replay.endpoint.empty()) bus::check_endpoint(replay.endpoint, replay.attach);
  replay.speed = flow::parse_speed(options.speed);
  const bool shown =
      options.progress == cli::ProgressMode::always ||
      (options.progress == cli::ProgressMode::automatic && ::isatty(STDERR_FILENO) != 0);
  if (shown) diag::set_verbose(true);

  const cli::Signals signals;
  cli::MergedInput input(options.input, signals.token());
  Tapes tapes(input);
  SystemClock clock;
  cli::Progress progress(options.progress, "replayed");
  flow::ReplayHooks hooks;
  hooks.on_ready = [](const std::string& endpoint) { diag::note("at " + endpoint); };
  hooks.on_start = [] { diag::note("playing"); };
  hooks.on_event = [&](std::uint64_t events) { progress.update(events); };
  hooks.on_damage = [&](const std::string& what) { input.note_damage(what); };
  hooks.on_end = [](const flow::ReplayReport& report) { diag::note(flow::describe(report)); };
  const auto report = flow::replay(replay, tapes, clock, signals.token(), hooks);
  if (report.played.stopped) return input.damages() > 0 ? cli::Exit::damaged : cli::Exit::done;
  return input.exit();
}

}  // namespace

int main(int argc, char** argv) {
  cli::App app("tape-replay",
               "plays the events of tapes over ZeroMQ, at their own pace or faster, to consumers",
               {{"tape-replay day.tape --bind tcp://127.0.0.1:5555",
                 "as it happened, once a consumer has subscribed"},
                {"tape-replay day.tape --speed max --exec ./my-test",
                 "all of it to a test that is started with it"},
                {"tape-replay day.tape --bind ipc:///tmp/t --pattern push --wait 3 --speed 10",
                 "to three workers"}});
  Options options;
  declare(app, options);
  return app.run(argc, argv, [&] { return run(options); });
}
