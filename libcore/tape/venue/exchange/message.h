// What a client says in JSON: one object, looked into.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

class ClientMessage {
 public:
  /// Nothing unless the text is one JSON object.
  [[nodiscard]] static std::optional<ClientMessage> parse(std::string_view text);
  /// A JSON value of any kind, as the only member of an object.
  [[nodiscard]] static std::optional<ClientMessage> parse_member(std::string_view text,
                                                                 const char* name);
  ClientMessage(ClientMessage&& other) noexcept;
  ClientMessage& operator=(ClientMessage&& other) noexcept;
  ~ClientMessage();

  [[nodiscard]] bool has(const char* name) const;
  /// Of a string; empty when there is none.
  [[nodiscard]] std::string text(const char* name) const;
  /// Strings of an array; nothing when it is none, or holds something else.
  [[nodiscard]] std::optional<std::vector<std::string>> list(const char* name) const;
  /// Of a string, or a number or word as it stands in JSON; empty when there is none.
  [[nodiscard]] std::string value(const char* name) const;
  /// Strings, numbers and words of an array, as value() has them; nothing when it is none, or holds
  /// something else.
  [[nodiscard]] std::optional<std::vector<std::string>> values(const char* name) const;
  /// Objects of an array; nothing when it is none, or holds something else.
  [[nodiscard]] std::optional<std::vector<ClientMessage>> objects(const char* name) const;
  /// The value as JSON; "null" when there is none.
  [[nodiscard]] std::string json(const char* name) const;

 private:
  struct Impl;
  explicit ClientMessage(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The value of a parameter of "a=b&c=d", decoded; empty when it is not there.
[[nodiscard]] std::string parameter(std::string_view query, std::string_view name);
/// Of one that may be there several times, each.
[[nodiscard]] std::vector<std::string> parameters(std::string_view query, std::string_view name);

}  // namespace tape::venue
