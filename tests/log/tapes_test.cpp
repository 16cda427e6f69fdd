// The helpers of the log's tests, and their own test.
#include <tape/log/format.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <thread>

namespace tape::log::testing {

Fd memory_file(Bytes bytes) {
  Fd file(::memfd_create("tape", MFD_CLOEXEC));
  if (!file) throw std::runtime_error("memfd_create");
  write_all(file.get(), bytes, "memory");
  return file;
}

void pipe_through(const Buffer& bytes, std::size_t step, const std::function<void(Reader&)>& use) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  // Whoever stops reading early must not kill the test.
  (void)::signal(SIGPIPE, SIG_IGN);
  Fd in(ends[0]);
  std::thread writer([&, out = Fd(ends[1])]() mutable {
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const auto size = std::min(step, bytes.size() - at);
      if (::write(out.get(), bytes.data() + at, size) < 0) return;
    }
    out.reset();
  });
  std::exception_ptr failure;
  try {
    Reader reader(std::move(in), "pipe");
    use(reader);
  } catch (...) {
    failure = std::current_exception();
  }
  writer.join();
  if (failure) std::rethrow_exception(failure);
}

Reading read_through_pipe(const Buffer& bytes, std::size_t step) {
  Reading reading;
  pipe_through(bytes, step, [&](Reader& reader) { reading = read_all(reader); });
  return reading;
}

std::vector<FrameAt> frames_of(Bytes tape) {
  std::vector<FrameAt> frames;
  for (std::size_t at = 0; at < tape.size();) {
    const auto size = ZSTD_findFrameCompressedSize(tape.data() + at, tape.size() - at);
    if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
    frames.push_back({load_u32(tape, at), at, size});
    at += size;
  }
  return frames;
}

TEST_CASE("a tape is a preamble, chunks with notes, a summary and a seek table") {
  const auto tape = tape_bytes();
  std::vector<std::uint32_t> magics;
  for (const auto& frame : frames_of(tape)) magics.push_back(frame.magic);
  CHECK(magics == std::vector<std::uint32_t>{kPreambleMagic, kDataMagic, kNoteMagic, kDataMagic,
                                             kNoteMagic, kDataMagic, kNoteMagic, kSummaryMagic,
                                             kSeekTableMagic});
}

}  // namespace tape::log::testing
