// A shape resolved against a field table: the values of a frame go straight into an Event. Internal
// to venue/.
#pragma once

#include <tape/event/event.h>
#include <tape/shape/learn.h>
#include <tape/shape/match.h>
#include <tape/venue/leaf.h>
#include <tape/venue/program.h>

#include <capnp/any.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// One value, loop or end of a loop, in the order of the shape's.
struct Step {
  shape::Op::Kind kind = shape::Op::Kind::value;
  Token::Kind token = Token::Kind::string;  // value; truth stands for both words
  bool counted = false;                     // loop: must have elements
  bool listed = false;                      // loop: fills `list`
  bool decimals = false;                    // loop: every value is one decimal of the element
  bool levels = false;                      // loop: and these are price and quantity of a level
  std::uint32_t other = 0;    // value: index of its binding; loop, end: of its counterpart
  std::uint32_t leaves = 0;   // value: where they begin
  std::uint32_t count = 0;    // value: of leaves
  std::uint32_t unknown = 0;  // loop: members of an element that no table knows
  ListTarget list;
};

/// What is the same in every frame of the shape.
struct ConstantLeaf {
  Leaf leaf;
  Token::Kind kind = Token::Kind::string;
  std::string text;  // Form::present: unused
};

/// The words that every event of a shape begins with: envelope, venue, channel, constants.
struct Front {
  std::vector<std::uint64_t> words;
  std::vector<std::uint32_t> places;  // of the data sections of scopes that are made; 0: not yet
};

struct Bound {
  const Program* table = nullptr;
  std::size_t index = 0;  // of the table
  shape::Program program;
  std::vector<Step> steps;
  std::vector<Leaf> leaves;
  std::vector<ConstantLeaf> constants;
  std::vector<ListTarget> empty_lists;
  std::vector<std::uint32_t> open;  // items outside arrays that no field holds
  std::uint32_t unknown = 0;        // outside loops
  bool secretive = false;           // its literals introduce values that are secrets
  Front front;
  std::size_t outside = 0;  // words of the structs outside lists
  std::size_t inside = 0;   // and of those in one element of every list
  std::size_t copies = 1;   // fields that one value fills, at most
};

/// What a shape is made from.
struct Lesson {
  std::string_view frame;
  std::span<const shape::Item> items;
  std::string_view base;                        // member that is the message; empty: all
  std::span<const std::string_view> consulted;  // values that classifying looked at
  std::span<const std::uint32_t> varying;       // items that are known to differ between frames
};

/// Nothing: frames like this are decoded the long way.
[[nodiscard]] std::unique_ptr<Bound> bind(const Program& table, const Lesson& lesson);

/// Makes the front of a shape's events. False: a constant is remarkable.
[[nodiscard]] bool make_front(std::string_view venue, std::string_view channel, Bound& bound);

/// Fills events; keeps its memory.
class Filler {
 public:
  /// Begins a draft and fills everything but what put_envelope and `raw` are; levels packed, if
  /// they may be and can be; `more` bytes will follow in as many as three blobs. False: a value is
  /// remarkable; the event is to be started anew and the frame to be walked.
  [[nodiscard]] bool fill(const Bound& bound, const shape::Values& values, std::size_t more,
                          event::Message& message, bool pack);
  /// Of the last fill: the values whose text does not follow from their field.
  [[nodiscard]] const std::string& residuals() const { return residuals_.stored(); }

 private:
  struct Loop {
    std::size_t index = 0;
    std::size_t count = 0;
    std::size_t stride = 0;        // bytes
    std::uint8_t* list = nullptr;  // the first element
  };

  /// The data section of a scope's struct.
  std::uint8_t* ensure(std::uint16_t scope) {
    auto* const here = live_[scope];
    return here != nullptr ? here : begin(scope);
  }
  std::uint8_t* begin(std::uint16_t scope);
  [[nodiscard]] std::uint64_t* pointer(std::uint16_t scope, std::uint32_t index);
  void start(const Bound& bound, const shape::Values& values, std::size_t more,
             event::Message& message);
  bool value(const Step& step, const shape::Value& value, std::size_t index);
  bool store(const Leaf& leaf, const Step& step, const shape::Value& value);
  [[nodiscard]] std::uint64_t stored(const shape::Binding& binding) const;
  [[nodiscard]] bool recoverable(const shape::Binding& binding, const shape::Value& value);
  bool begin_list(const ListTarget& list, std::size_t count, Loop& loop);
  void enter(const Step& step, Loop& loop);
  bool pack(const ListTarget& list, std::span<const shape::Value> values);
  void decimals(std::size_t at, Loop& loop, std::span<const shape::Value> values);
  [[nodiscard]] static bool all_canonical(std::span<const shape::Value> values);

  const Bound* bound_ = nullptr;
  event::Draft* draft_ = nullptr;
  std::vector<std::uint8_t*> live_;
  std::vector<Loop> loops_;
  shape::Residuals residuals_;
  std::uint64_t unknown_ = 0;
  std::vector<std::uint8_t> packed_;
};

}  // namespace tape::venue
