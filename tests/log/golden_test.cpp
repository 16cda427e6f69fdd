// Tapes of versions that stand must read for ever.
#include <tape/log/frame_bytes.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>

using namespace tape;
using namespace tape::log;
using namespace tape::log::testing;

TEST_CASE("a tape with shapes of version 1 gives its frames") {
  const std::string folder = TAPE_SOURCE_DIR "/tests/golden/";
  Reader reader(folder + "shapes_v1.tape");
  FrameBytes bytes;
  std::string frames;
  std::size_t rendered = 0;
  while (const auto* ref = reader.next()) {
    if (ref->event.getRaw().isRendered()) ++rendered;
    if (const auto frame = bytes.of(*ref)) frames.append(*frame).append("\n");
  }
  CHECK(reader.damages().empty());
  CHECK(rendered > 100);
  const auto wanted = read_file(folder + "shapes_v1.ndjson");
  CHECK(frames == std::string(wanted.begin(), wanted.end()));
  CHECK(verify(folder + "shapes_v1.tape").problems.empty());
}
