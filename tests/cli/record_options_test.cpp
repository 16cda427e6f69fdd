#include <tape/base/error.h>
#include <tape/cli/record_options.h>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace tape;
using namespace tape::cli;
using Catch::Matchers::Contains;

TEST_CASE("what is required is asked for") {
  RecordArguments arguments;
  CHECK_THROWS_WITH(require_source(arguments), Contains("SOURCE"));
  CHECK_THROWS_WITH(require_output(arguments), Contains("--output"));
  arguments.sources = {"-"};
  arguments.output.path = "day.tape";
  CHECK_NOTHROW(require_source(arguments));
  CHECK_NOTHROW(require_output(arguments));
}

TEST_CASE("a chunk has bounds") {
  RecordArguments arguments;
  arguments.level = 7;
  for (const std::uint64_t good : {4096, 16 << 20}) {
    arguments.chunk = good;
    CHECK(writer_options(arguments).chunk_bytes == good);
    CHECK(writer_options(arguments).level == 7);
  }
  for (const std::uint64_t bad : {4095, (16 << 20) + 1}) {
    arguments.chunk = bad;
    CHECK_THROWS_WITH(writer_options(arguments), Contains("4K to 16M"));
  }
}

TEST_CASE("frames of a pipe have one account at most") {
  RecordArguments arguments;
  CHECK(account_of_pipe(arguments).empty());
  arguments.accounts = {"desk"};
  CHECK(account_of_pipe(arguments) == "desk");
  arguments.accounts.emplace_back("other");
  CHECK_THROWS_WITH(account_of_pipe(arguments), Contains("have one"));
}

TEST_CASE("the session event repeats the settings, the checkpoint's default by its name") {
  RecordArguments arguments;
  const auto checkpoint = [&] {
    const auto settings = settings_of(arguments);
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [](const auto& entry) { return entry.first == "checkpoint"; });
    REQUIRE(found != settings.end());
    return found->second;
  };
  CHECK(checkpoint() == "auto");
  arguments.checkpoint = "8M";
  CHECK(checkpoint() == "8M");
}
