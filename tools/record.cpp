// tape-record: records frames from pipes, files and live venues to a tape.
#include <tape/base/diag.h>
#include <tape/base/version.h>
#include <tape/cli/app.h>
#include <tape/cli/derived.h>
#include <tape/cli/output.h>
#include <tape/cli/record_options.h>
#include <tape/cli/status.h>
#include <tape/flow/live/setup.h>
#include <tape/flow/recorder.h>
#include <tape/flow/relay.h>

#include <fmt/format.h>

namespace {

using tape::cli::Exit;
using Arguments = tape::cli::RecordArguments;
namespace flow = tape::flow;

flow::RecorderOptions recorder_options(const Arguments& arguments) {
  flow::RecorderOptions options;
  options.recorder = fmt::format("tape-record {}", tape::version());
  options.venue = flow::parse_venue(arguments.venue);
  options.form = flow::parse_form(arguments.input);
  options.sources = arguments.sources;
  options.flush = arguments.flush;
  if (arguments.keep_raw == "always") options.keep_raw = tape::event::KeepRaw::always;
  options.paranoid = arguments.paranoid;
  options.sync = flow::parse_sync(arguments.sync);
  options.writer = tape::cli::writer_options(arguments);
  options.checkpoint = flow::parse_checkpoint(arguments.checkpoint);
  if (arguments.limit != 0) options.limit = arguments.limit;
  if (arguments.duration != 0) options.duration = arguments.duration;
  options.configuration = tape::cli::settings_of(arguments);
  return options;
}

flow::LiveWishes wishes(const Arguments& arguments, const tape::cli::Config& config) {
  flow::LiveWishes wishes{arguments.sources,   arguments.symbols, arguments.feeds,
                          arguments.endpoints, arguments.polls,   {}};
  for (const auto& account : arguments.accounts)
    wishes.accounts.push_back(flow::parse_live_account(account));
  for (const auto& record : config.records("account"))
    wishes.accounts.push_back(flow::account_of(record.pairs(), record.where));
  return wishes;
}

flow::LiveOptions live_options(const Arguments& arguments, flow::RecorderOptions record) {
  flow::LiveOptions options;
  options.recorder = std::move(record);
  // No event leaves before it was flushed, so publishing in time means flushing in time.
  if (!arguments.publish.empty()) options.recorder.flush = 0;
  options.wire.tls = {arguments.ca_file, !arguments.insecure};
  options.wire.backoff.most = arguments.reconnect;
  options.wire.probe = arguments.probe;
  options.wire.metrics = arguments.metrics;
  options.accept = arguments.accept;
  options.publish = arguments.publish;
  options.metrics_file = arguments.metrics_file;
  options.stalls.at_least = arguments.stall;
  options.health.min_free = arguments.min_free;
  options.notify = true;
  return options;
}

Exit run_live(flow::LiveOptions options, const flow::Destination& destination) {
  tape::SystemClock clock;
  tape::cli::StatusLine status;
  if (status.shown()) {
    options.on_status = [&](const auto& figures) {
      status.show(flow::status_line(figures, status.width()));
    };
  }
  (void)flow::record_live(std::move(options), destination, clock);
  return Exit::done;
}

Exit run_pipe(const Arguments& arguments, flow::RecorderOptions options,
              const flow::Destination& destination) {
  options.account = tape::cli::account_of_pipe(arguments);
  if (!options.account.empty()) options.configuration.emplace_back("account", options.account);
  tape::SystemClock clock;
  return flow::record(options, destination, clock).bad_lines == 0 ? Exit::done : Exit::damaged;
}

/// Events of a publisher: a copy, so they keep session, ordinal and receive time.
Exit run_publisher(const Arguments& arguments) {
  tape::cli::require_output(arguments);
  const tape::cli::Signals signals;
  const auto sink = tape::cli::make_sink(arguments.output);
  tape::cli::DerivedTape copy(*sink, fmt::format("tape-record {}", tape::version()),
                              arguments.sources);
  const flow::RelayOptions options{arguments.sources.front(),
                                   {""},
                                   arguments.curve_server_key,
                                   arguments.timeout,
                                   arguments.limit};
  const flow::RelayHooks hooks{[&](const auto& ref) { (void)copy.add(ref); },
                               [&] { copy.flush(); }};
  const auto relayed = flow::relay(options, hooks, signals.token());
  copy.close();
  const auto wrong = flow::describe_failure(options, relayed);
  if (wrong.empty()) return Exit::done;
  tape::diag::error(options.endpoint + ": " + wrong);
  return relayed.cut == flow::Relayed::Cut::silent ? Exit::failed : Exit::damaged;
}

Exit run(Arguments arguments, const tape::cli::Config& config) {
  tape::cli::add_tables(config, arguments);
  if (arguments.list_feeds) return tape::cli::print(flow::list_feeds(arguments.sources));
  tape::cli::require_source(arguments);
  if (flow::is_publisher(arguments.sources, arguments.curve_server_key))
    return run_publisher(arguments);
  const bool live = flow::are_live(arguments.sources);
  auto options = live_options(arguments, recorder_options(arguments));
  if (live) options.sources = flow::live_sources(wishes(arguments, config));
  if (live && arguments.dry_run)
    return tape::cli::print(flow::describe_live(std::move(options.sources), tape::SystemClock()));
  tape::cli::require_output(arguments);
  tape::cli::Signals signals(tape::cli::Signals::Hangup::is_a_flag);
  options.recorder.stop_fd = signals.descriptor();
  options.recorder.hangup = [&] { return signals.take_hangup(); };
  const auto pipe = tape::cli::pipe_of(arguments);
  flow::Destination destination{std::nullopt, pipe.get(), tape::cli::print_closed,
                                tape::cli::warn_removed};
  if (!pipe) {
    const auto& [path, force] = arguments.output;
    auto& files = destination.files.emplace(
        flow::FilePolicy{path, force, arguments.rotate_size, arguments.rotate_every});
    files.min_free = arguments.min_free;
    if (!arguments.keep.empty()) flow::parse_keep(arguments.keep, files);
  }
  return live ? run_live(std::move(options), destination)
              : run_pipe(arguments, std::move(options.recorder), destination);
}

}  // namespace

int main(int argc, char** argv) {
  tape::cli::App app("tape-record", "Records frames from pipes, files and live venues to a tape.",
                     tape::cli::record_examples());
  Arguments arguments;
  tape::cli::add_record_options(app, arguments);
  tape::cli::Config config(app);
  tape::cli::declare_tables(config);
  config.add_records("account", flow::kAccountSettings, flow::kLiteralKeys, flow::kLiteralRemedy);
  return app.run(argc, argv, [&] { return run(arguments, config); });
}
