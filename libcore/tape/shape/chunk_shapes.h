// The shapes that the events of one chunk carry, for whoever reads it.
#pragma once

#include <tape/schemas/event.capnp.h>
#include <tape/shape/shape.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace tape::shape {

// A chunk that uses more is not one of ours; those past it are not kept. What they take in memory
// is bounded by their steps.
inline constexpr std::size_t kMaxShapes = 1024;
inline constexpr std::size_t kMaxSteps = std::size_t{1} << 19U;
// More steps than a recorder lets a shape have, so that a full chunk keeps both.
inline constexpr std::size_t kMostLearned = kMaxSteps / kMaxShapes;

class ChunkShapes {
 public:
  /// Another chunk begins: it does not see the shapes of the one before.
  void begin_chunk();
  /// Keeps the shape that the event carries, if it carries one.
  void see(schema::Event::Reader event);
  /// The shape that `raw.rendered` of an event of this chunk names; lives until the next chunk.
  /// Throws Error{format} when it is not there or damaged.
  [[nodiscard]] const Program& of(schema::Event::Reader event) const;

 private:
  struct Entry {
    std::uint64_t chunk = 0;  // that it was last seen in
    std::unique_ptr<const Program> program;
    std::string damage;  // why there is none
  };
  void keep(std::uint64_t hash, Bytes stored);
  void read(Entry& entry, std::uint64_t hash, Bytes stored);

  std::unordered_map<std::uint64_t, Entry> entries_;
  std::uint64_t chunk_ = 1;
  std::size_t steps_ = 0;  // of all entries
  struct Recent {
    std::uint64_t hash = 0;
    const Program* program = nullptr;
  };
  mutable std::array<Recent, 8> recent_{};  // looked up in this chunk, by the hash's lowest bits
};

}  // namespace tape::shape
