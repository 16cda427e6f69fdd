// tape-serve: plays a venue's WebSocket and REST from tapes, to clients that know nothing of tapes.
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/cli/output.h>
#include <tape/cli/replayable.h>
#include <tape/cli/scenario.h>
#include <tape/cli/serve_options.h>
#include <tape/cli/start.h>
#include <tape/flow/live/credentials.h>
#include <tape/flow/play/command.h>
#include <tape/flow/play/primer.h>
#include <tape/net/url.h>
#include <tape/serve/catalogue.h>
#include <tape/serve/server.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

namespace {

using namespace tape;  // NOLINT: the whole program is about it

std::vector<venue::Account> accounts_of(const cli::ServeArguments& arguments,
                                        const serve::Catalogue& catalogue) {
  std::vector<flow::AccountSource> sources;
  for (const auto& text : arguments.accounts) {
    const auto& source = sources.emplace_back(flow::parse_account(text));
    const auto& labels = catalogue.accounts;
    if (!labels.empty() && std::find(labels.begin(), labels.end(), source.label) == labels.end()) {
      diag::warning(fmt::format("account {}: the tapes have nothing of it, but of {}", source.label,
                                fmt::join(labels, ", ")));
    }
  }
  return flow::load_accounts(sources);
}

/// Of --fault and --scenario.
std::vector<serve::FaultSpec> faults_of(const cli::ServeArguments& arguments) {
  std::vector<serve::SettingTable> tables;
  for (const auto& spec : arguments.faults) tables.push_back(serve::parse_fault_spec(spec));
  for (const auto& record : cli::read_scenario(arguments.scenario)) {
    auto& table = tables.emplace_back(serve::SettingTable{{}, record.where});
    for (const auto& [key, value, where] : record.settings) {
      table.settings.push_back({key, value, where});
    }
  }
  return serve::make_faults(
      tables, {[&](const std::string& text) { return cli::moment(text, arguments.input.files); },
               std::mt19937_64(arguments.seed)});
}

serve::Options serve_options(const cli::ServeArguments& arguments,
                             const serve::Catalogue& catalogue) {
  serve::Options options;
  options.venue = serve::choose_venue(catalogue, arguments.venue);
  const auto address = net::parse_listen_address(arguments.listen);
  if (!address) {
    throw Error(Fault::usage, "--listen " + arguments.listen + ": expected ADDRESS:PORT");
  }
  options.listen.host = address->host;
  options.listen.port = address->port;
  if (!arguments.tls.empty()) {
    options.listen.certificate = arguments.tls[0];
    options.listen.key = arguments.tls[1];
  }
  options.speed = flow::parse_speed(arguments.speed);
  options.gap = arguments.gap;
  const auto start = cli::parse_start(arguments.start_on);
  if (start.on == "connect") options.start = serve::StartOn::connect;
  if (start.on == "now") options.start = serve::StartOn::now;
  options.subscriptions = start.subscriptions;
  auto& exchange = options.exchange;
  exchange.accounts = accounts_of(arguments, catalogue);
  exchange.any_key = arguments.any_key;
  exchange.lockstep = arguments.lockstep > 0;
  if (exchange.lockstep) exchange.patience = arguments.lockstep;
  exchange.seed = arguments.seed;
  exchange.catalogue = catalogue.feeds;
  exchange.labels = catalogue.accounts;
  return options;
}

/// stdout: where clients are to go.
void tell_addresses(const net::WebServerOptions& listen, std::uint16_t port) {
  const bool six = listen.host.find(':') != std::string::npos;
  const auto at =
      six ? fmt::format("[{}]:{}", listen.host, port) : fmt::format("{}:{}", listen.host, port);
  const std::string_view secure = listen.certificate.empty() ? "" : "s";
  (void)cli::print(fmt::format("{{\"websocket\":\"ws{}://{}\",\"rest\":\"http{}://{}\"}}\n", secure,
                               at, secure, at));
}

cli::Exit run(const cli::ServeArguments& arguments) {
  const cli::Signals signals;
  const auto catalogue =
      serve::read_catalogue(arguments.input.files, arguments.venue, signals.token());
  cli::LineFile truth(arguments.truth);
  auto options = serve_options(arguments, catalogue);
  options.faults = {faults_of(arguments), arguments.seed, truth.writer()};
  const auto listen = options.listen;
  if (cli::can_seek(arguments.input)) {
    options.again = [&] {
      return std::make_unique<cli::ReplayableInput>(arguments.input, nullptr, signals.token());
    };
  }
  cli::ReplayableInput input(arguments.input, flow::primer(flow::Prime::checkpoint),
                             signals.token());
  SystemClock clock;
  sharpen_sleeps();
  serve::Hooks hooks;
  hooks.on_start = [] { diag::note("the tape's clock runs"); };
  hooks.on_end = [] { diag::note("the tape is over; this ends when the last client has left"); };
  hooks.on_damage = [&](const std::string& what) { input.note_damage(what); };
  serve::Server server(std::move(options), input, clock, signals.token(), hooks);
  tell_addresses(listen, server.port());
  const auto served = server.run();
  diag::note(fmt::format("{} events, {} frames to {} clients, {} of them cut off; {} late at most",
                         served.events, served.frames, served.clients, served.slow,
                         format_duration(served.latest)));
  if (!served.finished) return input.damages() > 0 ? cli::Exit::damaged : cli::Exit::done;
  return input.exit();
}

}  // namespace

int main(int argc, char** argv) {
  cli::App app(
      "tape-serve",
      "plays a venue's WebSocket and REST from tapes, to clients that know nothing of "
      "tapes",
      {{"tape-serve day.tape --listen 127.0.0.1:8080",
        "as it happened, from the first subscription on"},
       {"tape-serve day.tape --listen 127.0.0.1:0 --tls cert.pem key.pem --speed 10",
        "over TLS, faster, on a free port"},
       {"tape-serve day.tape --listen 127.0.0.1:0 --account desk=file:keys --from +5m",
        "from a time on, with an account whose signatures are checked"},
       {"tape-serve day.tape --listen 127.0.0.1:0 --fault silence@+5s+20s --fault drop@+1m",
        "with twenty seconds without a word, and all connections lost a while later"}});
  cli::ServeArguments arguments;
  cli::add_serve_options(app, arguments);
  return app.run(argc, argv, [&] { return run(arguments); });
}
