// The shapes that a decoder has learned: frames that fit one become Events without being parsed.
// Internal to venue/.
#pragma once

#include <tape/event/event.h>
#include <tape/event/frame.h>
#include <tape/shape/learn.h>
#include <tape/shape/match.h>
#include <tape/shape/rebuild.h>
#include <tape/venue/bound.h>
#include <tape/venue/decoder.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tape::venue {

class Shapes {
 public:
  explicit Shapes(const Dialect& dialect) : dialect_(dialect) {}

  /// Fills the event when the frame fits a known shape: index of its table. Nothing: the message
  /// holds rubbish, and the frame is to be walked. A secret in a frame that fits is overwritten;
  /// such a frame is to be walked.
  std::optional<std::size_t> decode(event::Frame& frame, event::Message& message);

  /// Whether a frame may be learned from now: it costs as much as many frames.
  [[nodiscard]] bool may_learn() const { return credit_ >= kCost; }

  /// A frame that was walked and understood, without notes.
  struct Walked {
    std::size_t index = 0;  // of the table
    const Program* table = nullptr;
    std::string_view base;
    std::span<const std::string_view> consulted;
    schema::Event::Reader made;
  };
  void learn(const event::Frame& frame, const Walked& walked);

 private:
  struct Known {
    std::unique_ptr<Bound> bound;
    Known* next = nullptr;  // what came behind this one last time
  };
  /// Frames of one build that differ in what no field holds.
  struct Variants {
    std::vector<std::string> texts;
    std::vector<bool> varies;
  };
  /// How the event is made: as the walker makes it, for a tape, for a tape without the bytes.
  enum class Made : std::uint8_t { plain, kept, rendered };
  static constexpr int kCost = 32;
  static constexpr int kMostCredit = 4096;

  Known* find(std::string_view frame);
  [[nodiscard]] bool introduces_secret(const shape::Program& program) const;
  [[nodiscard]] bool may_hold_secret(const Bound& bound) const;
  bool fill(const Bound& bound, const event::Frame& frame, event::Message& message, Made made);
  bool proves(const Bound& bound, const event::Frame& frame, schema::Event::Reader made);
  std::vector<std::uint32_t> varying(const Bound& bound, Lesson lesson, const Program& table);
  void keep(std::unique_ptr<Bound> bound);

  const Dialect& dialect_;
  std::vector<std::unique_ptr<Known>> known_;  // those that come often work their way up
  Known* last_ = nullptr;
  int credit_ = kMostCredit;
  std::unordered_map<std::uint64_t, Variants> variants_;  // by the hash of the general shape
  shape::Values values_;
  Filler filler_;
  shape::Outliner outliner_;
  shape::Rebuilder rebuilder_;
  event::Message check_;
  std::string text_;
};

}  // namespace tape::venue
