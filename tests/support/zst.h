// Reads a whole file that zstd compressed, for tests over captures.
#pragma once

#include <zstd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace tape_test {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string read_zst(const std::string& path) {
  const auto packed = read_file(path);
  std::string out;
  std::string part(ZSTD_DStreamOutSize(), '\0');
  ZSTD_DCtx* const context = ZSTD_createDCtx();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  while (in.pos < in.size) {
    ZSTD_outBuffer buffer{part.data(), part.size(), 0};
    const auto result = ZSTD_decompressStream(context, &buffer, &in);
    if (ZSTD_isError(result) != 0U) {
      ZSTD_freeDCtx(context);
      throw std::runtime_error(path + ": " + ZSTD_getErrorName(result));
    }
    out.append(part, 0, buffer.pos);
  }
  ZSTD_freeDCtx(context);
  return out;
}

}  // namespace tape_test
