// tape-record: records frames from pipes and files to a tape.
#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/base/version.h>
#include <tape/cli/app.h>
#include <tape/cli/output.h>
#include <tape/flow/recorder.h>

#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace {

using tape::cli::Exit;
namespace flow = tape::flow;

struct Arguments {
  std::vector<std::string> sources;
  tape::cli::OutputOptions output;
  std::string input = "ndjson";
  std::string sync = "1s";
  std::string keep;
  std::string keep_raw = "auto";
  std::uint64_t chunk = std::uint64_t{1} << 20U;
  std::uint64_t limit = 0;
  tape::Nanos duration = 0;
  flow::FilePolicy files;
  flow::RecorderOptions record;
};

void declare(tape::cli::App& app, Arguments& arguments) {
  auto& options = app.options();
  options.add_option("SOURCE", arguments.sources, "where frames come from: files, or - for stdin")
      ->required();
  tape::cli::add_output(app, arguments.output);
  options.get_option("--output")
      ->required()
      ->description("the tape; %Y %m %d %H %M %S are filled in (UTC); - is stdout");
  options
      .add_option("--input", arguments.input,
                  "form of the input: " + std::string(flow::input_form_names()))
      ->capture_default_str();
  options
      .add_option("--venue", arguments.record.venue,
                  "kraken-futures, binance-usdm, or auto: by shape")
      ->capture_default_str();
  options.add_option("--account", arguments.record.account, "label that the events get");
  app.add_size("--rotate-size", arguments.files.rotate_size, "open the next file at this size");
  app.add_duration("--rotate-every", arguments.files.rotate_every,
                   "open the next file after this time");
  options.add_option("--keep", arguments.keep,
                     "remove closed files past this age or sum of sizes (30d, 200G)");
  app.add_size("--min-free", arguments.files.min_free, "stop when the disk has less left");
  app.add_duration("--flush", arguments.record.flush,
                   "hand events to the kernel at the latest after this time; 0: whenever the input "
                   "is drained")
      ->default_str("50ms");
  options.add_option("--sync", arguments.sync, "fdatasync: off, an interval, or event: after each")
      ->capture_default_str();
  app.add_size("--chunk", arguments.chunk, "plain bytes of a chunk")->default_str("1M");
  options.add_option("--level", arguments.record.writer.level, "zstd level")
      ->check(CLI::Range(1, 19))
      ->capture_default_str();
  options
      .add_option("--keep-raw", arguments.keep_raw, "auto or always: which frames keep their bytes")
      ->check(CLI::IsMember({"auto", "always"}))
      ->capture_default_str();
  options.add_flag("--paranoid", arguments.record.paranoid,
                   "rebuild each frame whose bytes are left out, and compare");
  options.add_option("--limit", arguments.limit, "end after this many frames");
  app.add_duration("--duration", arguments.duration, "end after this time");
}

void read(Arguments& arguments) {
  arguments.record.sync = flow::parse_sync(arguments.sync);
  if (arguments.keep_raw == "always") arguments.record.keep_raw = tape::event::KeepRaw::always;
  if (!arguments.keep.empty()) flow::parse_keep(arguments.keep, arguments.files);
  auto& record = arguments.record;
  record.form = flow::parse_form(arguments.input);
  flow::check_venue(record.venue);
  if (arguments.chunk < 4096 || arguments.chunk > (std::uint64_t{16} << 20U)) {
    throw tape::Error(tape::Fault::usage, "--chunk: expected 4K to 16M");
  }
  record.writer.chunk_bytes = arguments.chunk;
  if (arguments.limit != 0) record.limit = arguments.limit;
  if (arguments.duration != 0) record.duration = arguments.duration;
  record.sources = arguments.sources;
  record.recorder = fmt::format("tape-record {}", tape::version());
  record.configuration = {{"input", arguments.input},
                          {"venue", record.venue},
                          {"account", record.account},
                          {"keep-raw", arguments.keep_raw},
                          {"level", std::to_string(record.writer.level)},
                          {"chunk", std::to_string(arguments.chunk)}};
  arguments.files.pattern = arguments.output.path;
  arguments.files.force = arguments.output.force;
  if (arguments.output.path != "-")
    tape::cli::refuse_same_file(arguments.output, arguments.sources);
}

Exit run(Arguments& arguments) {
  read(arguments);
  tape::cli::Signals signals(tape::cli::Signals::Hangup::is_a_flag);
  arguments.record.stop_fd = signals.descriptor();
  arguments.record.hangup = [&] { return signals.take_hangup(); };
  flow::Destination destination;
  std::unique_ptr<tape::log::Sink> sink;
  if (arguments.output.path == "-") {
    sink = tape::cli::make_sink(arguments.output);
    destination.sink = sink.get();
  } else {
    destination.files = arguments.files;
    destination.closed = [](const std::string& path) {
      const auto line = path + "\n";
      tape::write_all(STDOUT_FILENO, tape::as_bytes(line), "stdout");
    };
    destination.removed = [](const std::string& path) {
      tape::diag::warning("removed " + path + " (--keep)");
    };
  }
  tape::SystemClock clock;
  const auto recorded = flow::record(arguments.record, destination, clock);
  tape::diag::note(fmt::format("{} events, {} frames, {} bytes of frames, {} not understood",
                               recorded.events, recorded.frames, recorded.bytes, recorded.opaque));
  if (recorded.bad_lines != 0) {
    tape::diag::warning(
        fmt::format("{} lines were no records of --input {}; they are on the tape as they came",
                    recorded.bad_lines, arguments.input));
    return Exit::damaged;
  }
  return Exit::done;
}

}  // namespace

int main(int argc, char** argv) {
  tape::cli::App app(
      "tape-record", "Records frames from pipes and files to a tape.",
      {{"tape-record -o day.tape -", "records NDJSON from stdin, a frame a line"},
       {"zstd -dc capture.zst | tape-record - --input cryptofeed -o k.tape",
        "turns a capture made by others into a tape"},
       {"feed | tape-record - -o 'logs/%Y%m%d-%H%M%S.tape' --rotate-every 1h --keep 30d",
        "records for months, a file an hour, and prints the path of each closed file"}});
  Arguments arguments;
  declare(app, arguments);
  return app.run(argc, argv, [&] { return run(arguments); });
}
