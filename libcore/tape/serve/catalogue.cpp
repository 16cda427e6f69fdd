#include <tape/base/error.h>
#include <tape/log/reader.h>
#include <tape/serve/catalogue.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <kj/exception.h>

#include <set>
#include <string_view>
#include <tuple>

namespace tape::serve {
namespace {

class Collector {
 public:
  explicit Collector(std::string venue) : venue_(std::move(venue)) {}

  void add(std::string_view venue, std::string_view account, std::string_view channel,
           std::string_view symbol) {
    if (venue.empty()) return;
    if (venue_.empty()) venue_ = venue;
    venues_.emplace(venue);
    if (venue != venue_) return;
    if (!account.empty()) accounts_.emplace(account);
    if (!channel.empty()) feeds_.emplace(channel, symbol);
  }

  [[nodiscard]] Catalogue result() const {
    return {{venues_.begin(), venues_.end()},
            {feeds_.begin(), feeds_.end()},
            {accounts_.begin(), accounts_.end()}};
  }

 private:
  std::string venue_;
  std::set<std::string, std::less<>> venues_;
  std::set<std::pair<std::string, std::string>> feeds_;
  std::set<std::string, std::less<>> accounts_;
};

void read_all(const std::string& path, Collector& collector, const std::stop_token& stop) {
  log::Reader reader(path, {.frames = log::FrameUse::unwanted});
  while (const auto* ref = reader.next()) {
    if (stop.stop_requested()) return;
    try {
      const auto event = ref->event;
      collector.add(event::view(event.getVenue()), event::view(event.getAccount()),
                    event::view(event.getChannel()), event::view(event.getSymbol()));
    } catch (const kj::Exception& exception) {
      reader.reject(exception.getDescription().cStr());
    }
  }
}

}  // namespace

Catalogue read_catalogue(const std::vector<std::string>& files, const std::string& venue,
                         const std::stop_token& stop) {
  Collector collector(venue);
  for (const auto& path : files) {
    if (path == "-" ||
        !log::Reader(path, {.prefetch = false, .frames = log::FrameUse::unwanted}).regular_file())
      return {};
    const auto parts = log::read_summaries(path);
    if (parts.empty()) {
      read_all(path, collector, stop);
      continue;
    }
    for (const auto& part : parts) {
      const auto message = part.read();
      for (const auto count : message->getRoot<schema::Summary>().getCounts()) {
        collector.add(event::view(count.getVenue()), event::view(count.getAccount()),
                      event::view(count.getChannel()), event::view(count.getSymbol()));
      }
    }
  }
  return collector.result();
}

std::string choose_venue(const Catalogue& catalogue, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  if (catalogue.venues.size() == 1) return catalogue.venues.front();
  if (catalogue.venues.empty()) throw Error(Fault::usage, "--venue is required for this input");
  throw Error(Fault::usage,
              fmt::format("which venue? --venue one of {}", fmt::join(catalogue.venues, ", ")));
}

}  // namespace tape::serve
