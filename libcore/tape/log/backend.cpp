#include <tape/base/error.h>
#include <tape/log/backend.h>

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace tape::log {
namespace {

// A piece that grew for one large message gives the memory back.
constexpr std::size_t kKeptCapacity = std::size_t{1} << 20U;

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result) != 0) {
    throw Error(Fault::internal, std::string("zstd: ") + ZSTD_getErrorName(result));
  }
  return result;
}

}  // namespace

void Piece::reserve(std::size_t wanted) {
  if (capacity >= wanted) return;
  bytes.reset();
  bytes = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
  capacity = wanted;
}

struct Backend::Context {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> zstd{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  std::vector<std::uint8_t> out = std::vector<std::uint8_t>(ZSTD_CStreamOutSize());
};

Backend::Backend(Sink& sink, const WriterOptions& options, const PreambleInfo& info, Totals& totals)
    : builder_(sink, info),
      totals_(totals),
      context_(std::make_unique<Context>()),
      threaded_(options.threaded) {
  auto* zstd = context_->zstd.get();
  if (zstd == nullptr) throw Error(Fault::limit, "zstd: out of memory");
  if (options.level < 1 || options.level > ZSTD_maxCLevel()) {
    throw Error(Fault::usage, "compression level " + std::to_string(options.level) +
                                  " does not exist; choose 1 to " +
                                  std::to_string(ZSTD_maxCLevel()));
  }
  checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, options.level));
  checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1));
  if (options.level > 2) {
    // Higher levels would take a window that is larger than the chunk, and more than readers grant.
    const int chunk_log = static_cast<int>(std::bit_width(options.chunk_bytes - 1));
    checked(
        ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, std::clamp(chunk_log, 17, kMaxWindowLog)));
  }
  for (std::size_t i = 0; i < kPieces; ++i) (void)free_.push(Piece{});
  if (threaded_) thread_ = std::jthread([this] { run(); });
}

Backend::~Backend() { stop(); }

Piece Backend::take() {
  auto piece = free_.pop();
  if (!piece) throw Error(Fault::internal, "the writer is closed");
  piece->size = 0;
  piece->reserve(kPieceSize);
  return std::move(*piece);
}

void Backend::submit(Job job) {
  if (threaded_) {
    (void)jobs_.push(std::move(job));
    return;
  }
  if (!failed_) {
    try {
      process(job);
    } catch (...) {
      failure_ = std::current_exception();
      failed_ = true;
    }
  }
  done_ = std::max(done_.load(), job.ticket);
  recycle(std::move(job.piece));
  check();
}

void Backend::run() {
  while (auto job = jobs_.pop()) {
    if (!failed_) {
      try {
        process(*job);
      } catch (...) {
        failure_ = std::current_exception();
        failed_ = true;
      }
    }
    recycle(std::move(job->piece));
    if (job->ticket != 0) {
      done_ = job->ticket;
      done_.notify_all();
    }
  }
}

void Backend::process(Job& job) {
  using enum Job::Kind;
  switch (job.kind) {
    case data:
      compress(job.piece, ZSTD_e_continue);
      return;
    case flush:
      compress(job.piece, ZSTD_e_flush);
      break;
    case end_chunk:
      compress(job.piece, ZSTD_e_end);
      builder_.end_chunk(job.facts, totals_);
      chunk_open_ = false;
      break;
    case stored_chunk:
      builder_.chunk_bytes({job.piece.bytes.get(), job.piece.size});
      builder_.end_chunk(job.facts, totals_);
      break;
  }
  builder_.flush();
  if (job.oldest != 0) delays_.add(clock_.monotonic() - job.oldest);
}

void Backend::compress(const Piece& piece, int directive) {
  if (piece.size > 0) chunk_open_ = true;
  if (!chunk_open_) return;  // no header of a frame without events
  ZSTD_inBuffer in{piece.bytes.get(), piece.size, 0};
  auto& context = *context_;
  for (;;) {
    ZSTD_outBuffer out{context.out.data(), context.out.size(), 0};
    const auto left = checked(ZSTD_compressStream2(context.zstd.get(), &out, &in,
                                                   static_cast<ZSTD_EndDirective>(directive)));
    builder_.chunk_bytes({context.out.data(), out.pos});
    const bool done = directive == ZSTD_e_continue ? in.pos == in.size : left == 0;
    if (done) return;
  }
}

void Backend::recycle(Piece piece) {
  if (piece.capacity > kKeptCapacity) piece = {};
  (void)free_.push(std::move(piece));
}

void Backend::wait(std::uint64_t ticket) {
  for (auto now = done_.load(); now < ticket; now = done_.load()) done_.wait(now);
  check();
}

void Backend::check() {
  if (failed_) std::rethrow_exception(failure_);
}

void Backend::stop() {
  jobs_.close();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Backend::finish() {
  stop();
  check();
  return builder_.finish(totals_);
}

}  // namespace tape::log
