// The command line of tape-serve, as it was written: what the words mean is for serve/.
#pragma once

#include <tape/cli/input.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tape::cli {

struct ServeArguments {
  InputOptions input;
  std::string venue;
  std::string listen;
  std::vector<std::string> tls;  // certificate and key
  std::string speed = "1";
  Nanos gap = 0;
  std::string start_on = "subscribe";
  std::vector<std::string> accounts;  // LABEL=WHERE its keys are
  bool any_key = false;
  Nanos lockstep = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> faults;
  std::string scenario;
  std::string truth;
};

/// What --start-on says.
struct StartArgument {
  std::string on;                   // connect, subscribe or now
  std::uint64_t subscriptions = 1;  // subscribe:N
};
/// Throws Error{usage}.
[[nodiscard]] StartArgument parse_start(const std::string& text);

/// Declares every option of tape-serve.
void add_serve_options(App& app, ServeArguments& arguments);

}  // namespace tape::cli
