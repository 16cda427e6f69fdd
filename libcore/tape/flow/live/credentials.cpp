#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/flow/live/credentials.h>

#include <fmt/format.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace tape::flow {
namespace {

using Kind = SecretPlace::Kind;

constexpr std::size_t kMaxFile = 16384;
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kForms =
    "expected LABEL=env:PREFIX, LABEL=file:PATH or LABEL=credential:NAME (what was given is not "
    "shown, it may hold a key; a key that stood on a command line was seen by others: replace it)";

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_word(c) || c == '-' || c == '.';
  });
}

bool is_variable(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_word);
}

/// A credential is a plain name in systemd's folder.
bool is_credential(std::string_view text) { return is_label(text) && text.front() != '.'; }

void credential(AccountSource& source, const std::string& name) {
  source.key = {Kind::credential, name + ".key"};
  source.secret = {Kind::credential, name + ".secret"};
}

/// A key as it is sent in a header: no blanks, no control characters, ASCII.
Secret checked(std::string_view text, const std::string& where) {
  const auto key = trim(text);
  if (key.empty()) throw Error(Fault::usage, where + ": is empty, expected a key");
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; })) {
    throw Error(Fault::usage, where + ": a key is one word of printable characters; copy it again");
  }
  return Secret(std::string(key));
}

Secret read_file(const std::string& path, Kind kind) {
  const auto file = open_input(path);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) throw system_error(path, errno);
  // systemd's folder is for the service alone, whatever the modes of the files in it.
  if (kind != Kind::credential && (about.st_mode & 077U) != 0) {
    throw Error(Fault::permission,
                fmt::format("{}: mode {:04o}: others than its owner can use these keys; run: chmod "
                            "600 {}",
                            path, about.st_mode & 07777U, path));
  }
  std::string text(kMaxFile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = read_some(file.get(), text.data() + size, text.size() - size, path);
    if (got == 0) break;
    size += got;
  }
  text.resize(size);
  Secret content(std::move(text));
  if (size > kMaxFile) throw Error(Fault::usage, path + ": more than 16 KiB is no file of keys");
  return content;
}

Secret take_variable(const std::string& name) {
  char* const value = std::getenv(name.c_str());
  if (value == nullptr) {
    throw Error(Fault::usage,
                fmt::format("the environment has no {}; set it for this program only, or keep the "
                            "key in a file (each variable is read once, then removed)",
                            name));
  }
  Secret text{std::string(value)};
  ::explicit_bzero(value, std::strlen(value));
  if (::unsetenv(name.c_str()) != 0) throw system_error("unsetenv " + name, errno);
  return checked(text.reveal(), "environment variable " + name);
}

std::string credential_path(const std::string& name) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    throw Error(Fault::usage, fmt::format("credential {}: $CREDENTIALS_DIRECTORY is not set; add "
                                          "LoadCredential={}:PATH to the systemd unit",
                                          name, name));
  }
  return fmt::format("{}/{}", folder, name);
}

Secret read_place(const SecretPlace& place) {
  if (place.kind == Kind::variable) return take_variable(place.name);
  const auto path = place.kind == Kind::credential ? credential_path(place.name) : place.name;
  const auto content = read_file(path, place.kind);
  return checked(content.reveal(), path);
}

/// `key = ...`: which of the two, and its value.
std::optional<std::pair<std::string_view, std::string_view>> assignment(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = trim(line.substr(0, equals));
  if (name != "key" && name != "secret") return std::nullopt;
  auto value = trim(line.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return std::pair(name, value);
}

void read_pair(const std::string& path, venue::Account& account) {
  const auto content = read_file(path, Kind::pair_file);
  std::vector<std::string_view> lines;
  for (auto rest = content.reveal(); !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = trim(rest.substr(0, end));
    if (!line.empty() && line.front() != '#') lines.push_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (lines.size() == 2) {
    const auto first = assignment(lines[0]);
    const auto second = assignment(lines[1]);
    if (!first && !second) {
      account.key = checked(lines[0], path);
      account.secret = checked(lines[1], path);
      return;
    }
    if (first && second && first->first != second->first) {
      const bool in_order = first->first == "key";
      account.key = checked(in_order ? first->second : second->second, path);
      account.secret = checked(in_order ? second->second : first->second, path);
      return;
    }
  }
  throw Error(Fault::usage,
              path + ": expected two lines, the key and the secret, or key = ... and secret = ...");
}

}  // namespace

AccountSource parse_account(std::string_view text) {
  const auto equals = text.find('=');
  const auto label = text.substr(0, equals);
  const auto source = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  const auto colon = source.find(':');
  const auto form = source.substr(0, colon);
  const auto name = colon == std::string_view::npos ? "" : std::string(source.substr(colon + 1));
  AccountSource account;
  account.label = label;
  if (is_label(label) && !name.empty()) {
    if (form == "env" && is_variable(name)) {
      account.key = {Kind::variable, name + "_KEY"};
      account.secret = {Kind::variable, name + "_SECRET"};
      return account;
    }
    if (form == "file") {
      account.key = account.secret = {Kind::pair_file, name};
      return account;
    }
    if (form == "credential" && is_credential(name)) {
      credential(account, name);
      return account;
    }
  }
  throw Error(Fault::usage, "--account: " + std::string(kForms));
}

AccountSource account_of(std::span<const std::pair<std::string, std::string>> settings,
                         const std::string& where) {
  AccountSource account;
  int keys = 0;
  int secrets = 0;
  const auto refuse = [&](std::string_view what) {
    throw Error(Fault::usage, fmt::format("{}: account: {}", where, what));
  };
  const auto put_key = [&](Kind kind, const std::string& name) {
    account.key = {kind, name};
    ++keys;
  };
  const auto put_secret = [&](Kind kind, const std::string& name) {
    account.secret = {kind, name};
    ++secrets;
  };
  for (const auto& [setting, value] : settings) {
    if (value.empty()) refuse(setting + " is empty");
    if (setting.ends_with("-env") && !is_variable(value))
      refuse(setting + " is the name of an environment variable");
    if (setting == "label") account.label = value;
    if (setting == "venue") account.venue = value;
    if (setting == "key-file") put_key(Kind::file, value);
    if (setting == "secret-file") put_secret(Kind::file, value);
    if (setting == "key-env") put_key(Kind::variable, value);
    if (setting == "secret-env") put_secret(Kind::variable, value);
    if (setting == "file") {
      put_key(Kind::pair_file, value);
      put_secret(Kind::pair_file, value);
    }
    if (setting == "credential") {
      if (!is_credential(value)) refuse("credential is a plain name, as in LoadCredential=");
      credential(account, value);
      ++keys;
      ++secrets;
    }
  }
  if (!is_label(account.label)) refuse("label: expected a name of letters, digits, '-', '_', '.'");
  if (keys != 1 || secrets != 1) {
    refuse(
        "expected one place for the key and one for the secret: key-file and secret-file, "
        "key-env and secret-env, file, or credential");
  }
  return account;
}

std::vector<venue::Account> load_accounts(std::span<const AccountSource> sources) {
  std::vector<venue::Account> accounts;
  for (const auto& source : sources) {
    const auto same = [&](const AccountSource& other) {
      return &other != &source && other.label == source.label && other.venue == source.venue;
    };
    if (std::any_of(sources.begin(), sources.end(), same)) {
      throw Error(Fault::usage,
                  fmt::format("account {}: two with this label; give each its own", source.label));
    }
  }
  for (const auto& source : sources) {
    auto& account = accounts.emplace_back();
    account.label = source.label;
    if (source.key.kind == Kind::pair_file) {
      read_pair(source.key.name, account);
    } else {
      account.key = read_place(source.key);
      account.secret = read_place(source.secret);
    }
  }
  return accounts;
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) throw system_error("setrlimit RLIMIT_CORE", errno);
  // A core that the kernel pipes to a program does not heed the limit.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw system_error("prctl PR_SET_DUMPABLE", errno);
}

}  // namespace tape::flow
