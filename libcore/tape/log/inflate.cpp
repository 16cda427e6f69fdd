#include <tape/base/error.h>
#include <tape/log/format.h>
#include <tape/log/inflate.h>

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstring>

namespace tape::log {
namespace {

// Memory that one large chunk took is given back when the next is this much smaller.
constexpr std::size_t kKeptCapacity = std::size_t{4} << 20U;

}  // namespace

void Plain::reserve(std::size_t bytes) {
  if (capacity >= bytes && (size > 0 || capacity <= std::max(bytes, kKeptCapacity))) return;
  const std::size_t wanted =
      (size > 0 ? std::max(bytes, capacity * 2) : bytes) / sizeof(capnp::word) + 1;
  std::unique_ptr<capnp::word[]> bigger(new capnp::word[wanted]);
  if (size > 0) std::memcpy(static_cast<void*>(bigger.get()), words.get(), size);
  words = std::move(bigger);
  capacity = wanted * sizeof(capnp::word);
}

struct Inflater::Impl {
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> zstd{ZSTD_createDCtx(), &ZSTD_freeDCtx};
};

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {
  auto* zstd = impl_->zstd.get();
  if (zstd == nullptr ||
      ZSTD_isError(ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, kMaxWindowLog)) != 0) {
    throw Error(Fault::limit, "zstd: out of memory");
  }
}

Inflater::~Inflater() = default;

std::optional<std::string> Inflater::whole(Bytes frame, std::size_t hint, std::size_t bound,
                                           Plain& out) {
  for (std::size_t room = hint > 0 && hint < bound ? hint : bound;; room = bound) {
    out.size = 0;
    out.reserve(room);
    const auto result =
        ZSTD_decompressDCtx(impl_->zstd.get(), out.data(), room, frame.data(), frame.size());
    if (ZSTD_isError(result) == 0) {
      out.size = result;
      return std::nullopt;
    }
    if (room == bound || ZSTD_getErrorCode(result) != ZSTD_error_dstSize_tooSmall) {
      return ZSTD_getErrorName(result);
    }
  }
}

void Inflater::begin() { (void)ZSTD_DCtx_reset(impl_->zstd.get(), ZSTD_reset_session_only); }

std::optional<std::string> Inflater::feed(Bytes stored, Plain& out) {
  ZSTD_inBuffer in{stored.data(), stored.size(), 0};
  for (;;) {
    out.reserve(out.size + kMaxBlock);
    ZSTD_outBuffer room{out.data(), out.capacity, out.size};
    const auto result = ZSTD_decompressStream(impl_->zstd.get(), &room, &in);
    out.size = room.pos;
    if (ZSTD_isError(result) != 0) return ZSTD_getErrorName(result);
    // Room that is left over says that nothing is held back.
    if (in.pos == in.size && room.pos < room.size) return std::nullopt;
    if (result == 0)
      return in.pos == in.size ? std::nullopt : std::optional<std::string>("bytes behind its end");
  }
}

}  // namespace tape::log
