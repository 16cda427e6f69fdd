// The accounts that clients may speak for, by their public keys.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

class Keys {
 public:
  /// The options outlive it.
  explicit Keys(const ExchangeOptions& options) : options_(options) {}

  struct Owner {
    std::string label;                 // of the account on the tape
    const Account* account = nullptr;  // null: any signature is right
  };
  /// With any_key, a key that is no account's speaks for the account of that label, else for the
  /// first one of the tape.
  [[nodiscard]] std::optional<Owner> find(std::string_view key) const;

 private:
  const ExchangeOptions& options_;
};

}  // namespace tape::venue
