// tape-replay: plays the events of tapes over ZeroMQ.
#include <tape/base/diag.h>
#include <tape/bus/curve.h>
#include <tape/cli/keys.h>
#include <tape/cli/output.h>
#include <tape/cli/replay_options.h>
#include <tape/cli/replayable.h>
#include <tape/cli/status.h>
#include <tape/flow/play/primer.h>
#include <tape/flow/play/replay.h>

#include <fmt/format.h>
#include <unistd.h>

#include <string>

namespace {

using namespace tape;  // NOLINT: the whole program is about it

flow::ReplayOptions replay_options(const cli::ReplayArguments& arguments) {
  flow::ReplayOptions replay;
  if (arguments.input.files.empty()) throw Error(Fault::usage, "FILE is required");
  if (arguments.bind.empty() && arguments.connect.empty() && arguments.exec.empty())
    throw Error(Fault::usage, "where to? --bind E, --connect E or --exec CMD");
  replay.attach = arguments.connect.empty() ? bus::Attach::bind : bus::Attach::connect;
  replay.endpoint = arguments.connect.empty() ? arguments.bind : arguments.connect;
  replay.curve_keys = arguments.curve_keys;
  if (!replay.endpoint.empty()) {
    bus::check_endpoint(replay.endpoint, replay.attach,
                        replay.curve_keys.empty() ? bus::Safety::plain : bus::Safety::curve);
  }
  replay.exec = arguments.exec;
  if (arguments.pattern == "push") replay.pattern = bus::Pattern::push;
  if (arguments.format == "json") replay.payload = flow::Payload::json;
  if (arguments.format == "raw") replay.payload = flow::Payload::raw;
  replay.speed = flow::parse_speed(arguments.speed);
  replay.gap = arguments.gap;
  replay.loops = arguments.loops;
  replay.batch = arguments.batch;
  replay.tell_topics = arguments.tell_topics;
  replay.clock = arguments.clock;
  replay.spin = arguments.spin;
  replay.wait = arguments.wait;
  replay.wait_timeout = arguments.wait_timeout;
  replay.stall_timeout = arguments.stall_timeout;
  replay.lockstep = arguments.lockstep;
  replay.barrier = arguments.barrier;
  replay.control = arguments.control;
  flow::check(replay);
  return replay;
}

flow::Prime prime_of(const std::string& word) {
  if (word == "off") return flow::Prime::off;
  return word == "venue" ? flow::Prime::venue : flow::Prime::checkpoint;
}

/// Space pauses and resumes, the right arrow plays one event, + and - double and halve the speed.
flow::Command command_of(cli::Key key, const flow::Player& player) {
  using Verb = flow::Command::Verb;
  switch (key) {
    case cli::Key::space:
      return {player.paused() ? Verb::resume : Verb::pause, 1, 1, {}};
    case cli::Key::right:
      return {Verb::step, 1, 1, {}};
    case cli::Key::plus:
      return {Verb::speed, 1, player.speed() * 2, {}};
    case cli::Key::minus:
      return {Verb::speed, 1, player.speed() > 0 ? player.speed() / 2 : 1, {}};
    case cli::Key::quit:
      return {Verb::stop, 1, 1, {}};
  }
  return {};
}

void write_receipt(const std::string& path, const std::string& receipt) {
  if (path == "-") {
    const auto line = receipt + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return;
  }
  cli::Output output({path, true}, cli::Content::text);
  output.write(receipt + "\n");
  output.close();
}

cli::Exit run(const cli::ReplayArguments& arguments) {
  if (!arguments.new_keys.empty()) {
    const auto keys = bus::make_curve_keys();
    bus::write_curve_keys(arguments.new_keys, keys);
    return cli::print(keys.public_key + "\n");
  }
  const auto options = replay_options(arguments);
  const bool shown = arguments.progress != cli::ProgressMode::never;
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  if (arguments.progress == cli::ProgressMode::always || (shown && terminal))
    diag::set_verbose(true);
  sharpen_sleeps();
  const cli::Signals signals;
  cli::ReplayableInput input(arguments.input, flow::primer(prime_of(arguments.prime)),
                             signals.token());
  if (options.loops > 1) input.check_rewind();
  SystemClock clock;
  cli::Keys keys;
  cli::StatusLine status;
  Nanos drawn = 0;
  flow::ReplayHooks hooks;
  hooks.on_ready = [](const std::string& endpoint) { diag::note("at " + endpoint); };
  hooks.on_start = [] { diag::note("playing"); };
  hooks.on_damage = [&](const std::string& what) { input.note_damage(what); };
  hooks.on_end = [&](const flow::ReplayReport& report) {
    diag::note(flow::describe(report));
    if (!arguments.receipt.empty()) write_receipt(arguments.receipt, report.receipt);
  };
  if (shown && terminal) {
    hooks.ask = [&](const flow::Player& player) -> std::optional<flow::Command> {
      if (const Nanos now = clock.monotonic(); now - drawn > 200 * kMillisecond) {
        drawn = now;
        status.show(player.line());
      }
      const auto key = keys.next();
      return key ? std::optional(command_of(*key, player)) : std::nullopt;
    };
  }
  const auto report = flow::replay(options, input, clock, signals.token(), hooks);
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
  cli::ReplayArguments arguments;
  cli::add_replay_options(app, arguments);
  return app.run(argc, argv, [&] { return run(arguments); });
}
