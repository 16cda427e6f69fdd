// Frames of a chunk rebuilt ahead, on the thread that decompresses. Internal to log/.
#pragma once

#include <tape/log/loader.h>
#include <tape/shape/chunk_shapes.h>
#include <tape/shape/rebuild.h>

#include <cstddef>

namespace tape::log {

class FramesAhead {
 public:
  /// Fills found.frames with those of the chunk's front part: who reads rebuilds the others. What
  /// cannot be rebuilt is left out, and told by who reads.
  void rebuild(Found& found);

 private:
  shape::ChunkShapes shapes_;
  shape::Rebuilder rebuilder_;
};

}  // namespace tape::log
