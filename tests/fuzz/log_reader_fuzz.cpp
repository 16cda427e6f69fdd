// Hostile bytes as a tape: read, sought, indexed, from a file and from a pipe. Nothing may crash,
// hang, or hand out what was not checked to be a message.
#include <tape/base/error.h>
#include <tape/log/frame_bytes.h>

#include <fuzz/seeds.h>
#include <kj/exception.h>
#include <log/tapes.h>
#include <sys/mman.h>

#include <cstdlib>

namespace {

using namespace tape;

Fd file_of(Bytes bytes) {
  Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
  if (!file) std::abort();
  write_all(file.get(), bytes, "fuzz");
  return file;
}

void read(log::Reader& reader) {
  std::uint64_t sum = 0;
  log::FrameBytes bytes;
  while (const auto* event = reader.next()) {
    try {
      sum += event->event.totalSize().wordCount + event->ordinal;
      sum += bytes.of(*event).value_or("").size();
    } catch (const Error&) {
      // Its shape is damaged.
    } catch (const kj::Exception& e) {
      reader.reject(e.getDescription().cStr());
    }
  }
  if (sum == 1) std::abort();  // so that nothing of it is left out
}

template <typename Prepare>
void attempt(Bytes bytes, bool follow, Prepare prepare) {
  log::ReaderOptions options;
  options.prefetch = false;
  options.follow = follow;
  try {
    log::Reader reader(file_of(bytes), "fuzz", options);
    prepare(reader);
    read(reader);
  } catch (const Error&) {
    // No tape, or of a version to come.
  }
}

}  // namespace

std::vector<std::vector<std::uint8_t>> tape_fuzz_seeds() {
  using namespace tape::log::testing;
  Shape small;
  small.trades = 2;
  return {tape_bytes(), open_tape(), tape_bytes(small) + open_tape(small)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  attempt(bytes, false, [](log::Reader&) {});
  attempt(bytes, true, [](log::Reader&) {});
  attempt(bytes, false,
          [](log::Reader& reader) { reader.seek(log::testing::kStart + 5 * kSecond); });
  attempt(bytes, false, [](log::Reader& reader) { reader.seek(log::testing::kSession, 5); });
  return 0;
}
