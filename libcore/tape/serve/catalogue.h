// What there is on tapes of a venue, before they are played: feeds, symbols, accounts.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace tape::serve {

struct Catalogue {
  std::vector<std::string> venues;
  std::vector<std::pair<std::string, std::string>> feeds;  // channel and symbol
  std::vector<std::string> accounts;                       // labels
};

/// From the summaries, or by reading a tape that has none. Feeds and accounts of that venue only;
/// empty: of the first that is met. Nothing of a pipe, which can be read once only.
[[nodiscard]] Catalogue read_catalogue(const std::vector<std::string>& files,
                                       const std::string& venue, const std::stop_token& stop);

/// The one that is asked for, or the only one there is. Throws Error{usage}.
[[nodiscard]] std::string choose_venue(const Catalogue& catalogue, const std::string& wanted);

}  // namespace tape::serve
