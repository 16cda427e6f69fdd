// Overwrites secrets in a frame before it is recorded: known members, and the literal secrets a
// process holds.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// What stands in the place of every byte of a secret; the length is kept.
inline constexpr char kRedacted = '*';

/// Overwrites the string value of every member whose key is among `keys`, anywhere in the bytes,
/// also when they are no valid JSON: "key" : "value" up to the closing quote or the end. Returns
/// whether a byte changed.
bool redact_members(std::span<char> bytes, std::span<const std::string_view> keys);

/// The same for parameters of a query or form: key=value up to '&' or the end or a character no
/// value has.
bool redact_parameters(std::span<char> bytes, std::span<const std::string_view> keys);

/// In a URL, a path or a query: parts between separators of 32 or more letters and digits only, as
/// keys, listen keys and signatures are. Identifiers of that length with dashes (UUIDs) stay.
bool redact_url(std::span<char> url);

/// Secrets that the process holds, overwritten wherever they stand: literally, JSON-escaped,
/// percent-encoded.
class Secrets {
 public:
  Secrets() = default;
  explicit Secrets(std::span<const std::string> literals);
  bool redact(std::span<char> bytes) const;
  [[nodiscard]] bool empty() const { return spellings_.empty(); }

 private:
  std::vector<std::string> spellings_;
};

}  // namespace tape::venue
