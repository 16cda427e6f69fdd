// From what an operator wrote to the sources of a live recording.
#pragma once

#include <tape/flow/live/credentials.h>
#include <tape/flow/live/live.h>

#include <string>
#include <vector>

namespace tape::flow {

/// Lists as written: each entry may be a comma list, and with several venues each begins with
/// "VENUE:".
struct LiveWishes {
  std::vector<std::string> venues;
  std::vector<std::string> symbols;
  std::vector<std::string> feeds;
  std::vector<std::string> endpoints;  // NAME=URL
  std::vector<std::string> polls;      // NAME=DURATION or NAME=off
  std::vector<AccountSource> accounts;
};

/// Whether these are venues that can be recorded live. Throws Error{usage} for a mixture of venues
/// and files.
[[nodiscard]] bool are_live(const std::vector<std::string>& sources);

/// "[VENUE:]LABEL=env:PREFIX" and so on.
[[nodiscard]] AccountSource parse_live_account(const std::string& text);

/// Reads the keys of the accounts. Throws Error{usage}, {permission}, {io}.
[[nodiscard]] std::vector<LiveSource> live_sources(const LiveWishes& wishes);

}  // namespace tape::flow
