// The command line of tape-replay, as it was written: what the words mean is for flow/.
#pragma once

#include <tape/cli/input.h>
#include <tape/cli/progress.h>

#include <cstdint>
#include <string>

namespace tape::cli {

struct ReplayArguments {
  InputOptions input;
  ProgressMode progress = ProgressMode::automatic;
  std::string bind;
  std::string connect;
  std::string exec;
  std::string pattern = "pub";
  std::string format = "capnp";
  std::string speed = "1";
  Nanos gap = 0;
  std::uint64_t loops = 1;
  std::uint64_t batch = 1;
  std::string prime = "checkpoint";
  bool tell_topics = false;
  bool clock = false;
  bool spin = false;
  unsigned wait = 1;
  Nanos wait_timeout = 60 * kSecond;
  Nanos stall_timeout = 60 * kSecond;
  std::uint64_t lockstep = 0;
  Nanos barrier = 0;
  std::string control;
  std::string receipt;
  std::string curve_keys;
  std::string new_keys;
};

/// Declares every option of tape-replay.
void add_replay_options(App& app, ReplayArguments& arguments);

}  // namespace tape::cli
