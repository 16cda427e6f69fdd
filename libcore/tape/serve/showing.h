// What a State can show of a venue in the venue's own form.
#pragma once

#include <tape/state/state.h>
#include <tape/venue/exchange/exchange.h>
#include <tape/venue/pictures.h>
#include <tape/venue/venue.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tape::serve {

class Showing {
 public:
  explicit Showing(const venue::Venue& venue) : venue_(venue.name), writer_(venue) {}

  [[nodiscard]] std::optional<std::string> show(const state::State& state, venue::Shown what,
                                                std::string_view subject);
  void look(const state::State& state, venue::Part part, std::string_view subject,
            const std::function<void(schema::State::Reader)>& see) const;
  /// Nothing unless the book is whole and nothing speaks against it.
  [[nodiscard]] std::optional<venue::BookView> book(const state::State& state,
                                                    std::string_view symbol,
                                                    std::size_t depth) const;

 private:
  const std::string venue_;
  venue::PictureWriter writer_;
};

}  // namespace tape::serve
