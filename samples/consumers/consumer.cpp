// A consumer for tape-replay: takes a run and says whether it was complete.
//
//   tape-replay day.tape --speed max --exec './consumer'
//   ./consumer --endpoint tcp://127.0.0.1:5555 kraken-futures/book/
//
// Copy this file with tape_run.hpp and put your work where it says so.
#include "tape_run.hpp"
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

tape_run::Options parse(int argc, char** argv) {
  tape_run::Options options;
  if (const char* endpoint = std::getenv("TAPE_ENDPOINT")) options.endpoint = endpoint;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--endpoint" && i + 1 < argc) {
      options.endpoint = argv[++i];
    } else if (argument == "--timeout" && i + 1 < argc) {
      options.timeout = std::atoi(argv[++i]);
    } else if (argument == "--grace" && i + 1 < argc) {
      options.grace = std::atoi(argv[++i]);
    } else if (argument == "--bind") {
      options.bind = true;
    } else if (argument == "--pull") {
      options.pull = true;
    } else if (argument.starts_with("--")) {
      throw std::invalid_argument(
          "usage: consumer [--endpoint E] [--bind] [--pull] [--timeout S] [--grace S] "
          "[TOPIC-PREFIX...]");
    } else {
      options.prefixes.push_back(argument);
    }
  }
  if (options.endpoint.empty())
    throw std::invalid_argument("no endpoint: --endpoint E or $TAPE_ENDPOINT");
  return options;
}

int run(const tape_run::Options& options) {
  tape_run::Run run(options);
  try {
    while (const auto message = run.next()) {
      // Your work goes here: message->payload is a Cap'n Proto Event message, JSON or the frame, as
      // --format says.
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "consumer: %s\n", error.what());
  }
  const auto result = run.result();
  const auto word = [](bool value) { return value ? "true" : "false"; };
  std::printf(
      "{\"consumer\":\"c++\",\"messages\":%llu,\"bytes\":%llu,\"topics\":%zu,\"holes\":%llu,"
      "\"end\":%s,\"complete\":%s,\"countsAgree\":%s,\"ok\":%s}\n",
      static_cast<unsigned long long>(result.messages),
      static_cast<unsigned long long>(result.bytes), result.topics,
      static_cast<unsigned long long>(result.holes), word(result.end), word(result.complete),
      word(result.agrees), word(result.ok));
  return result.ok ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "consumer: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "consumer: %s\n", error.what());
    return 1;
  }
}
