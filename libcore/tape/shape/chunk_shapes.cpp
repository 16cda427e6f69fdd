#include <tape/base/error.h>
#include <tape/shape/chunk_shapes.h>

namespace tape::shape {

void ChunkShapes::begin_chunk() {
  ++chunk_;
  recent_ = {};
  // Chunks of one tape use the same shapes: reading them again would be for nothing.
  if (entries_.size() < kMaxShapes / 2 && steps_ < kMaxSteps / 2) return;
  entries_.clear();
  steps_ = 0;
}

void ChunkShapes::see(schema::Event::Reader event) {
  const auto raw = event.getRaw();
  if (!raw.isRendered()) return;
  const auto rendered = raw.getRendered();
  if (!rendered.hasProgram()) return;
  const auto stored = rendered.getProgram();
  keep(rendered.getShape(), {stored.begin(), stored.size()});
}

void ChunkShapes::keep(std::uint64_t hash, Bytes stored) {
  if (entries_.size() >= kMaxShapes && !entries_.contains(hash)) return;
  recent_ = {};
  auto& entry = entries_[hash];
  if (entry.program && entry.program->stored == as_text(stored)) {
    entry.chunk = chunk_;
    return;
  }
  // The first of a chunk counts.
  if (entry.program && entry.chunk == chunk_) return;
  if (entry.program) steps_ -= entry.program->ops.size();
  entry = {chunk_, nullptr, {}};
  try {
    read(entry, hash, stored);
  } catch (const Error& error) {
    entry.damage = error.what();
  }
}

void ChunkShapes::read(Entry& entry, std::uint64_t hash, Bytes stored) {
  if (hash_of(stored) != hash)
    throw Error(Fault::format, "the shape that its chunk carries is not the one that is named");
  auto program = parse(stored);
  if (steps_ + program.ops.size() > kMaxSteps)
    throw Error(Fault::format, "the shapes of its chunk are too many");
  steps_ += program.ops.size();
  entry.program = std::make_unique<const Program>(std::move(program));
}

const Program& ChunkShapes::of(schema::Event::Reader event) const {
  const auto raw = event.getRaw();
  const auto hash = raw.isRendered() ? raw.getRendered().getShape() : 0;
  auto& recent = recent_[hash % recent_.size()];
  if (recent.program != nullptr && recent.hash == hash && raw.isRendered()) return *recent.program;
  const auto found = raw.isRendered() ? entries_.find(hash) : entries_.end();
  if (found == entries_.end() || found->second.chunk != chunk_) {
    throw Error(Fault::format,
                "the frame cannot be rebuilt: its shape is not in the chunk; the event that "
                "carried it is damaged or missing");
  }
  if (!found->second.program) {
    throw Error(Fault::format, "the frame cannot be rebuilt: " + found->second.damage);
  }
  recent = {hash, found->second.program.get()};
  return *recent.program;
}

}  // namespace tape::shape
