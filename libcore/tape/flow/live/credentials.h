// Keys of accounts: from systemd's credentials, files or the environment, never from a command
// line.
#pragma once

#include <tape/venue/session.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::flow {

/// Where one half of an account's keys is kept.
struct SecretPlace {
  enum class Kind : std::uint8_t {
    variable,    // of the environment
    file,        // holds nothing else
    pair_file,   // holds both: two lines, key first; or `key = ...` and `secret = ...`
    credential,  // a file of $CREDENTIALS_DIRECTORY (systemd's LoadCredential=)
  };
  Kind kind = Kind::variable;
  std::string name;  // of the variable or the credential; the path
};

struct AccountSource {
  std::string label;
  std::string venue;  // empty: the one that is recorded
  SecretPlace key;
  SecretPlace secret;
};

/// LABEL=env:PREFIX (PREFIX_KEY and PREFIX_SECRET), LABEL=file:PATH (both keys in it) or
/// LABEL=credential:NAME (NAME.key and NAME.secret). Throws Error{usage}, whose message never shows
/// what was given: it may be a key.
[[nodiscard]] AccountSource parse_account(std::string_view text);

/// What an [[account]] of a configuration file may say; keys themselves are refused there.
inline constexpr std::array<std::string_view, 8> kAccountSettings{
    "label", "venue", "key-file", "secret-file", "key-env", "secret-env", "file", "credential"};
inline constexpr std::array<std::string_view, 9> kLiteralKeys{
    "key",         "secret",    "api-key",  "api-secret", "apikey",
    "private-key", "apisecret", "password", "passphrase"};
inline constexpr std::string_view kLiteralRemedy =
    "a key must not stand here; take it out, replace it if others could read this file, and say "
    "where it is kept: key-file and secret-file, key-env and secret-env, file, or credential";

/// From the settings of one [[account]]; `where` begins every message. Throws Error{usage}.
[[nodiscard]] AccountSource account_of(
    std::span<const std::pair<std::string, std::string>> settings, const std::string& where);

/// Reads the keys. Files must be for their owner alone: Error{permission} otherwise. Variables are
/// overwritten and removed from the environment, so that neither children nor /proc/PID/environ
/// have them: each can be read once. Not while other threads run. Throws Error; messages name
/// places, never keys.
[[nodiscard]] std::vector<venue::Account> load_accounts(std::span<const AccountSource> sources);

/// From now on the kernel writes no image of this process's memory, and no other process of the
/// user can look into it. Throws Error.
void forbid_core_dumps();

}  // namespace tape::flow
