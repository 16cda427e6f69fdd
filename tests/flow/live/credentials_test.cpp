#include <tape/base/error.h>
#include <tape/flow/live/credentials.h>

#include <catch2/catch.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace tape;
using namespace tape::flow;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kKey = "rRtUBhAbCd+/KEYKEY==";
constexpr const char* kSecret = "s3cr3t+/SECRET=";

struct Folder {
  Folder() {
    char name[] = "/tmp/tape-keys-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name, const std::string& text,
                                 mode_t mode = 0600) const {
    auto full = path + "/" + name;
    std::ofstream(full) << text;
    REQUIRE(::chmod(full.c_str(), mode) == 0);
    return full;
  }
  std::string path;
};

venue::Account load(const AccountSource& source) {
  auto accounts = load_accounts(std::span(&source, 1));
  REQUIRE(accounts.size() == 1);
  return std::move(accounts.front());
}

struct Refusal {
  Fault fault = Fault::internal;
  std::string what = "taken";
};

template <typename F>
Refusal refusal(F&& action) {
  try {
    (void)action();
  } catch (const Error& error) {
    return {error.fault, error.what()};
  }
  return {};
}

using Settings = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("keys come from the environment once, and leave it", "[credentials]") {
  ::setenv("TAPE_TEST_KEY", kKey, 1);
  ::setenv("TAPE_TEST_SECRET", kSecret, 1);
  const char* const memory = std::getenv("TAPE_TEST_SECRET");
  const auto size = std::string_view(kSecret).size();
  const auto source = parse_account("desk=env:TAPE_TEST");
  const auto account = load(source);
  CHECK(account.label == "desk");
  CHECK(account.key.reveal() == kKey);
  CHECK(account.secret.reveal() == kSecret);
  CHECK(std::getenv("TAPE_TEST_KEY") == nullptr);
  CHECK(std::getenv("TAPE_TEST_SECRET") == nullptr);
  // setenv's memory is not given back by unsetenv, so it may be looked at.
  CHECK(std::string_view(memory, size) == std::string(size, '\0'));
  const auto again = refusal([&] { return load(source); });
  CHECK(again.fault == Fault::usage);
  CHECK_THAT(again.what, Contains("TAPE_TEST_KEY"));
}

TEST_CASE("keys come from a file in either form", "[credentials]") {
  const Folder folder;
  for (const auto& text :
       {std::string(kKey) + "\n" + kSecret + "\n", std::string(kKey) + "\r\n" + kSecret,
        "# desk\n\n  key = " + std::string(kKey) + "\nsecret=\"" + kSecret + "\"\n",
        "secret = " + std::string(kSecret) + "\nkey = " + kKey + "\n"}) {
    CAPTURE(text);
    const auto account = load(parse_account("desk=file:" + folder.file("keys", text)));
    CHECK(account.key.reveal() == kKey);
    CHECK(account.secret.reveal() == kSecret);
  }
  for (const auto& text : std::vector<std::string>{
           std::string(), std::string(kKey), "key = a\nkey = b\n", "a\nb\nc\n", "key = a\nb\n",
           "a b\nc\n", "key =\nsecret = x\n", "a\xc3\xa9\nb\n"}) {
    CAPTURE(text);
    const auto said =
        refusal([&] { return load(parse_account("desk=file:" + folder.file("keys", text))); });
    CHECK(said.fault == Fault::usage);
    CHECK_THAT(said.what, Contains(folder.path + "/keys"));
    CHECK_THAT(said.what, !Contains(kKey));
  }
  const auto large = folder.file("large", std::string(20000, 'x'));
  CHECK_THAT(refusal([&] { return load(parse_account("d=file:" + large)); }).what,
             Contains("16 KiB"));
  CHECK(refusal([&] { return load(parse_account("d=file:" + folder.path + "/none")); }).fault ==
        Fault::io);
  CHECK(refusal([&] { return load(parse_account("d=file:" + folder.path)); }).fault == Fault::io);
}

TEST_CASE("a file that others can use is refused with the remedy", "[credentials]") {
  const Folder folder;
  for (const mode_t mode : {0640, 0604, 0644, 0620, 0610, 0777}) {
    const auto path = folder.file("keys", std::string(kKey) + "\n" + kSecret + "\n", mode);
    const auto said = refusal([&] { return load(parse_account("desk=file:" + path)); });
    CHECK(said.fault == Fault::permission);
    CHECK_THAT(said.what, Contains(path) && Contains("chmod 600 " + path));
    CHECK_THAT(said.what, !Contains(kKey));
  }
  const auto path = folder.file("keys", std::string(kKey) + "\n" + kSecret + "\n", 0644);
  CHECK_THAT(refusal([&] { return load(parse_account("desk=file:" + path)); }).what,
             Contains("mode 0644"));
  CHECK(load(parse_account("desk=file:" + folder.file("own", "a\nb\n", 0400))).key.reveal() == "a");
}

TEST_CASE("keys come from systemd's credentials", "[credentials]") {
  const Folder folder;
  // systemd gives the service access by an ACL, which shows as a mode of the group.
  (void)folder.file("desk.key", std::string(kKey) + "\n", 0440);
  (void)folder.file("desk.secret", kSecret, 0440);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  const auto source = parse_account("main=credential:desk");
  CHECK_THAT(refusal([&] { return load(source); }).what, Contains("LoadCredential=desk.key:PATH"));
  ::setenv("CREDENTIALS_DIRECTORY", folder.path.c_str(), 1);
  const auto account = load(source);
  CHECK(account.label == "main");
  CHECK(account.key.reveal() == kKey);
  CHECK(account.secret.reveal() == kSecret);
  CHECK_THAT(refusal([] { return load(parse_account("main=credential:other")); }).what,
             Contains(folder.path + "/other.key"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("a key on the command line is refused and not shown", "[credentials]") {
  for (const auto* text :
       {"desk=hunter2", "hunter2", "hunter2:hunter2", "desk=hunter2:hunter2",
        "desk=env:", "desk=env:hunter2=", "desk=credential:../hunter2", "desk=credential:.hunter2",
        "desk=", "=env:HUNTER", "", "hunter 2=env:HUNTER", "hunter2==", "desk=key:hunter2"}) {
    CAPTURE(text);
    const auto said = refusal([&] { return parse_account(text); });
    CHECK(said.fault == Fault::usage);
    CHECK_THAT(said.what,
               Contains("LABEL=env:PREFIX") && !Contains("hunter") && !Contains("HUNTER"));
  }
}

TEST_CASE("an account of a configuration file names its places", "[credentials]") {
  const Folder folder;
  const auto key = folder.file("k", std::string(kKey) + "\n");
  ::setenv("TAPE_TEST_S", kSecret, 1);
  const auto source = account_of(
      Settings{{"label", "a-1"}, {"venue", "v"}, {"key-file", key}, {"secret-env", "TAPE_TEST_S"}},
      "c.toml:1:1");
  CHECK(source.venue == "v");
  const auto account = load(source);
  CHECK(account.label == "a-1");
  CHECK(account.key.reveal() == kKey);
  CHECK(account.secret.reveal() == kSecret);
  CHECK(account_of(Settings{{"label", "a"}, {"credential", "c"}}, "").secret.name == "c.secret");

  for (const auto& wrong : std::vector<Settings>{
           {{"label", "a"}},
           {{"credential", "c"}},
           {{"label", "a b"}, {"credential", "c"}},
           {{"label", "a"}, {"credential", "../c"}},
           {{"label", "a"}, {"key-file", "k"}},
           {{"label", "a"}, {"secret-file", "k"}},
           {{"label", "a"}, {"key-file", "k"}, {"secret-file", "s"}, {"credential", "c"}},
           {{"label", "a"}, {"key-file", ""}, {"secret-file", "s"}},
           {{"label", "a"}, {"key-env", "not a name"}, {"secret-env", "S"}}}) {
    const auto said = refusal([&] { return account_of(wrong, "c.toml:1:1"); });
    CHECK(said.fault == Fault::usage);
    CHECK_THAT(said.what, Catch::Matchers::StartsWith("c.toml:1:1: account: "));
  }
}

TEST_CASE("two accounts of one name are refused before any key is read", "[credentials]") {
  ::setenv("TAPE_TEST_KEY", kKey, 1);
  const std::vector<AccountSource> sources{parse_account("a=env:TAPE_TEST"),
                                           parse_account("a=env:OTHER")};
  CHECK_THAT(refusal([&] { return load_accounts(sources); }).what, Contains("account a"));
  CHECK(std::getenv("TAPE_TEST_KEY") != nullptr);
  ::unsetenv("TAPE_TEST_KEY");
}

TEST_CASE("no image of memory is written from then on", "[credentials]") {
  // In a child: the setting is for good.
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    forbid_core_dumps();
    rlimit limit{1, 1};
    ::getrlimit(RLIMIT_CORE, &limit);
    ::_exit(limit.rlim_cur == 0 && limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
