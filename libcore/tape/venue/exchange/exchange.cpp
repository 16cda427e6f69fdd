#include <tape/venue/exchange/exchange.h>

namespace tape::venue {

std::string_view ClientCall::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::string_view ClientCall::path() const { return target.substr(0, target.find('?')); }

std::string_view ClientCall::query() const {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

}  // namespace tape::venue
