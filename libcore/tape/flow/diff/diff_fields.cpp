#include <tape/base/error.h>
#include <tape/flow/diff/diff_fields.h>
#include <tape/venue/question.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tape::flow {
namespace {

using Json = nlohmann::json;

Json parse(std::string_view text) {
  auto value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) throw Error(Fault::internal, "an event's JSON cannot be parsed");
  return value;
}

/// Path by path; of a recording what was asked stands without the time and proof of asking.
Json flat(const DiffOptions& options, std::string_view event) {
  auto members = parse(event).flatten();
  const auto target = members.find("/rest/target");
  const auto name = members.find("/venue");
  if (options.identity != Identity::content || target == members.end() || name == members.end())
    return members;
  *target = venue::asked_of(name->get<std::string>(), target->get<std::string>());
  return members;
}

/// A path is "/body/bestQuote/bid" in nlohmann's spelling.
std::string path_of(std::string pointer) {
  std::replace(pointer.begin(), pointer.end(), '/', '.');
  return pointer.substr(1);
}

/// The path itself, or something it is inside of.
bool covers(const std::string& name, const std::string& path) {
  return path == name || (path.starts_with(name) && path[name.size()] == '.');
}

bool is_ignored(const DiffOptions& options, const std::string& path) {
  return std::any_of(options.ignore.begin(), options.ignore.end(),
                     [&](const std::string& name) { return covers(name, path); });
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto text = value.get<std::string>();
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(number)) return std::nullopt;
  return number;
}

bool is_tolerated(const DiffOptions& options, const std::string& path, const Json& a,
                  const Json& b) {
  const auto found = std::find_if(options.tolerance.begin(), options.tolerance.end(),
                                  [&](const auto& entry) { return covers(entry.first, path); });
  if (found == options.tolerance.end()) return false;
  const auto x = number_of(a);
  const auto y = number_of(b);
  // Decimals in binary: an amount that is meant exactly is still met.
  return x && y && std::abs(*x - *y) <= found->second * (1 + 1e-9);
}

}  // namespace

std::vector<FieldChange> changed_fields(const DiffOptions& options, std::string_view a,
                                        std::string_view b) {
  const auto flat_a = flat(options, a);
  const auto flat_b = flat(options, b);
  std::vector<FieldChange> changes;
  for (const auto& [pointer, value] : flat_a.items()) {
    const auto path = path_of(pointer);
    const auto other = flat_b.find(pointer);
    if (is_ignored(options, path) || (other != flat_b.end() && *other == value)) continue;
    if (other != flat_b.end() && is_tolerated(options, path, value, *other)) continue;
    changes.push_back({path, value.dump(), other == flat_b.end() ? "" : other->dump()});
  }
  for (const auto& [pointer, value] : flat_b.items()) {
    const auto path = path_of(pointer);
    if (!flat_a.contains(pointer) && !is_ignored(options, path))
      changes.push_back({path, "", value.dump()});
  }
  return changes;
}

std::string without_ignored(const DiffOptions& options, std::string_view event) {
  Json kept = Json::object();
  const auto members = flat(options, event);
  for (const auto& [pointer, value] : members.items()) {
    if (!is_ignored(options, path_of(pointer))) kept[pointer] = value;
  }
  return kept.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tape::flow
