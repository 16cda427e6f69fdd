#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/cli/declare.h>
#include <tape/cli/record_options.h>

#include <unistd.h>

namespace tape::cli {
namespace {

constexpr const char* kFile = "The file";
constexpr const char* kLive = "Live venues";
constexpr std::uint64_t kLeastChunk = 4096;
constexpr std::uint64_t kMostChunk = std::uint64_t{16} << 20U;

void add_file_options(App& app, RecordArguments& arguments) {
  auto& options = app.options();
  app.add_size("--rotate-size", arguments.rotate_size, "open the next file at this size")
      ->group(kFile);
  app.add_duration("--rotate-every", arguments.rotate_every, "open the next file after this time")
      ->group(kFile);
  options
      .add_option("--keep", arguments.keep,
                  "remove closed files past this age or sum of sizes (30d, 200G)")
      ->group(kFile);
  app.add_size("--min-free", arguments.min_free, "stop when the disk has less left")->group(kFile);
  app.add_duration("--flush", arguments.flush,
                   "hand events to the kernel at the latest after this time; 0: whenever the input "
                   "is drained")
      ->default_str("50ms")
      ->group(kFile);
  options.add_option("--sync", arguments.sync, "fdatasync: off, an interval, or event: after each")
      ->capture_default_str()
      ->group(kFile);
  app.add_size("--chunk", arguments.chunk, "plain bytes of a chunk")
      ->default_str("1M")
      ->group(kFile);
  options.add_option("--level", arguments.level, "zstd level")
      ->check(CLI::Range(1, 19))
      ->capture_default_str()
      ->group(kFile);
  options
      .add_option("--keep-raw", arguments.keep_raw, "auto or always: which frames keep their bytes")
      ->check(CLI::IsMember({"auto", "always"}))
      ->capture_default_str()
      ->group(kFile);
  options
      .add_flag("--paranoid", arguments.paranoid,
                "rebuild each frame whose bytes are left out, and compare")
      ->group(kFile);
  options
      .add_option("--checkpoint", arguments.checkpoint,
                  "write the whole state into the tape each time the file has grown by this much, "
                  "or off (default: by more than 32 times the size of the last one)")
      ->type_name("SIZE|off")
      ->group(kFile);
  options.add_option("--limit", arguments.limit, "end after this many frames")->group(kFile);
  app.add_duration("--duration", arguments.duration, "end after this time")->group(kFile);
}

void add_live_options(App& app, RecordArguments& arguments) {
  auto& options = app.options();
  app.add_list("--symbol", arguments.symbols,
               "what to record, as the venue spells it; a comma list; VENUE:SYMBOL with several "
               "venues")
      ->group(kLive);
  app.add_list("--feed", arguments.feeds, "feeds instead of the usual ones (--list-feeds)")
      ->group(kLive);
  app.add_list("--endpoint", arguments.endpoints, "another address of the venue")
      ->type_name("NAME=URL")
      ->group(kLive);
  app.add_list("--poll", arguments.polls, "how often REST is asked; off: not at all")
      ->type_name("NAME=D|off,...")
      ->group(kLive);
  options
      .add_option("--ca-file", arguments.ca_file,
                  "PEM file of CA certificates to trust instead of the system's")
      ->group(kLive);
  options
      .add_flag("--insecure", arguments.insecure,
                "take any certificate; refused for every host but this one (127.0.0.1)")
      ->group(kLive);
  options
      .add_option("--accept", arguments.accept,
                  "endpoint (ipc://, tcp://) where programs hand in their own frames as JSON")
      ->group(kLive);
  options
      .add_option("--publish", arguments.publish,
                  "endpoint where events are published once they are flushed")
      ->group(kLive);
  options
      .add_option("--probe", arguments.probe,
                  "URL of a neutral host, asked to tell our network's faults from the venue's")
      ->group(kLive);
  options
      .add_option("--metrics", arguments.metrics,
                  "ADDRESS:PORT where GET /metrics gives Prometheus figures")
      ->group(kLive);
  options.add_option("--metrics-file", arguments.metrics_file, "the same as a file, each second")
      ->group(kLive);
  app.add_duration("--stall", arguments.stall, "least silence of a feed that counts as a stall")
      ->default_str("10s")
      ->group(kLive);
  app.add_duration("--reconnect", arguments.reconnect,
                   "longest delay before a link is connected again; delays begin at 1s or less")
      ->default_str("30s")
      ->group(kLive);
  options.add_flag("--list-feeds", arguments.list_feeds, "what can be recorded, and end")
      ->group(kLive);
  options
      .add_flag("--dry-run", arguments.dry_run,
                "what would be connected to, subscribed to and asked for, and end")
      ->group(kLive);
}

}  // namespace

std::vector<Example> record_examples() {
  return {{"tape-record kraken-futures --symbol PI_XBTUSD,PF_ETHUSD -o 'logs/%Y%m%d-%H%M%S.tape'",
           "records a venue live, for months, through outages"},
          {"feed | tape-record - -o day.tape", "records NDJSON from stdin, a frame a line"},
          {"zstd -dc capture.zst | tape-record - --input cryptofeed -o k.tape",
           "turns a capture made by others into a tape"}};
}

void add_record_options(App& app, RecordArguments& arguments) {
  auto& options = app.options();
  options.add_option("SOURCE", arguments.sources,
                     "where frames come from: files, - for stdin, or venues: kraken-futures, "
                     "binance-usdm; or tcp://... or ipc://..., a tape-replay publisher: its "
                     "events are copied");
  add_output(app, arguments.output);
  options.get_option("--output")
      ->description("the tape; %Y %m %d %H %M %S are filled in (UTC); - is stdout");
  options
      .add_option("--input", arguments.input,
                  "form of the input: ndjson, raw0, document, json, cryptofeed, hftbacktest")
      ->capture_default_str();
  options.add_option("--venue", arguments.venue, "kraken-futures, binance-usdm, or auto: by shape")
      ->capture_default_str();
  app.add_list("--account", arguments.accounts,
               "label that the events get; of a live venue LABEL=env:PREFIX, LABEL=file:PATH or "
               "LABEL=credential:NAME, where its keys are");
  app.add_duration("--timeout", arguments.timeout,
                   "of a publisher: end with 1 when nothing comes for so long; one that is lost "
                   "ends it after 10s anyway, with 3");
  options
      .add_option("--curve-server-key", arguments.curve_server_key,
                  "of a publisher with --curve-server: its public key")
      ->type_name("KEY");
  add_file_options(app, arguments);
  add_live_options(app, arguments);
}

std::vector<std::pair<std::string, std::string>> settings_of(const RecordArguments& arguments) {
  return {{"input", arguments.input},
          {"venue", arguments.venue},
          {"keep-raw", arguments.keep_raw},
          {"level", std::to_string(arguments.level)},
          {"chunk", std::to_string(arguments.chunk)},
          {"checkpoint", arguments.checkpoint.empty() ? "auto" : arguments.checkpoint}};
}

log::WriterOptions writer_options(const RecordArguments& arguments) {
  if (arguments.chunk < kLeastChunk || arguments.chunk > kMostChunk)
    throw Error(Fault::usage, "--chunk: expected 4K to 16M");
  log::WriterOptions options;
  options.chunk_bytes = arguments.chunk;
  options.level = arguments.level;
  return options;
}

void declare_tables(Config& config) {
  config.add_table("endpoints");
  config.add_table("polls");
}

void add_tables(const Config& config, RecordArguments& arguments) {
  for (const auto& entry : config.table("endpoints"))
    arguments.endpoints.push_back(entry.key + "=" + entry.value);
  for (const auto& entry : config.table("polls"))
    arguments.polls.push_back(entry.key + "=" + entry.value);
}

void require_source(const RecordArguments& arguments) {
  if (arguments.sources.empty()) throw Error(Fault::usage, "SOURCE is required");
}

void require_output(const RecordArguments& arguments) {
  if (arguments.output.path.empty()) throw Error(Fault::usage, "--output is required");
}

std::string account_of_pipe(const RecordArguments& arguments) {
  if (arguments.accounts.size() > 1)
    throw Error(Fault::usage, "--account: frames of a pipe have one");
  return arguments.accounts.empty() ? std::string() : arguments.accounts.front();
}

std::unique_ptr<log::Sink> pipe_of(const RecordArguments& arguments) {
  if (arguments.output.path == "-") return make_sink(arguments.output);
  refuse_same_file(arguments.output, arguments.sources);
  return nullptr;
}

void print_closed(const std::string& path) { (void)print(path + "\n"); }

void warn_removed(const std::string& path) { diag::warning("removed " + path + " (--keep)"); }

}  // namespace tape::cli
